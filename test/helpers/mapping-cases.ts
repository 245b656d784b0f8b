// The cases of a mapping are data: a row goes in, its record or its problems come out, and the day on which the
// record ends. The clock of the cases stands at 2026-06-30T12:00+08:00.
import assert from 'node:assert/strict';
import type { Configuration } from '../../src/core/configuration.js';
import { COUNTERPART_KINDS, type CanonicalRecord, type Definitions } from '../../src/core/definitions.js';
import { matchHeadings } from '../../src/core/heading-match.js';
import type { FingerprintedRow } from '../../src/core/rows.js';
import { compileWorkingDays } from '../../src/core/working-days.js';
import { compileStages } from '../../src/records/pipeline.js';
import { recordType, requiredColumns } from '../../src/records/record-type.js';
import { compileValidator, type RecordValidator, type ValidatorOf } from '../../src/records/validate.js';

export interface MappingCase {
  readonly name: string;
  readonly row: Readonly<Record<string, string>>;
  readonly record?: CanonicalRecord;
  /** The last day of the record, null where it has none; not looked at where it is absent. */
  readonly ends?: string | null;
  readonly warnings?: readonly string[];
  readonly problems?: readonly { readonly code: string; readonly column: string | null }[];
  readonly operation?: 'withdraw';
}

/** What a site says about its types: their catalogue, their periods and the calendars of working days. */
export type CaseConfiguration = Pick<Configuration, 'catalogue' | 'periods' | 'calendars'>;

const CONTEXT = {
  today: '2026-06-30',
  receivedAtMs: Date.parse('2026-06-30T12:00:00+08:00'),
  agency: 'cases',
  agencyCode: '12120116MB0CCC122Q',
  agencyName: '天津市滨海新区示例局',
  /** One list that the agency of the cases is entitled to, and one that it is not. */
  lists: new Map([
    ['市场监督管理严重违法失信名单', true],
    ['安全生产严重失信主体名单', false],
  ]),
  quality: {},
} as const;

/** Makes what holds the cases of any mapping of these definitions: subjects, periods and timeliness are those of the site. */
export function createCaseCheck(
  definitions: Definitions,
  configuration: CaseConfiguration,
): (mapping: string, entry: MappingCase) => void {
  // Compiled at its first use: that of all takes seconds.
  const validators = new Map<string, RecordValidator>();
  const validatorOf: ValidatorOf = (mapping) => {
    const known =
      validators.get(mapping.id) ?? compileValidator(recordType(mapping.type, definitions), mapping);
    validators.set(mapping.id, known);
    return known;
  };
  return (mapping, entry) => {
    const row = runCase(entry.row, mapping, { definitions, validatorOf, configuration });
    assert.equal(row.withdraws, entry.operation === 'withdraw');
    if (entry.record !== undefined) assert.deepEqual(recordOf(row), entry.record);
    if (entry.ends !== undefined) assert.equal(row.print?.endsOn, entry.ends);
    const found = row.problems.filter(({ severity }) => severity === 'error');
    assert.deepEqual(
      found.map(({ code, column }) => ({ code, column })),
      entry.problems?.map(({ code, column }) => ({ code, column })) ?? [],
    );
    if (entry.warnings !== undefined)
      assert.deepEqual(
        row.problems.filter(({ severity }) => severity === 'warning').map(({ code }) => code),
        entry.warnings,
      );
  };
}

function runCase(
  row: MappingCase['row'],
  mappingId: string,
  from: {
    definitions: Definitions;
    validatorOf: ValidatorOf;
    configuration: CaseConfiguration;
  },
): FingerprintedRow {
  const mapping = from.definitions.mappings.get(mappingId);
  assert.ok(mapping);
  const type = recordType(mapping.type, from.definitions);
  const headings = Object.keys(row);
  const match = matchHeadings([headings], [mapping], (entry) => requiredColumns(type.schema, entry));
  assert.ok(match, 'the headings of the case are not recognised');
  const index = (value: string): string => `index-of-${value.length}`;
  const { catalogue, periods, calendars } = from.configuration;
  const listed = catalogue.find((entry) => entry.type === mapping.type);
  const counterpartKinds = (listed?.subjects ?? []).map((subject) => COUNTERPART_KINDS[subject]);
  const context = { ...CONTEXT, counterpartKinds };
  const stages = compileStages({
    ...{ type, validator: from.validatorOf(mapping), mapping, match, headings, context, index },
    periods: { fields: listed?.periods, rules: periods },
    measure: listed?.timeliness && { rule: listed.timeliness, days: compileWorkingDays(calendars) },
  });
  return stages({ row: 2, cells: Object.values(row) });
}

function recordOf(row: FingerprintedRow): CanonicalRecord {
  assert.ok(row.print, `rejected: ${JSON.stringify(row.problems)}`);
  const secrets = row.print.secrets === null ? {} : (JSON.parse(row.print.secrets) as CanonicalRecord);
  return { ...(JSON.parse(row.print.data) as CanonicalRecord), ...secrets };
}
