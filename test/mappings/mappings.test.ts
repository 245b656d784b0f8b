// Every mapping is tested by data: test/mappings/<mapping>.cases.json. A mapping without cases fails.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CanonicalRecord } from '../../src/core/definitions.js';
import { matchHeadings } from '../../src/core/heading-match.js';
import { loadDefinitions } from '../../src/platform/definitions.js';
import { compileStages } from '../../src/records/pipeline.js';
import { recordType, requiredColumns } from '../../src/records/record-type.js';
import { compileValidator } from '../../src/records/validate.js';
import type { FingerprintedRow } from '../../src/core/rows.js';

interface MappingCase {
  readonly name: string;
  readonly row: Readonly<Record<string, string>>;
  readonly record?: CanonicalRecord;
  readonly warnings?: readonly string[];
  readonly problems?: readonly { readonly code: string; readonly column: string | null }[];
  readonly operation?: 'withdraw';
}

const FOLDER = import.meta.dirname;
const AGENCY_CODE = '12120116MB0CCC122Q';
const NOW = Date.parse('2026-06-30T12:00:00+08:00');

const definitions = loadDefinitions();
const validators = new Map(
  [...definitions.types.keys()].map((id) => [id, compileValidator(recordType(id, definitions))]),
);

function run(mappingId: string, row: Readonly<Record<string, string>>): FingerprintedRow {
  const mapping = definitions.mappings.get(mappingId);
  assert.ok(mapping);
  const type = recordType(mapping.type, definitions);
  const headings = Object.keys(row);
  const match = matchHeadings([headings], [mapping], (entry) => requiredColumns(type.schema, entry));
  assert.ok(match, 'the headings of the case are not recognised');
  const validator = validators.get(mapping.type);
  assert.ok(validator);
  const stages = compileStages({
    type,
    validator,
    mapping,
    match,
    headings,
    context: { today: '2026-06-30', receivedAtMs: NOW, agency: 'cases', agencyCode: AGENCY_CODE, quality: {} },
    index: (value) => `index-of-${value.length}`,
  });
  return stages({ row: 2, cells: Object.values(row) });
}

function recordOf(row: FingerprintedRow): CanonicalRecord {
  assert.ok(row.print, `rejected: ${JSON.stringify(row.problems)}`);
  const secrets = row.print.secrets === null ? {} : (JSON.parse(row.print.secrets) as CanonicalRecord);
  return { ...(JSON.parse(row.print.data) as CanonicalRecord), ...secrets };
}

describe('mappings', () => {
  it('have cases, every one of them', () => {
    const without = [...definitions.mappings.keys()].filter((id) => !existsSync(join(FOLDER, `${id}.cases.json`)));
    assert.deepEqual(without, []);
  });

  it('exist for every file of cases', () => {
    const ids = readdirSync(FOLDER).flatMap((file) => (file.endsWith('.cases.json') ? [file.slice(0, -11)] : []));
    assert.deepEqual(ids.filter((id) => !definitions.mappings.has(id)), []);
  });

  for (const id of definitions.mappings.keys()) {
    const path = join(FOLDER, `${id}.cases.json`);
    const cases = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as MappingCase[]) : [];
    describe(id, () => {
      for (const entry of cases)
        it(entry.name, () => {
          const row = run(id, entry.row);
          assert.equal(row.withdraws, entry.operation === 'withdraw');
          if (entry.record !== undefined) assert.deepEqual(recordOf(row), entry.record);
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
        });
    });
  }
});
