import assert from 'node:assert/strict';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeFolder } from '../../../src/platform/make-folder.js';
import { createTemporaryFolder, type TemporaryFolder } from '../../helpers/temporary-folder.js';

describe('making a folder', () => {
  let folder: TemporaryFolder;
  beforeEach(() => {
    folder = createTemporaryFolder();
  });
  afterEach(() => folder.remove());

  it('makes those above it too, and leaves one that is there, by several at once', async () => {
    const deep = path.join(folder.path, 'a/b/c');
    await Promise.all([makeFolder(deep), makeFolder(deep)]);
    await makeFolder(deep);
    assert.ok(statSync(deep).isDirectory());
  });

  it('ends at once where the system takes no folder though there is one above', async function () {
    if (!existsSync('/proc/self')) this.skip();
    for (const place of ['/proc/x', '/proc/x/y'])
      await assert.rejects(makeFolder(place), { code: 'EROFS', path: '/proc/x' });
  });

  it('says so where a file is in the way', async () => {
    const file = path.join(folder.path, 'file');
    writeFileSync(file, '');
    await assert.rejects(makeFolder(file), { code: 'EEXIST' });
    await assert.rejects(makeFolder(path.join(file, 'below')), { code: 'ENOTDIR' });
  });
});
