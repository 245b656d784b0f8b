import assert from 'node:assert/strict';
import { readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { isGatewayError } from '../../../src/core/errors.js';
import { loadDataKey, replaceDataKeys } from '../../../src/platform/data-key.js';
import { openKeyRing } from '../../../src/platform/key-ring.js';
import { createOriginals } from '../../../src/platform/originals.js';
import { removeOldKeys, rotateDataKey } from '../../../src/platform/rotate-data-key.js';
import { createSealer } from '../../../src/platform/sealing.js';
import { createTemporaryFolder, type TemporaryFolder } from '../../helpers/temporary-folder.js';

describe('the ring of data keys', () => {
  let folder: TemporaryFolder;
  let file = '';
  let nowMs = 0;
  const clock = (): Date => new Date(nowMs);
  beforeEach(() => {
    folder = createTemporaryFolder();
    file = path.join(folder.path, 'data-key.json');
    nowMs = Date.parse('2026-06-30T04:00:00Z');
  });
  afterEach(() => folder.remove());
  const keyIdOf = (sealed: Buffer): string => sealed.toString('hex', 1, 5);

  it('seals with the new key after a rotation, and opens what the old one sealed', () => {
    const old = loadDataKey(file);
    const before = createSealer(openKeyRing(file, clock)).seal('abc');
    const { isRotated, keys } = rotateDataKey(file, clock());
    assert.deepEqual([isRotated, keys.older.map(({ id }) => id)], [true, [old.id]]);
    assert.deepEqual(loadDataKey(file), keys);
    const sealer = createSealer(openKeyRing(file, clock));
    assert.equal(keyIdOf(sealer.seal('abc')), keys.id);
    assert.equal(sealer.open(before).toString(), 'abc');
    assert.equal(sealer.index('x'), createSealer(old).index('x'));
  });

  it('is replaced whole, for its owner alone, and nothing is left beside it', () => {
    loadDataKey(file);
    rotateDataKey(file, clock());
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(folder.path), ['data-key.json']);
  });

  it('rotates once where two rotate at once, and again a minute later', () => {
    loadDataKey(file);
    const first = rotateDataKey(file, clock());
    assert.deepEqual(rotateDataKey(file, clock()), { isRotated: false, keys: first.keys });
    nowMs += 60_000;
    assert.equal(rotateDataKey(file, clock()).keys.older.length, 2);
  });

  it('reaches a running process: at once where it meets a new key, within a second where it seals', () => {
    const sealer = createSealer(openKeyRing(file, clock));
    const old = loadDataKey(file).id;
    const { keys } = rotateDataKey(file, clock());
    assert.equal(keyIdOf(sealer.seal('abc')), old);
    nowMs += 1000;
    assert.equal(keyIdOf(sealer.seal('abc')), keys.id);
    const other = createSealer(openKeyRing(file, clock));
    nowMs += 60_000;
    rotateDataKey(file, clock());
    const fresh = createSealer(openKeyRing(file, clock)).seal('new');
    assert.equal(other.open(fresh).toString(), 'new');
  });

  it('seals nothing where the file is gone or holds another index key', () => {
    const sealer = createSealer(openKeyRing(file, clock));
    const isInvalid = (error: unknown): boolean => isGatewayError(error, 'config.invalid');
    const keys = loadDataKey(file);
    replaceDataKeys(file, { ...keys, index: Buffer.alloc(32, 7) });
    nowMs += 1000;
    assert.throws(() => sealer.seal('abc'), isInvalid);
    rmSync(file);
    nowMs += 1000;
    assert.throws(() => sealer.seal('abc'), isInvalid);
  });

  it('loses old keys only, and what they sealed opens no more', () => {
    const old = loadDataKey(file);
    const sealed = createSealer(old).seal('abc');
    const { keys } = rotateDataKey(file, clock());
    assert.deepEqual(removeOldKeys(file, [old.id, keys.id]).older, []);
    assert.equal(loadDataKey(file).id, keys.id);
    assert.throws(() => createSealer(openKeyRing(file, clock)).open(sealed), /was sealed with data key/);
  });

  it('seals an original anew while it is read, and never brings back one that was removed', async () => {
    const originals = createOriginals(path.join(folder.path, 'originals'), openKeyRing(file, clock));
    const bytes = Buffer.alloc(200_000, 5);
    await originals.write('a', Readable.from([bytes]));
    const opened = await originals.open('a');
    const { keys } = rotateDataKey(file, clock());
    nowMs += 1000;
    const reading = buffer(originals.read('a'));
    await originals.reseal('a');
    assert.deepEqual(
      [await reading, await buffer(opened.read()), await buffer(originals.read('a'))],
      [bytes, bytes, bytes],
    );
    removeOldKeys(
      file,
      keys.older.map(({ id }) => id),
    );
    const later = createOriginals(path.join(folder.path, 'originals'), openKeyRing(file, clock));
    assert.deepEqual(await buffer(later.read('a')), bytes);
    await later.remove('a');
    await assert.rejects(later.reseal('a'));
    assert.deepEqual(readdirSync(path.join(folder.path, 'originals')), []);
  });
});
