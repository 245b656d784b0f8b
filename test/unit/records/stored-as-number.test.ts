// Numbers stored as numbers: what a sheet may have cut is rejected, what it cannot have cut is read.
import assert from 'node:assert/strict';
import path from 'node:path';
import { loadSite } from '../../../src/app/site.js';
import type { FingerprintedRow, ParsedRow } from '../../../src/core/rows.js';
import { projectRoot } from '../../../src/platform/project-root.js';
import { compileStages } from '../../../src/records/pipeline.js';
import { planFile } from '../../../src/records/plan-file.js';
import { HEADINGS, penaltyRow } from '../../../bench/penalty-rows.js';
import { AGENCY } from '../../helpers/penalties.js';

describe('a value that is stored as a number', () => {
  const site = loadSite(path.join(projectRoot, 'config'));
  const source = site.configuration.sources.find(({ id }) => id === 'market-regulation-penalty')!;
  const mapping = site.definitions.mappings.get('administrative-penalty-2020')!;
  const file = { source, mapping, headings: HEADINGS, receivedAt: new Date('2026-06-30T04:00:00Z') };
  const stages = compileStages(planFile(file, { ...site, index: () => 'index' }));
  const check = (
    heading: (typeof HEADINGS)[number],
    value: string,
    extra: Partial<ParsedRow> = {},
  ): FingerprintedRow => {
    const cells = penaltyRow(1, AGENCY);
    cells[HEADINGS.indexOf(heading)] = value;
    return stages({ row: 2, cells, ...extra });
  };
  const asNumber = (heading: (typeof HEADINGS)[number], value: string): FingerprintedRow =>
    check(heading, value, { numbers: [HEADINGS.indexOf(heading)] });
  const codes = (row: FingerprintedRow): string[] =>
    row.problems
      .filter(({ severity }) => severity === 'error')
      .map(({ code, column }) => `${code} ${column}`);

  it('is rejected where it is a code or a document number, and nothing else is said of it', () => {
    for (const heading of ['CF_XDR_SHXYM', 'CF_XDR_GSZC', 'CF_WSH', 'CF_CFJGDM'] as const)
      assert.deepEqual(codes(asNumber(heading, '911201161234567000')), [`value.stored-as-number ${heading}`]);
  });

  it('is rejected in a CSV where Excel has written it with an exponent; a code with an E in it is not', () => {
    for (const value of ['9.11201E+17', '9.11201161234568E+17', '1.2e+5'])
      assert.deepEqual(codes(check('CF_XDR_SHXYM', value)), ['value.stored-as-number CF_XDR_SHXYM'], value);
    assert.deepEqual(codes(check('CF_WSH', '12E34')), []);
  });

  it('is read where it is a date of eight digits; another number is none', () => {
    assert.deepEqual(codes(asNumber('CF_JDRQ', '20250304')), []);
    assert.deepEqual(codes(asNumber('CF_JDRQ', '2025.1')), ['value.stored-as-number CF_JDRQ']);
    assert.deepEqual(codes(asNumber('CF_JDRQ', '45000')), ['value.stored-as-number CF_JDRQ']);
  });

  it('is read where it is an amount or a text', () => {
    assert.deepEqual(codes(asNumber('CF_NR_FK', '0.3')), []);
    assert.deepEqual(codes(asNumber('BZ', '12')), []);
  });

  it('that is a structure is rejected as one', () => {
    const row = check('BZ', '', { nested: [HEADINGS.indexOf('BZ')] });
    assert.deepEqual(codes(row), ['value.nested BZ']);
  });
});
