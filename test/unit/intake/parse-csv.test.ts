// CSV piece by piece: the same rows whatever the pieces, numbered as Excel shows them.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isGatewayError } from '../../../src/core/errors.js';
import type { ParsedRow } from '../../../src/core/rows.js';
import { parseCsv, parseSample, type CsvForm } from '../../../src/intake/parse-csv.js';

const FORM: CsvForm = { delimiter: ',', newline: '\n' };

async function parse(pieces: readonly string[], form = FORM): Promise<ParsedRow[]> {
  const rows: ParsedRow[] = [];
  for await (const found of parseCsv(stream(pieces), form)) rows.push(...found);
  return rows;
}

async function* stream(pieces: readonly string[]): AsyncGenerator<string> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}

describe('CSV', () => {
  it('has the row numbers that Excel shows: blank rows count, line breaks in cells do not', async () => {
    const rows = await parse(['a,b\r\n\r\n"x\r\ny",1\r\n , \r\nz,2']);
    assert.deepEqual(
      rows.map(({ row, cells }) => [row, ...cells]),
      [
        [1, 'a', 'b'],
        [3, 'x\r\ny', '1'],
        [5, 'z', '2'],
      ],
    );
  });

  it('gives the same rows whatever the pieces', async () => {
    const cells = fc.constantFrom('', 'a', '中文', 'a,b', 'x"y', 'l\r\nm', ' ', '"', 'a\tb');
    const quote = (cell: string): string =>
      /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(cells, { minLength: 1, maxLength: 4 }), { maxLength: 12 }),
        fc.array(fc.nat(200), { maxLength: 8 }),
        async (rows, cuts) => {
          const text = rows.map((row) => row.map(quote).join(',')).join('\r\n');
          const at = [...new Set(cuts.filter((cut) => cut < text.length))].sort((a, b) => a - b);
          const pieces = [0, ...at].map((from, i) => text.slice(from, at[i]));
          const whole = await parse([text]);
          assert.deepEqual(await parse(pieces), whole);
          const expected = rows.filter((row) => row.some((cell) => cell.trim() !== ''));
          assert.deepEqual(
            whole.map((row) => row.cells.map((cell) => cell.trim())),
            expected.map((row) => row.map((cell) => cell.trim())),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it('marks rows whose quotes are broken, and reads the rows after them', async () => {
    const rows = await parse(['a,b\n"x"y,1\nz,2\n']);
    assert.deepEqual(
      rows.map(({ brokenQuotes }) => brokenQuotes ?? false),
      [false, true, false],
    );
  });

  it('loses no other row to a broken quote: the lines up to the next quote are read as they are', async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `r${i},${i % 1000 === 700 ? '"q"' : 'p'}`);
    const text = ['a,b', 'x,"open', ...lines, 'y,"never closed', 'z,2'].join('\n');
    for (const size of [100, 65_536, text.length]) {
      const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
        text.slice(i * size, (i + 1) * size),
      );
      const rows = await parse(pieces);
      assert.equal(rows.length, 5004, String(size));
      assert.deepEqual(
        rows.filter(({ brokenQuotes }) => brokenQuotes).map(({ row }) => row),
        [2, 5003],
        String(size),
      );
    }
  });

  it('finds an open quote that nothing closes, and reads on behind its line', async () => {
    const pieces = [
      'a,b\nx,"open\n',
      ...Array.from({ length: 40 }, (_, piece) =>
        Array.from({ length: 1000 }, (__, i) => `row ${piece}-${i},${'p'.repeat(40)}\n`).join(''),
      ),
    ];
    const rows = await parse(pieces);
    assert.equal(rows.length, 40_002);
    assert.deepEqual(
      rows.filter(({ brokenQuotes }) => brokenQuotes).map(({ row }) => row),
      [2],
    );
  });

  it('ends at a row that has no end, instead of holding the rest of the file', async () => {
    const endless = Array.from({ length: 30 }, () => 'x'.repeat(65_536));
    await assert.rejects(parse(['a,b\n1,2\n"', ...endless]), (error) =>
      isGatewayError(error, 'file.row-too-long'),
    );
  });

  it('reads other separators and line ends, and leaves a cut last row of a sample out', () => {
    assert.deepEqual(
      parseSample('a;b\r1;2\r', { delimiter: ';', newline: '\r' }, true).map(({ cells }) => cells),
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    );
    assert.equal(parseSample('a,b\n1,', FORM, false).length, 1);
  });
});
