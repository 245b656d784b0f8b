// Hostile contents in a correction workbook: never a formula, never a file that Excel cannot open, and every cell
// comes back as it was.
import assert from 'node:assert/strict';
import exceljs from 'exceljs';
import fc from 'fast-check';
import { unprotect } from '../../../src/core/formula-guard.js';
import { hasControlCharacters } from '../../../src/core/normalise-text.js';
import { MOST_CHARACTERS, workbookText } from '../../../src/reports/workbook-text.js';
import { cellsOf } from '../../helpers/read-workbook.js';
import { load, partOf } from '../../helpers/written-workbook.js';
import { problemOf, written } from './correction-fixture.js';

const FORMULAS = [
  '=1+1',
  "=cmd|' /C calc'!A0",
  '+86 22 1234',
  '-5',
  '@SUM(A1)',
  '\t=1',
  '\r=1',
  "'=1",
  "''=1",
  '=HYPERLINK("http://127.0.0.1/","x")',
];
const ODD = [
  '<v>&amp;</v>]]>',
  'a\r\nb\nc\rd',
  '\u0000\u0001\u001f\u007f',
  '\ufffe\uffff',
  '_x0041_ _x005F_ _x00zz_',
  '__x0041_',
  '\ud800 half',
  'half \udc00',
  '𠮷田',
  "'plain",
  '__proto__',
];

describe('hostile cells in a correction workbook', () => {
  it('are never a formula, in rows, headings, messages and the summary', async () => {
    const rows = Object.fromEntries(FORMULAS.map((text, i) => [i + 2, [text, text, text]]));
    const problems = FORMULAS.map((text, i) =>
      problemOf(i + 2, { column: text, code: text, messageZh: text, suggestion: text, cityCode: text }),
    );
    const bytes = await written({ headings: FORMULAS.slice(0, 3), rows, problems, sheetName: '=1+1' });
    for (const name of ['sheet1', 'sheet2']) {
      const xml = await partOf(bytes, `xl/worksheets/${name}.xml`);
      assert.doesNotMatch(xml, /<f[\s>/]/);
      assert.doesNotMatch(xml, /<v>\s*[=+\-@]/);
      assert.doesNotMatch(xml, /<hyperlink/);
    }
    (await load(bytes)).worksheets.forEach((sheet) =>
      sheet.eachRow((row) =>
        row.eachCell((cell) => {
          assert.ok([exceljs.ValueType.String, exceljs.ValueType.Number].includes(cell.type));
          assert.doesNotMatch(cell.text, /^[=+\-@\t\r]/);
        }),
      ),
    );
  });

  it('come back through our own reader as they were', async () => {
    const all = [...FORMULAS, ...ODD];
    const bytes = await written({
      headings: ['a'],
      rows: Object.fromEntries(all.map((text, i) => [i + 2, [text]])),
    });
    const [, ...cells] = await cellsOf(bytes);
    assert.deepEqual(
      cells.map(([text = '']) => unprotect(text)),
      all,
    );
  });

  it('come back whatever they are', async () => {
    const unit = fc.oneof(
      fc.constantFrom(
        "'",
        '=',
        '-',
        '\t',
        '\r',
        '\n',
        '_',
        'x',
        '0',
        '4',
        '1',
        '<',
        '&',
        '\u0000',
        '\ud83d',
        '\uffff',
        '中',
      ),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    );
    const cell = fc.array(unit, { minLength: 1, maxLength: 12 }).map((units) => `${units.join('')}.`);
    await fc.assert(
      fc.asyncProperty(fc.array(cell, { minLength: 1, maxLength: 40 }), async (all) => {
        const rows = Object.fromEntries(all.map((text, i) => [i + 2, [text]]));
        const [, ...cells] = await cellsOf(await written({ headings: ['a'], rows }));
        assert.deepEqual(
          cells.map(([text = '']) => unprotect(text)),
          all,
        );
      }),
      { numRuns: 20 },
    );
  });

  it('leave no character in the file that XML cannot hold', async () => {
    const rows = Object.fromEntries(ODD.map((text, i) => [i + 2, [text]]));
    const xml = await partOf(await written({ headings: ['a'], rows }), 'xl/worksheets/sheet1.xml');
    assert.ok(!hasControlCharacters(xml));
    assert.doesNotMatch(xml, /[\ufffe\uffff\ufffd]/);
  });

  it('are cut where they are longer than Excel allows, and say so', () => {
    const most = '中'.repeat(MOST_CHARACTERS - 1);
    assert.equal(workbookText(most), most);
    const cut = workbookText(`=${most}`);
    assert.equal(cut.length, MOST_CHARACTERS);
    assert.ok(cut.endsWith('…（已截断）'));
    assert.ok(workbookText('𠮷'.repeat(MOST_CHARACTERS)).isWellFormed());
  });

  it('in 16,384 columns still leave room for the report', async () => {
    const headings = Array.from({ length: 17_000 }, (_, i) => `h${i}`);
    const bytes = await written({ headings, rows: { 2: headings }, verdicts: { 2: 'new' } });
    const [first = []] = await cellsOf(bytes, { maxColumns: Infinity });
    assert.equal(first.length, 16_384);
    assert.equal(first.at(-1), '修改建议');
  });
});
