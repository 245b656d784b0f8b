// A record type of a few fields for tests of one rule: rows under their field names go through all pure stages.
import type {
  CodeList,
  FieldSchema,
  Mapping,
  QualityRule,
  RecordSchema,
} from '../../src/core/definitions.js';
import { COUNTERPART_KINDS } from '../../src/core/definitions.js';
import { matchHeadings } from '../../src/core/heading-match.js';
import type { FingerprintedRow } from '../../src/core/rows.js';
import { compileStages } from '../../src/records/pipeline.js';
import { recordType, type BatchContext } from '../../src/records/record-type.js';
import { compileValidator } from '../../src/records/validate.js';

export interface SmallType {
  /** Besides `number`, `counterpartName` and `other`, which are there. */
  readonly fields?: Readonly<Record<string, Partial<FieldSchema>>>;
  /** Any keys of the schema's root. */
  readonly root?: object;
  readonly codeLists?: readonly CodeList[];
  readonly rules?: Readonly<Record<string, QualityRule>>;
  readonly mapping?: Partial<Mapping>;
  readonly context?: Partial<BatchContext>;
}

const LABEL = { title: 'Text', titleZh: '文字' } as const;
const TEXT = { ...LABEL, type: 'string', maxLength: 200, normalise: 'text' } as const;
const AGENCY_CODE = '12120116MB0CCC122Q';

/** Sends a row through; the record and the problems by code are what tests look at. */
export function judgeSmall(
  small: SmallType,
  row: Readonly<Record<string, string>>,
): FingerprintedRow & { readonly codes: readonly string[]; readonly data: Record<string, unknown> } {
  const cells = { number: '文〔2026〕1号', counterpartName: '示例', other: '一', ...row };
  const given = Object.fromEntries(
    Object.entries(small.fields ?? {}).map(([field, schema]) => [
      field,
      schema.type === 'array' ? { ...LABEL, ...schema } : { ...TEXT, ...schema },
    ]),
  );
  const schema: RecordSchema = {
    $id: 'urn:test:small',
    title: 'Small',
    titleZh: '小',
    identity: { documentNumber: 'number', name: 'counterpartName' },
    properties: { number: TEXT, counterpartName: { ...TEXT, normalise: 'name' }, other: TEXT, ...given },
    required: ['number', 'counterpartName'],
    quality: Object.fromEntries(Object.keys(small.rules ?? {}).map((name) => [name, 'warning'])),
    ...{ type: 'object', additionalProperties: false },
    ...small.root,
  };
  const mapping: Mapping = {
    id: 'small-1',
    type: 'small',
    title: 'Small',
    titleZh: '小',
    columns: Object.fromEntries(
      Object.keys(schema.properties).map((field) => [field, { official: field, headings: [] }]),
    ),
    ...small.mapping,
  };
  const type = recordType('small', {
    types: new Map([['small', schema]]),
    codeLists: new Map((small.codeLists ?? []).map((list) => [list.id, list])),
    mappings: new Map([['small-1', mapping]]),
    qualityRules: new Map(Object.entries(small.rules ?? {})),
  });
  const headings = Object.keys(cells);
  const match = matchHeadings([headings], [mapping], () => []);
  if (match === undefined) throw new Error('The headings of the row are not known.');
  const stages = compileStages({
    type,
    validator: compileValidator(type, mapping),
    mapping,
    match,
    headings,
    index: (value) => `index-of-${value.length}`,
    context: {
      today: '2026-06-30',
      receivedAtMs: 0,
      agency: 'small-agency',
      agencyCode: AGENCY_CODE,
      agencyName: '示例部门',
      counterpartKinds: Object.values(COUNTERPART_KINDS),
      lists: new Map(),
      quality: {},
      ...small.context,
    },
  });
  const judged = stages({ row: 2, cells: Object.values(cells) });
  return {
    ...judged,
    codes: judged.problems.map(({ code }) => code),
    data: JSON.parse(judged.print?.data ?? '{}') as Record<string, unknown>,
  };
}
