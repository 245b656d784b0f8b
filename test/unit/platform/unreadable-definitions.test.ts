// A definition that cannot be read is named with its file, beside every other problem.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isGatewayError } from '../../../src/core/errors.js';
import { loadDefinitions } from '../../../src/platform/definitions.js';
import { projectRoot } from '../../../src/platform/project-root.js';
import { createTemporaryFolder, type TemporaryFolder } from '../../helpers/temporary-folder.js';

describe('definitions that cannot be read', () => {
  let root: TemporaryFolder;
  beforeEach(() => {
    root = createTemporaryFolder();
    for (const name of ['schemas', 'mappings'])
      cpSync(join(projectRoot, name), join(root.path, name), { recursive: true });
  });
  afterEach(() => root.remove());

  it('are told with their names, all at once', () => {
    writeFileSync(join(root.path, 'schemas/broken.schema.json'), '{ "identity": {} "title": "" }');
    writeFileSync(join(root.path, 'schemas/half.schema.json'), '{ "identity": {}, "properties": {} }');
    writeFileSync(join(root.path, 'schemas/code-lists/broken.json'), '{');
    writeFileSync(join(root.path, 'mappings/broken.yaml'), 'columns: { a: [b }');
    assert.throws(
      () => loadDefinitions(root.path),
      (error) => {
        assert.ok(isGatewayError(error, 'config.invalid'));
        const problems = error.details['problems'] as string[];
        for (const start of [
          'schemas/broken.schema.json: ',
          'schemas/half.schema.json: it has no required at its root',
          'schemas/half.schema.json: it has no quality at its root',
          'schemas/code-lists/broken.json: ',
          'mappings/broken.yaml: ',
        ])
          assert.ok(
            problems.some((problem) => problem.startsWith(start)),
            `${start} in ${problems.join()}`,
          );
        assert.equal(problems.length, 5);
        return true;
      },
    );
  });

  it('are told where a condition of a record type is none', () => {
    const file = join(root.path, 'schemas/honour.schema.json');
    const schema = JSON.parse(readFileSync(file, 'utf8')) as object;
    const wrong = { if: { required: ['remarks'] }, then: { required: 'remarks' } };
    writeFileSync(file, JSON.stringify({ ...schema, allOf: [wrong] }));
    assert.throws(
      () => loadDefinitions(root.path),
      (error) => {
        assert.ok(isGatewayError(error, 'config.invalid'));
        const problems = error.details['problems'] as string[];
        assert.equal(problems[0], 'schemas/honour.schema.json/allOf/0/then/required: must be array');
        return true;
      },
    );
  });
});
