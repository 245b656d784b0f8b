import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { isGatewayError } from '../../../src/core/errors.js';
import { loadDataKey } from '../../../src/platform/data-key.js';
import { projectRoot } from '../../../src/platform/project-root.js';
import { createTemporaryFolder, type TemporaryFolder } from '../../helpers/temporary-folder.js';

const run = promisify(execFile);

describe('the data key', () => {
  let folder: TemporaryFolder;
  before(() => {
    folder = createTemporaryFolder();
  });
  after(() => folder.remove());

  it('is made where there is none, for its owner alone, and read again as it is', () => {
    const file = path.join(folder.path, 'new/data-key.json');
    const made = loadDataKey(file);
    assert.match(made.id, /^[0-9a-f]{8}$/);
    assert.equal(made.encryption.length, 32);
    assert.equal(made.index.length, 32);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(loadDataKey(file), made);
    assert.deepEqual(readdirSync(path.dirname(file)), ['data-key.json']);
  });

  it('is one, however many processes start at once', async () => {
    const file = path.join(folder.path, 'race.json');
    const url = path.join(projectRoot, 'src/platform/data-key.ts');
    const code = `import { loadDataKey } from ${JSON.stringify(url)}; console.log(loadDataKey(${JSON.stringify(file)}).id);`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', code];
    const ids = await Promise.all([1, 2, 3].map(() => run(process.execPath, args, { cwd: projectRoot })));
    assert.deepEqual(new Set(ids.map(({ stdout }) => stdout.trim())), new Set([loadDataKey(file).id]));
  });

  it('is never written over: a file of another shape is an error', () => {
    const short = JSON.stringify({ id: '00000000', encryption: 'AA==', index: 'AA==' });
    for (const text of ['', 'not json', '[]', 'null', '{}', short]) {
      const file = path.join(folder.path, 'wrong.json');
      writeFileSync(file, text);
      assert.throws(
        () => loadDataKey(file),
        (error) => isGatewayError(error, 'config.invalid') && error.message.includes('is not a data key'),
      );
      assert.equal(readFileSync(file, 'utf8'), text);
    }
  });

  it('says what is wrong when the file cannot be read', () => {
    const file = path.join(folder.path, 'a-folder');
    mkdirSync(file);
    assert.throws(
      () => loadDataKey(file),
      (error) => isGatewayError(error, 'config.invalid') && error.message.includes(file),
    );
  });
});
