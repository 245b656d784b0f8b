// The page of a record type in docs/record-types, in Chinese and English, made from its schema, its catalogue
// entry and its mappings alone: the same definitions always give the same page.
import type { CatalogueEntry } from '../core/catalogue.js';
import { COUNTERPART_KINDS, type Definitions, type Mapping, type RecordSchema } from '../core/definitions.js';
import type { Retention } from '../core/configuration.js';
import { keepingOf, KEPT_KINDS } from '../core/keeping.js';
import { officialValues } from '../core/official-values.js';
import { fieldRows } from './record-type-fields.js';
import { conditionLines, qualityLines } from './record-type-rules.js';
import { markdownTable } from './markdown-table.js';
import { templateOf } from './template-columns.js';

const OPENNESS = {
  public: '向社会公开 · public',
  shared: '政务共享 · shared between authorities',
  authorised: '授权查询 · on authorisation',
} as const;

const KEPT_WORDS = {
  originals: { titleZh: '原始文件', title: 'original files' },
  rejectedRows: { titleZh: '被退回的行', title: 'rejected rows' },
  problems: { titleZh: '问题明细', title: 'problems' },
  oldVersions: { titleZh: '被取代的旧版本', title: 'superseded versions' },
} as const;

/** Writes the page of a type; ends with a line end. `retention` is what holds for all types. */
export function recordTypePage(
  entry: CatalogueEntry,
  definitions: Definitions,
  retention: Retention,
): string {
  const template = templateOf(entry.type, definitions);
  const { schema } = template;
  const mappings = [...definitions.mappings.values()].filter(({ type }) => type === entry.type);
  const sections = [
    `# ${schema.titleZh} · ${schema.title}`,
    `Made by \`npm run docs\` from \`schemas/${entry.type}.schema.json\`: change that, not this page. · 本页由程序生成，请勿直接修改。`,
    factsOf(entry, schema, retention),
    section('字段 · Fields', fieldRows(template)),
    section('条件 · Conditions', listOf(conditionLines(template))),
    section('质量规则 · Quality rules', listOf(qualityLines(template, definitions.qualityRules))),
    section('代码表 · Code lists', listOf(codeListLines(schema, definitions))),
    section('表头与映射 · Mappings', listOf(mappings.map(mappingLine))),
    section('示例 · Example', exampleOf(template.columns)),
  ];
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`;
}

/** Writes the page that lists all types. */
export function recordTypeIndex(catalogue: readonly CatalogueEntry[], definitions: Definitions): string {
  const rows = catalogue.map(({ type, nationalClass, openness }) => [
    `[${type}](${type}.md)`,
    definitions.types.get(type)?.titleZh ?? '',
    definitions.types.get(type)?.title ?? '',
    nationalClass,
    OPENNESS[openness],
  ]);
  const heading = ['Type · 类别', '名称', 'Title', '目录分类 · Class', '公开属性 · Openness'];
  return `# 信息类别 · Record types\n\nMade by \`npm run docs\`. What is not listed here is not exchanged. · 未列入目录的信息不予归集。\n\n${markdownTable(heading, rows)}\n`;
}

function section(title: string, body: string): string {
  return body === '' ? '' : `## ${title}\n\n${body}`;
}

function listOf(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}

function factsOf(entry: CatalogueEntry, schema: RecordSchema, retention: Retention): string {
  const titleOf = (field: string): string => schema.properties[field]?.titleZh ?? field;
  return markdownTable(
    ['', ''],
    [
      ['Type · 类别', `\`${entry.type}\``],
      ['目录分类 · Class', entry.nationalClass],
      ['依据 · Legal basis', entry.legalBasis],
      [
        '报送部门 · Who may send',
        entry.senders === 'any' ? '作出决定的机关 · the deciding authority' : entry.senders.join(', '),
      ],
      ['主体 · Subjects', entry.subjects.map((subject) => COUNTERPART_KINDS[subject]).join('、')],
      ['公开属性 · Openness', [OPENNESS[entry.openness], ...statedIn(entry, titleOf)].join('；')],
      ['标识 · Identity', entry.identity.map((field) => `${titleOf(field)} (\`${field}\`)`).join(' + ')],
      ['保存期限 · Kept', keptLine(entry, retention)],
    ],
  );
}

/** A record itself is kept until it is withdrawn; these are what is kept besides. */
function keptLine(entry: CatalogueEntry, retention: Retention): string {
  return KEPT_KINDS.map((kind) => {
    const { others, byType } = keepingOf(kind, { retention, catalogue: [entry] });
    const days = byType.get(entry.type) ?? others;
    const { titleZh, title } = KEPT_WORDS[kind];
    return days === 'unlimited'
      ? `${titleZh}永久 · ${title} for good`
      : `${titleZh}${days}天 · ${title} ${days} days`;
  }).join('；');
}

/** A record may state a narrower openness than its type has. */
function statedIn({ opennessField }: CatalogueEntry, titleOf: (field: string) => string): string[] {
  return opennessField === undefined
    ? []
    : [
        `以记录的${titleOf(opennessField)}更严者为准 · or narrower, as the record states in \`${opennessField}\``,
      ];
}

function codeListLines(schema: RecordSchema, { codeLists }: Definitions): string[] {
  const names = new Set(Object.values(schema.properties).flatMap(({ codeList }) => codeList ?? []));
  return [...names].flatMap((name) => {
    const list = codeLists.get(name);
    if (list === undefined) return [];
    const versions = list.versions.map(
      ({ id, from, values }) =>
        `${id}${from === undefined ? '' : ` (from ${from})`}: ${officialValues({ ...list, versions: [{ id, values }] }).join('、')}`,
    );
    return [`**${list.titleZh}** (\`${name}\`) — ${versions.join('; ')}`];
  });
}

function mappingLine({ id, titleZh, title, lacks }: Mapping): string {
  const missing = lacks === undefined ? '' : `; has no ${lacks.map((field) => `\`${field}\``).join(', ')}`;
  return `\`${id}\` — ${titleZh} · ${title}${missing}`;
}

function exampleOf(columns: readonly { heading: string; example: string }[]): string {
  const filled = columns.filter(({ example }) => example !== '');
  return markdownTable(
    ['表头 · Heading', '示例 · Example'],
    filled.map(({ heading, example }) => [heading, example]),
  );
}
