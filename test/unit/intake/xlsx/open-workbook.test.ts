// How a workbook is put together: its sheets, its dialects, its parts wherever they lie, and other programs' habits.
import assert from 'node:assert/strict';
import path from 'node:path';
import exceljs from 'exceljs';
import { HEADINGS, penaltyRow } from '../../../../bench/penalty-rows.js';
import { isGatewayError } from '../../../../src/core/errors.js';
import { openWorkbook, type Workbook } from '../../../../src/intake/xlsx/open-workbook.js';
import { bytesOfFile } from '../../../../src/platform/stored-bytes.js';
import {
  escapeXml,
  makeWorkbook,
  penaltyRows,
  workbookParts,
  writeBigWorkbook,
} from '../../../helpers/make-workbook.js';
import { bytesOfBuffer, cellsOf, LIMITS, readSheet } from '../../../helpers/read-workbook.js';
import { AGENCY } from '../../../helpers/penalties.js';
import { createTemporaryFolder } from '../../../helpers/temporary-folder.js';
import { makeZip } from '../../../helpers/zip-writer.js';

const open = (buffer: Buffer): Promise<Workbook> => openWorkbook(bytesOfBuffer(buffer), LIMITS);
const ROWS = penaltyRows(5);
const TRIMMED = ROWS.map((cells) => cells.slice(0, cells.findLastIndex((cell) => cell !== '') + 1));

describe('a workbook', () => {
  it('has its sheets in their order, with the hidden ones marked', async () => {
    const workbook = await open(
      makeWorkbook({
        sheets: [
          { name: '说明 & 填报', rows: [['a']] },
          { name: '隐藏', state: 'hidden', rows: [['b']] },
          { name: '很隐藏', state: 'veryHidden', rows: [['c']] },
          { name: '处罚', rows: [['d']], target: '/xl/worksheets/sheet4.xml' },
        ],
      }),
    );
    assert.deepEqual(workbook.sheets, [
      { name: '说明 & 填报', path: 'xl/worksheets/sheet1.xml', isVisible: true },
      { name: '隐藏', path: 'xl/worksheets/sheet2.xml', isVisible: false },
      { name: '很隐藏', path: 'xl/worksheets/sheet3.xml', isVisible: false },
      { name: '处罚', path: 'xl/worksheets/sheet4.xml', isVisible: true },
    ]);
    assert.equal(workbook.date1904, false);
    await workbook.close();
  });

  it('offers neither charts nor sheets that are not there', async () => {
    const workbook = await open(
      makeWorkbook({
        sheets: [
          { name: '图表', kind: 'chartsheet' },
          { name: '丢失', isMissing: true },
          { name: '数据', rows: [['a']] },
        ],
      }),
    );
    assert.deepEqual(
      workbook.sheets.map(({ name }) => name),
      ['数据'],
    );
    await workbook.close();
  });

  it('gives the rows of each of its sheets, again and at once', async () => {
    const workbook = await open(makeWorkbook({ sheets: [{ rows: [['甲'], ['乙']] }, { rows: [['丙']] }] }));
    const [first, second] = workbook.sheets;
    const read = async (sheet: Workbook['sheets'][number]): Promise<string[]> => {
      const texts: string[] = [];
      for await (const rows of workbook.rows(sheet)) texts.push(...rows.flatMap(({ cells }) => cells));
      return texts;
    };
    assert.deepEqual(await read(second!), ['丙']);
    assert.deepEqual(await Promise.all([read(first!), read(first!)]), [
      ['甲', '乙'],
      ['甲', '乙'],
    ]);
    await workbook.close();
  });

  it('may be left in the middle of a sheet', async () => {
    const workbook = await open(makeWorkbook({ sheets: [{ rows: penaltyRows(3000) }] }));
    for await (const rows of workbook.rows(workbook.sheets[0]!)) {
      assert.equal(rows[0]?.row, 1);
      break;
    }
    await workbook.close();
  });

  for (const isStrict of [false, true])
    for (const prefix of [undefined, 'x'])
      for (const strings of ['shared', 'inline'] as const)
        it(`is read when ${isStrict ? 'strict' : 'transitional'}, ${prefix ?? 'no'} prefix, ${strings} strings`, async () => {
          const spec = {
            isStrict,
            strings,
            sheets: [{ rows: ROWS }],
            ...(prefix === undefined ? {} : { prefix }),
          };
          assert.deepEqual(await cellsOf(makeWorkbook(spec)), TRIMMED);
        });

  it('has merged headings in their first cell alone', async () => {
    const rows = [
      ['行政处罚信息', null, null],
      ['a', 'b', 'c'],
    ];
    assert.deepEqual(await cellsOf(makeWorkbook({ sheets: [{ rows, merged: ['A1:C1'] }] })), [
      ['行政处罚信息'],
      ['a', 'b', 'c'],
    ]);
  });

  it('is read as ZIP64 and with entries that are not deflated', async () => {
    assert.deepEqual(
      await cellsOf(makeWorkbook({ sheets: [{ rows: ROWS }], zip: { isZip64: true } })),
      TRIMMED,
    );
    const stored = workbookParts({ sheets: [{ rows: ROWS }] }).map((part) => ({ ...part, isStored: true }));
    assert.deepEqual(await cellsOf(makeZip(stored)), TRIMMED);
  });

  it('finds its parts whatever the case of their names', async () => {
    const parts = workbookParts({ sheets: [{ rows: ROWS }] });
    const renamed = parts.map((part) => ({
      ...part,
      name: part.name.replace('sharedStrings', 'SharedStrings'),
    }));
    assert.deepEqual(await cellsOf(makeZip(renamed)), TRIMMED);
  });

  it('may have its parts in UTF-16 or with a byte order mark', async () => {
    for (const encode of [
      (xml: string) => Buffer.from(`\ufeff${xml}`),
      (xml: string) => Buffer.from(`\ufeff${xml.replace('UTF-8', 'UTF-16')}`, 'utf16le'),
    ]) {
      const parts = workbookParts({ sheets: [{ rows: ROWS }] });
      const encoded = parts.map((part) => ({ ...part, content: encode(String(part.content)) }));
      assert.deepEqual(await cellsOf(makeZip(encoded)), TRIMMED);
    }
  });

  it('may lack styles and shared strings', async () => {
    const parts = workbookParts({ strings: 'inline', sheets: [{ rows: ROWS }] });
    const bare = parts.filter(({ name }) => !/styles|sharedStrings/.test(name));
    assert.deepEqual(await cellsOf(makeZip(bare)), TRIMMED);
  });

  it('without any sheet has none', async () => {
    const workbook = await open(makeWorkbook({ sheets: [] }));
    assert.deepEqual(workbook.sheets, []);
    await workbook.close();
  });

  it('that lacks its workbook part is malformed', async () => {
    const parts = workbookParts().filter(({ name }) => name !== 'xl/workbook.xml');
    const { fault } = await readSheet(makeZip(parts));
    assert.ok(isGatewayError(fault, 'file.malformed'));
  });

  it('keeps texts apart from markup that looks like them', async () => {
    const rows = [['<row r="9">', '&amp;', ']]>', '<!-- x -->']];
    assert.deepEqual(await cellsOf(makeWorkbook({ sheets: [{ rows }] })), rows);
    assert.equal(escapeXml('<&'), '&lt;&amp;');
  });

  it('of more texts than one block or one list of places holds is read right', async () => {
    const rows = Array.from({ length: 35_000 }, (_, i) => [`第${i}号文书`, `${'罚'.repeat(i % 40)}${i}`]);
    assert.deepEqual(await cellsOf(makeWorkbook({ sheets: [{ rows }] })), rows);
  });
});

describe('a large workbook', () => {
  for (const strings of ['shared', 'inline'] as const)
    it(`that was streamed to a file is streamed from it, with ${strings} strings`, async () => {
      const folder = createTemporaryFolder();
      try {
        const file = path.join(folder.path, 'big.xlsx');
        const row = (n: number): string[] => (n === 0 ? [...HEADINGS] : penaltyRow(n, AGENCY));
        await writeBigWorkbook(file, 5_000, { strings, row });
        const workbook = await openWorkbook(await bytesOfFile(file), LIMITS);
        let read = 0;
        for await (const rows of workbook.rows(workbook.sheets[0]!)) {
          assert.ok(rows.length <= 256);
          for (const { row: number, cells } of rows) {
            assert.equal(number, read + 1);
            assert.equal(cells.join(), row(read).join().replace(/,+$/, ''));
            read += 1;
          }
        }
        await workbook.close();
        assert.equal(read, 5_000);
      } finally {
        folder.remove();
      }
    });
});

describe('a workbook of exceljs', () => {
  async function written(useSharedStrings: boolean): Promise<Buffer> {
    const pieces: Buffer[] = [];
    const { PassThrough } = await import('node:stream');
    const stream = new PassThrough();
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    const workbook = new exceljs.stream.xlsx.WorkbookWriter({ stream, useSharedStrings, useStyles: true });
    const sheet = workbook.addWorksheet('行政处罚');
    sheet.addRow(['名称', '日期', '金额', '富文本', '公式', '是否']).commit();
    sheet
      .addRow([
        '天津滨海 <示例> & 公司',
        new Date('2025-03-04T00:00:00Z'),
        0.1 + 0.2,
        { richText: [{ text: '津滨' }, { font: { bold: true }, text: '市监' }] },
        { formula: 'A1', result: '缓存' },
        true,
      ])
      .commit();
    sheet.commit();
    await workbook.commit();
    return Buffer.concat(pieces);
  }

  for (const useSharedStrings of [true, false])
    it(`is read, with ${useSharedStrings ? 'shared' : 'inline'} strings`, async () => {
      const { rows, fault } = await readSheet(await written(useSharedStrings));
      assert.equal(fault, undefined);
      assert.deepEqual(rows[1], {
        row: 2,
        cells: ['天津滨海 <示例> & 公司', '2025-03-04', '0.3', '津滨市监', '缓存', 'TRUE'],
        numbers: [2],
      });
    });
});
