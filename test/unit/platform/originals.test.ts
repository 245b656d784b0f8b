import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createOriginals } from '../../../src/platform/originals.js';
import { until } from '../../helpers/until.js';
import { createTemporaryFolder, type TemporaryFolder } from '../../helpers/temporary-folder.js';

const FRAME = 65_536;
const SEALED_FRAME = FRAME + 16;
const HEADER = 37;

describe('the originals', () => {
  const key = { id: '0a0b0c0d', encryption: randomBytes(32), index: randomBytes(32) };
  let folder: TemporaryFolder;
  let file: (id: string) => string;
  let originals: ReturnType<typeof createOriginals>;

  before(() => {
    folder = createTemporaryFolder();
    file = (id) => path.join(folder.path, 'originals', id);
    originals = createOriginals(path.join(folder.path, 'originals'), key);
  });
  after(() => folder.remove());

  const write = async (id: string, bytes: Buffer): Promise<void> => {
    const pieces = [];
    for (let at = 0; at < bytes.length; at += 10_000) pieces.push(bytes.subarray(at, at + 10_000));
    await originals.write(id, Readable.from(pieces, { objectMode: false }));
  };
  const refuses = (id: string): Promise<void> =>
    assert.rejects(buffer(originals.read(id)), /has been changed or cut|not sealed with this data key/);

  it('give back the bytes of files of every size, and keep none of them readable', async () => {
    for (const size of [0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME, 300_001]) {
      const bytes = randomBytes(size);
      await write('sizes', bytes);
      assert.deepEqual(await buffer(originals.read('sizes')), bytes, String(size));
    }
    await write('plain', Buffer.from('行政处罚决定书'.repeat(10)));
    assert.equal(readFileSync(file('plain')).includes('行政处罚'), false);
  });

  it('do not open when they were cut, reordered, changed or swapped', async () => {
    const whole = async (id: string): Promise<Buffer> => {
      await write(id, randomBytes(3 * FRAME));
      return readFileSync(file(id));
    };
    const frame = (bytes: Buffer, number: number): Buffer =>
      bytes.subarray(HEADER + number * SEALED_FRAME, HEADER + (number + 1) * SEALED_FRAME);
    const sealed = await whole('changed');
    const header = sealed.subarray(0, HEADER);
    const forged: Record<string, Buffer> = {
      'cut at a frame': Buffer.concat([header, frame(sealed, 0), frame(sealed, 1)]),
      'cut within a frame': sealed.subarray(0, -1),
      'cut to the header': header,
      'cut within the header': header.subarray(0, 20),
      empty: Buffer.alloc(0),
      reordered: Buffer.concat([header, frame(sealed, 1), frame(sealed, 0), frame(sealed, 2)]),
      repeated: Buffer.concat([
        header,
        frame(sealed, 0),
        frame(sealed, 0),
        frame(sealed, 1),
        frame(sealed, 2),
      ]),
      longer: Buffer.concat([sealed, Buffer.alloc(1)]),
    };
    for (const [what, bytes] of Object.entries(forged)) {
      writeFileSync(file('changed'), bytes);
      await refuses('changed').catch((error: unknown) => {
        throw new Error(what, { cause: error });
      });
    }
    await whole('swapped');
    copyFileSync(file('swapped'), file('changed'));
    await refuses('changed');
  });

  it('leave nothing behind when the source breaks off', async () => {
    const early = new Readable({ read: () => undefined });
    const written = originals.write('broken', early);
    early.destroy(new Error('gone'));
    await assert.rejects(written, /gone/);
    const late = new Readable({ read: () => undefined });
    late.push(randomBytes(100_000));
    const begun = originals.write('broken', late);
    await until(() => late.readableLength === 0);
    late.destroy();
    await assert.rejects(begun, /Premature close/);
    assert.deepEqual(
      readdirSync(path.dirname(file('broken'))).filter((name) => name.startsWith('broken')),
      [],
    );
  });

  it('can be read in part, and removed twice', async () => {
    await write('part', randomBytes(5 * FRAME));
    const stream = originals.read('part');
    for await (const chunk of stream) {
      assert.ok((chunk as Buffer).length > 0);
      break;
    }
    await originals.remove('part');
    await originals.remove('part');
    await assert.rejects(buffer(originals.read('part')), /is not there/);
  });

  it('take no id that is a path', () => {
    assert.throws(() => originals.read('../escape'), /letters, digits and hyphens/);
  });

  it('lose the drafts of writers that were killed, and nothing younger or whole', async () => {
    await write('whole', Buffer.from('x'));
    const [old, young] = [file('a.1234.part'), file('b.1234.part')];
    for (const draft of [old, young]) writeFileSync(draft, 'half');
    const past = new Date('2026-01-01T00:00:00Z');
    for (const aged of [old, file('whole')]) utimesSync(aged, past, past);
    assert.equal(await originals.removeDrafts(new Date('2026-01-02T00:00:00Z')), 1);
    const left = readdirSync(path.dirname(old));
    assert.ok(!left.includes('a.1234.part') && left.includes('b.1234.part') && left.includes('whole'));
    await originals.removeDrafts(new Date('2100-01-01T00:00:00Z'));
  });

  it('gives any range of the bytes, across frames, and the whole size', async () => {
    for (const size of [0, 1, 65_535, 65_536, 65_537, 200_000]) {
      const bytes = randomBytes(size);
      const id = `range-${size}`;
      await originals.write(id, Readable.from([bytes]));
      const stored = await originals.open(id);
      assert.equal(stored.size, size);
      for (const [start, end] of [
        [0, size],
        [65_530, 65_545],
        [131_072, 131_073],
        [size - 3, size + 10],
      ] as const) {
        if (start < 0) continue;
        const read = Buffer.concat(await stored.read({ start, end }).toArray());
        assert.deepEqual(read, bytes.subarray(start, end));
      }
    }
  });
});
