// The table of the fields of a record type: what a column is called, whether it is needed, and what may stand
// in it.
import { markdownTable } from './markdown-table.js';
import { headingIn, type Template, type TemplateColumn } from './template-columns.js';
import { notesOf } from './template-notes.js';

const HEADING = [
  '表头 · Heading',
  '标准字段 · Column',
  'Field',
  '必填 · Required',
  '格式 · Format',
  '说明 · Remarks',
];

/** Writes the fields of the newest table version, in its order. */
export function fieldRows(template: Template): string {
  return markdownTable(
    HEADING,
    template.columns.map((column) => rowOf(column, template)),
  );
}

function rowOf(column: TemplateColumn, template: Template): string[] {
  const { required, format, length } = notesOf(column, template);
  const formats = [format.zh, length.zh].filter((words) => words !== '').join('；');
  return [
    column.heading,
    `\`${column.official}\``,
    `\`${column.field}\` ${column.schema.title}`,
    required.zh,
    formats,
    remarksOf(column, template).join('；'),
  ];
}

function remarksOf({ schema, others }: TemplateColumn, template: Template): string[] {
  const isPersonal = [schema, ...others.map((other) => other.schema)].some(
    ({ personal }) => personal === true,
  );
  const { notInFuture, notBefore, notAfter, notMoreThan, namedList, codeList } = schema;
  const headings = (fields: string | readonly string[]): string =>
    [fields]
      .flat()
      .map((field) => headingIn(template, field))
      .join('、');
  return [
    ...(codeList === undefined ? [] : [`代码表 \`${codeList}\``]),
    ...(namedList === true ? ['须为 `config/lists.yaml` 所列名单'] : []),
    ...(isPersonal ? ['个人信息：加密存储，展示时隐去 · personal: encrypted and masked'] : []),
    ...(notInFuture === true ? ['不晚于报送日期'] : []),
    ...(notBefore === undefined ? [] : [`不早于${headings(notBefore)}`]),
    ...(notAfter === undefined ? [] : [`不晚于${headings(notAfter)}`]),
    ...(notMoreThan === undefined ? [] : [`不大于${headings(notMoreThan)}`]),
  ];
}
