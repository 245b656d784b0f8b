// The class that a mapping gives to all its rows ends their records as the rules of that class say.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSite } from '../../../src/app/site.js';
import type { Mapping } from '../../../src/core/definitions.js';
import { projectRoot } from '../../../src/platform/project-root.js';
import { createCaseCheck, type MappingCase } from '../../helpers/mapping-cases.js';

const MAPPING = 'administrative-penalty-2020';
const CASES = JSON.parse(
  readFileSync(join(projectRoot, `test/mappings/${MAPPING}.cases.json`), 'utf8'),
) as MappingCase[];

describe('the class that a mapping gives', () => {
  const { definitions, configuration } = loadSite(join(projectRoot, 'config'));
  const known = definitions.mappings.get(MAPPING) as Mapping;
  const { severityClass, ...columns } = known.columns;
  const good = CASES.find(({ name }) => name === 'reads dates as they are written');
  const row = { ...good?.row, CF_GSJZQ: '' };

  function endsAs(value: string, day: string, ends: string | null): void {
    const constants = { ...known.constants, severityClass: { value } };
    const mapping: Mapping = { ...known, columns, constants };
    const changed = { ...definitions, mappings: new Map(definitions.mappings).set(MAPPING, mapping) };
    createCaseCheck(changed, configuration)(MAPPING, { name: value, row: { ...row, CF_JDRQ: day }, ends });
  }

  it('is no column of its files', () => {
    assert.ok(severityClass, 'the mapping that is changed here has the column');
    assert.ok(!Object.keys(row).includes(severityClass.official));
  });

  for (const [value, byTrialRules, byOrder36] of [
    ['轻微', '2029-03-31', '2026-07-01'],
    ['一般', '2029-03-31', '2027-04-01'],
    ['严重', '2029-03-31', '2029-04-01'],
  ] as const)
    it(`ends its records as its rule says: ${value}`, () => {
      endsAs(value, '2026/3/31', byTrialRules);
      endsAs(value, '2026/4/1', byOrder36);
    });

  it('is needed: without one a record that states no end has none', () => {
    const { constants, ...rest } = known;
    assert.equal(constants, undefined);
    const mapping: Mapping = { ...rest, columns };
    const changed = { ...definitions, mappings: new Map(definitions.mappings).set(MAPPING, mapping) };
    createCaseCheck(changed, configuration)(MAPPING, { name: 'none', row, ends: null });
  });
});
