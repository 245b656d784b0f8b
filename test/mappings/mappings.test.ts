// Every mapping is tested by data: test/mappings/<mapping>.cases.json. A mapping without cases fails.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSite } from '../../src/app/site.js';
import { createCaseCheck, type MappingCase } from '../helpers/mapping-cases.js';

const FOLDER = import.meta.dirname;

const { definitions, configuration } = loadSite(join(FOLDER, '../../config'));
const checkCase = createCaseCheck(definitions, configuration);

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
      for (const entry of cases) it(entry.name, () => checkCase(id, entry));
    });
  }
});
