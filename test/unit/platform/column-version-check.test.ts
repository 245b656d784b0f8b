// What a mapping says of its column version is held against its columns and its record type.
import assert from 'node:assert/strict';
import type { Definitions, Mapping } from '../../../src/core/definitions.js';
import { contradictions } from '../../../src/platform/definition-check.js';
import { loadDefinitions } from '../../../src/platform/definitions.js';

const definitions = loadDefinitions();
const ID = 'administrative-licence-2015';
const OLD = definitions.mappings.get(ID) as Mapping;
const AT = `mappings/${ID}.yaml`;

function problemsOf(change: Partial<Mapping>): string[] {
  const mappings: Definitions['mappings'] = new Map([[ID, { ...OLD, ...change }]]);
  return contradictions({ ...definitions, mappings });
}

describe('a column version', () => {
  it('of the project itself contradicts nothing', () => {
    assert.deepEqual(problemsOf({}), []);
  });

  it('requires nothing that it has no column for', () => {
    assert.deepEqual(problemsOf({ requires: ['regionCode', 'validFrom'] }), [
      `${AT}: it has no column for validFrom`,
    ]);
    assert.deepEqual(problemsOf({ versionTime: { headings: ['SJC'], since: 'validFrom' } }), [
      `${AT}: it has no column for validFrom`,
    ]);
  });

  it('may ask for less than the groups of the schema, not for more', () => {
    assert.deepEqual(problemsOf({ requiredGroup: [{ fields: ['creditCode', 'taxNumber'] }] }), []);
    assert.deepEqual(problemsOf({ requiredGroup: [{ fields: ['taxNumber'] }] }), [
      `${AT}, requiredGroup: taxNumber asks for more than the schema`,
    ]);
  });

  it('may allow fewer characters than the schema, not more', () => {
    const name = OLD.columns['counterpartName'];
    assert.ok(name);
    const columnsWith = (maxLength: number): Partial<Mapping> => ({
      columns: { ...OLD.columns, counterpartName: { ...name, maxLength } },
    });
    assert.deepEqual(problemsOf(columnsWith(200)), []);
    assert.deepEqual(problemsOf(columnsWith(256)), [
      `${AT}, counterpartName: the schema allows fewer characters`,
    ]);
  });
});
