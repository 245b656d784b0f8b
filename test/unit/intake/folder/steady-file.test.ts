// Reading and moving files that others write to at the same time.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { rename } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { listInbox, type LaidFile } from '../../../../src/intake/folder/inbox.js';
import { moveFile, writeWhole } from '../../../../src/intake/folder/move-file.js';
import { hashSteadily, readSteadily } from '../../../../src/intake/folder/steady-file.js';
import { createTemporaryFolder, type TemporaryFolder } from '../../../helpers/temporary-folder.js';

const { signal } = new AbortController();
const SETTINGS = { path: 'inbox', schedule: '* * * * * *', stableMs: 0 };

describe('a file of a folder', () => {
  let folder: TemporaryFolder;
  const at = (...names: string[]): string => path.join(folder.path, ...names);
  const only = async (): Promise<LaidFile> => {
    const [file, ...others] = await listInbox(folder.path, SETTINGS, (text) => text);
    assert.ok(file !== undefined && others.length === 0);
    return file;
  };
  beforeEach(() => {
    folder = createTemporaryFolder();
    writeFileSync(at('a.csv'), 'one');
    mkdirSync(at('done'));
  });
  afterEach(() => folder.remove());

  const changes: Readonly<Record<string, () => void>> = {
    grows: () => appendFileSync(at('a.csv'), '!'),
    'is replaced': () => {
      writeFileSync(at('.new'), 'two');
      renameSync(at('.new'), at('a.csv'));
    },
    'is replaced by bytes of the same size and time': () => {
      const { atime, mtime } = lstatSync(at('a.csv'));
      writeFileSync(at('.new'), 'two');
      utimesSync(at('.new'), atime, mtime);
      renameSync(at('.new'), at('a.csv'));
    },
    'is taken away': () => rmSync(at('a.csv')),
    'is replaced by a link': () => {
      rmSync(at('a.csv'));
      symlinkSync('/etc/passwd', at('a.csv'));
    },
    'is replaced by a pipe': () => {
      rmSync(at('a.csv'));
      execFileSync('mkfifo', [at('a.csv')]);
    },
  };
  /** Times of a file system may stand still for some milliseconds. */
  const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

  it('is hashed', async () => {
    const expected = createHash('sha256').update('one').digest('hex');
    assert.equal(await hashSteadily(await only(), signal), expected);
  });

  for (const [what, change] of Object.entries(changes)) {
    it(`counts as not read where it ${what} before`, async () => {
      const file = await only();
      await tick();
      change();
      assert.equal(await hashSteadily(file, signal), undefined);
    });

    it(`counts as not read where it ${what} meanwhile`, async () => {
      const file = await only();
      await tick();
      const read = await readSteadily(file, signal, async ({ body, confirm }) => {
        assert.equal((await buffer(body())).toString(), 'one');
        change();
        await confirm();
        return 'read';
      });
      assert.equal(read, undefined);
    });
  }

  it('passes on what went wrong where the file is as it was', async () => {
    await assert.rejects(
      readSteadily(await only(), signal, () => Promise.reject(new Error('ours'))),
      /ours/,
    );
  });

  it('is moved, and stays where it was when somebody writes to it meanwhile', async () => {
    const grows = async (from: Buffer | string, to: Buffer | string): Promise<void> => {
      if (from.toString() === at('a.csv')) appendFileSync(at('a.csv'), '!');
      await rename(from, to);
    };
    assert.equal(await moveFile(await only(), at('done', 'a.csv'), grows as typeof rename), false);
    assert.deepEqual([readFileSync(at('a.csv'), 'utf8'), readdirSync(at('done'))], ['one!', []]);
    assert.equal(await moveFile(await only(), at('done', 'a.csv')), true);
    assert.deepEqual([existsSync(at('a.csv')), readdirSync(at('done'))], [false, ['a.csv']]);
  });

  it('is copied where the way leads to another disk, and stays when it changes meanwhile', async () => {
    const otherDisk = (): Promise<never> =>
      Promise.reject(Object.assign(new Error('EXDEV'), { code: 'EXDEV', syscall: 'rename' }));
    const seen = await only();
    await tick();
    appendFileSync(at('a.csv'), '!');
    assert.equal(await moveFile(seen, at('done', 'a.csv'), otherDisk), false);
    assert.deepEqual(readdirSync(at('done')), []);
    writeFileSync(at('done', '.a.csv.part'), 'left by a writer that was killed');
    assert.equal(await moveFile(await only(), at('done', 'a.csv'), otherDisk), true);
    assert.deepEqual([existsSync(at('a.csv')), readdirSync(at('done'))], [false, ['a.csv']]);
    assert.equal(readFileSync(at('done', 'a.csv'), 'utf8'), 'one!');
  });

  it('has its report written as a whole, never through a link that lies in the way', async () => {
    writeFileSync(at('victim'), 'untouched');
    symlinkSync(at('victim'), at('done', '.r.json.part'));
    symlinkSync(at('victim'), at('done', 'r.json'));
    await writeWhole(at('done', 'r.json'), '{}');
    assert.equal(readFileSync(at('victim'), 'utf8'), 'untouched');
    assert.ok(lstatSync(at('done', 'r.json')).isFile());
    assert.equal(readFileSync(at('done', 'r.json'), 'utf8'), '{}');
    assert.deepEqual(readdirSync(at('done')), ['r.json']);
  });
});
