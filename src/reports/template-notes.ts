// What a template says of each column, in Chinese and English: whether it is required, its format, its length,
// its values. Made from the schema alone.
import type { AmountUnit, FieldSchema } from '../core/definitions.js';
import { officialValues } from '../core/official-values.js';
import { CODE_SHEET } from '../core/report-headings.js';
import { conditionsOf, conditionText } from './schema-conditions.js';
import { fieldsOf, headingIn, type Template, type TemplateColumn } from './template-columns.js';

export interface Words {
  readonly zh: string;
  readonly en: string;
}

export interface ColumnNotes {
  readonly need: 'always' | 'sometimes' | 'never';
  readonly required: Words;
  readonly format: Words;
  readonly length: Words;
  /** Undefined where any value may stand. */
  readonly values: Words | undefined;
}

const SHOWN_VALUES = 40;

/** Describes a column; `template` gives the headings of the others that it depends on. */
export function notesOf(column: TemplateColumn, template: Template): ColumnNotes {
  const { need, words } = requirementOf(column, template);
  return {
    need,
    required: words,
    format: formatsOf(column),
    length: lengthOf(column.schema),
    values: valuesOf(column),
  };
}

function requirementOf(
  column: TemplateColumn,
  template: Template,
): { need: ColumnNotes['need']; words: Words } {
  const { schema } = template;
  if (schema.required.includes(column.field))
    return { need: 'always', words: { zh: '必填', en: 'Required' } };
  const conditions = fieldsOf(column).flatMap((field) => [
    ...groupNeeds(field, template),
    ...conditionNeeds(field, template),
  ]);
  if (conditions.length === 0) return { need: 'never', words: { zh: '选填', en: 'Optional' } };
  return {
    need: 'sometimes',
    words: {
      zh: conditions.map(({ zh }) => zh).join('；'),
      en: conditions.map(({ en }) => en).join('; '),
    },
  };
}

function groupNeeds(field: string, template: Template): Words[] {
  return (template.schema.requiredGroup ?? [])
    .filter(({ fields }) => fields.includes(field))
    .map(({ fields, unlessKind }) => {
      const headings = [...new Set(fields.map((other) => headingIn(template, other)))];
      const [exceptZh, except] =
        unlessKind === undefined ? ['', ''] : [`（${unlessKind}除外）`, ` (but for ${unlessKind})`];
      return headings.length === 1
        ? { zh: `必填${exceptZh}`, en: `Required${except}` }
        : {
            zh: `${namesOf(headings)}至少填写一项${exceptZh}`,
            en: `At least one of these ${headings.length} columns is required${except}`,
          };
    });
}

/** Names the first two columns; a note has room for few words. */
function namesOf(headings: readonly string[]): string {
  return headings.length <= 3
    ? headings.join('、')
    : `${headings.slice(0, 2).join('、')}等${headings.length}列`;
}

function conditionNeeds(field: string, template: Template): Words[] {
  return conditionsOf(template.schema)
    .filter((condition) => condition.then?.required?.includes(field) === true)
    .map((condition) => conditionText(condition, (other) => headingIn(template, other)))
    .map(({ zh, en }) => ({ zh: `${zh}时必填`, en: `Required where ${en}` }));
}

const UNITS: Readonly<Record<AmountUnit, Words>> = {
  yuan: { zh: '元，最多2位小数', en: 'yuan, at most 2 decimals' },
  'ten-thousand-yuan': { zh: '万元，最多6位小数', en: '10,000 yuan, at most 6 decimals' },
};
const FORMATS: Readonly<Record<string, Words>> = {
  'subject-code': {
    zh: '18位统一社会信用代码（GB 32100-2015），含校验位',
    en: 'Unified social credit code, 18 characters with check character (GB 32100-2015)',
  },
  'organisation-code': {
    zh: '9位组织机构代码（GB 11714-1997），含校验位',
    en: 'Organisation code, 9 characters with check character (GB 11714-1997)',
  },
  'registration-number': {
    zh: '15位工商注册号，含校验位',
    en: 'Business registration number, 15 digits with check digit',
  },
  'document-number': { zh: '文号，例如 津滨市监罚〔2026〕1号', en: 'Document number, year in 〔〕' },
};

/** A column that holds values of several fields has the formats of all of them. */
function formatsOf(column: TemplateColumn): Words {
  const formats = column.others.map(({ schema }) => formatOf({ schema, unit: column.unit }));
  return formats.reduce(
    (own, other) => ({ zh: `${own.zh}；或${other.zh}`, en: `${own.en}; or ${other.en}` }),
    formatOf(column),
  );
}

function formatOf({ schema, unit }: Pick<TemplateColumn, 'schema' | 'unit'>): Words {
  if (schema.format === 'unified-social-credit-code') return FORMATS['subject-code'] as Words;
  const known = FORMATS[schema.format ?? ''];
  if (known !== undefined) return known;
  switch (schema.normalise) {
    case 'date':
      return dateFormat(schema);
    case 'amount':
      return { zh: `数字，单位：${UNITS[unit].zh}`, en: `Number in ${UNITS[unit].en}` };
    case 'multi-list':
      return {
        zh: `一个或多个代码表中的值，多个值用“；”分隔`,
        en: 'One or more listed values, joined with ；',
      };
    case 'list':
      return { zh: '从下拉列表中选择', en: 'Choose from the list' };
    case 'id-number':
      return {
        zh: '证件号码；身份证为18位公民身份号码，含校验位',
        en: 'Number of the document; citizen ID numbers have 18 characters with check character',
      };
    case 'code':
      return { zh: '代码，按文本填写', en: 'Code, as text' };
    case 'name':
    case 'document-number':
    case 'text':
      return { zh: '文本', en: 'Text' };
  }
}

function dateFormat({ longTerm }: FieldSchema): Words {
  const [endlessZh, endless] =
    longTerm === true
      ? ['；长期有效填写“长期”或 2099/12/31', '; 长期 or 2099/12/31 where there is no end']
      : ['', ''];
  return { zh: `日期，例如 2026/01/31${endlessZh}`, en: `Date, year first: 2026/01/31${endless}` };
}

function lengthOf({ maxLength }: FieldSchema): Words {
  return maxLength === undefined
    ? { zh: '', en: '' }
    : { zh: `最多${maxLength}个字符`, en: `At most ${maxLength} characters` };
}

function valuesOf({ codeList, schema }: TemplateColumn): Words | undefined {
  if (codeList === undefined) return undefined;
  const values = officialValues(codeList).join('、');
  const shown = values.length > SHOWN_VALUES ? '' : `：${values}`;
  const [notedZh, noted] = annotationOf(codeList.annotated ?? []);
  const several = schema.normalise === 'multi-list';
  return {
    zh: `取值见工作表“${CODE_SHEET}”${shown}${several ? '（可多个）' : ''}${notedZh}`,
    en: `Values: sheet ${CODE_SHEET}${noted}`,
  };
}

function annotationOf(annotated: readonly string[]): [string, string] {
  const [first] = annotated;
  if (first === undefined) return ['', ''];
  return [`；“${first}”须注明，写作“${first}-说明”`, `; ${first} with a note: ${first}-NOTE`];
}

/** The title without the unit in which an amount is stored: a column may have another. */
export function englishTitle({ schema }: TemplateColumn): string {
  return schema.normalise === 'amount' ? schema.title.replace(/, yuan$/, '') : schema.title;
}
