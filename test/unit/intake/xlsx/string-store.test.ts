// The store of shared strings: what went in comes out, and no more goes in than it may hold.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isGatewayError } from '../../../../src/core/errors.js';
import { addBytes, createByteText, type ByteText } from '../../../../src/intake/xlsx/byte-text.js';
import { openSharedStrings } from '../../../../src/intake/xlsx/shared-strings.js';
import { createStringStore } from '../../../../src/intake/xlsx/string-store.js';

function byteText(text: string): ByteText {
  const bytes = Buffer.from(text);
  const collected = createByteText();
  const half = bytes.length >> 1;
  addBytes(collected, bytes, { start: 0, end: half });
  addBytes(collected, bytes, { start: half, end: bytes.length });
  return collected;
}

describe('the store of shared strings', () => {
  it('gives back what it was given, in any order and again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 80 })),
        fc.array(fc.nat()),
        (texts, asked) => {
          const store = createStringStore(Infinity);
          for (const text of texts) store.add(byteText(text));
          assert.equal(store.count(), texts.length);
          for (const place of texts.length === 0 ? [] : asked) {
            const index = place % texts.length;
            assert.equal(store.get(index), texts[index]);
          }
        },
      ),
    );
  });

  it('holds texts that lie over the ends of its blocks, or are longer than one', () => {
    const store = createStringStore(Infinity);
    const texts = Array.from({ length: 300 }, (_, i) => `${'滨'.repeat(3001)}${i}`);
    texts.push('海'.repeat(1_000_000), '', 'x');
    for (const text of texts) store.add(byteText(text));
    for (const [i, text] of texts.entries()) assert.ok(store.get(i) === text, `text ${i}`);
  });

  it('keeps texts apart that share a slot of those kept decoded', () => {
    const store = createStringStore(Infinity);
    for (let i = 0; i < 20_000; i += 1) store.add(byteText(`第${i}个`));
    for (let turn = 0; turn < 4; turn += 1)
      for (const index of [5, 5 + 8_192, 5 + 16_384, 5, 5, 5 + 8_192])
        assert.equal(store.get(index), `第${index}个`);
  });

  it('refuses to grow beyond its bound, which long texts and many empty ones meet alike', () => {
    for (const text of ['x'.repeat(10_000), '']) {
      const store = createStringStore(4_194_304);
      const unbounded = createStringStore(Infinity);
      const entry = byteText(text);
      assert.throws(
        () => {
          for (let i = 0; i < 5_000_000; i += 1) store.add(entry);
        },
        (error) => isGatewayError(error, 'file.too-large') && (error.detailZh ?? '').includes('CSV'),
      );
      for (let i = 0; i <= store.count(); i += 1) unbounded.add(entry);
      assert.equal(unbounded.count(), store.count() + 1, 'without the bound');
    }
  });
});

describe('shared strings', () => {
  const part = (pieces: () => Generator<string>): { name: string; pieces: AsyncGenerator<Buffer> } => ({
    name: 'xl/sharedStrings.xml',
    pieces: asBytes(pieces),
  });
  async function* asBytes(pieces: () => Generator<string>): AsyncGenerator<Buffer> {
    yield await Promise.resolve(
      Buffer.from('<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'),
    );
    for (const piece of pieces()) yield Buffer.from(piece);
  }

  it('are read no further than they are asked for', async () => {
    let read = 0;
    const strings = openSharedStrings(
      part(function* () {
        for (; ; read += 1) yield `<si><t>第${read}个</t></si>`;
      }),
      { maxCellCharacters: 100, maxTextBytes: Infinity },
    );
    await strings.load(99);
    assert.equal(strings.get(99), '第99个');
    assert.ok(read <= 100, `${read} were read`);
    assert.throws(
      () => strings.get(5000),
      (error) => isGatewayError(error, 'file.malformed'),
    );
    await strings.close();
  });

  it('keep of a text that is too long just enough to tell', async () => {
    const before = process.memoryUsage.rss();
    const text = 'x'.repeat(65_536);
    const strings = openSharedStrings(
      part(function* () {
        yield '<si><t>';
        for (let i = 0; i < 3200; i += 1) yield text;
        yield '</t></si></sst>';
      }),
      { maxCellCharacters: 1000, maxTextBytes: Infinity },
    );
    await strings.load(0);
    const { length } = strings.get(0);
    assert.ok(length > 1000 && length <= 8000 + text.length, String(length));
    assert.ok(process.memoryUsage.rss() - before < 150 * 1_048_576);
    await strings.finish();
  });
});
