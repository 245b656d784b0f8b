// The agency's rows as they come back: where they stand, what is said of them, what is coloured.
import assert from 'node:assert/strict';
import type exceljs from 'exceljs';
import { GatewayError } from '../../../src/core/errors.js';
import { REPORT_HEADINGS } from '../../../src/core/report-headings.js';
import type { ParsedRow } from '../../../src/core/rows.js';
import { RED, YELLOW } from '../../../src/reports/cell-styles.js';
import { writeCorrectionWorkbook } from '../../../src/reports/correction-workbook.js';
import { cellsOf, readSheet } from '../../helpers/read-workbook.js';
import { caught, fillOf, linesOf, load } from '../../helpers/written-workbook.js';
import { HEADINGS, inputOf, problemOf, written, type Sample } from './correction-fixture.js';

const sheetOf = async (sample: Sample): Promise<exceljs.Worksheet> =>
  (await load(await written(sample))).worksheets[0]!;

const summaryOf = async (sample: Sample): Promise<string[][]> =>
  linesOf((await load(await written(sample))).worksheets[1]!);

describe('a correction workbook', () => {
  it('holds the rows at their own numbers, with title rows and blank rows left blank', async () => {
    const bytes = await written({
      headingRow: 3,
      rows: { 4: ['甲', '0012', '2026/01/31'], 7: ['乙', '', 'x'], 8: ['丙', '3', ''] },
      verdicts: { 4: 'new', 7: 'rejected', 8: 'unchanged' },
      problems: [problemOf(7)],
    });
    const { rows } = await readSheet(bytes);
    assert.deepEqual(
      rows.map(({ row, cells }) => [row, ...cells]),
      [
        [3, ...HEADINGS, ...REPORT_HEADINGS],
        [4, '甲', '0012', '2026/01/31', '新增'],
        [7, '乙', '', 'x', '退回', 'date.invalid', '日期的值不是有效日期', '请使用 2020/01/31 格式'],
        [8, '丙', '3', '', '未变化'],
      ],
    );
  });

  it('holds the entries of JSON and XML below headings, entry n in row n + 1', async () => {
    const bytes = await written({
      headingRow: 0,
      rows: { 1: ['甲'], 3: ['乙'] },
      verdicts: { 1: 'new', 3: 'stale' },
    });
    const { rows } = await readSheet(bytes);
    assert.deepEqual(
      rows.map(({ row, cells }) => [row, cells[0], cells[3]]),
      [
        [1, '名称', '处理结果'],
        [2, '甲', '新增'],
        [4, '乙', '过期'],
      ],
    );
  });

  it('says in Chinese what became of each row, and of rows nobody has judged', async () => {
    const rows = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [i + 2, [`第${i}`]]));
    const [, ...cells] = await cellsOf(
      await written({
        rows,
        verdicts: {
          2: 'new',
          3: 'amended',
          4: 'unchanged',
          5: 'duplicate',
          6: 'stale',
          7: 'withdrawn',
          8: 'rejected',
        },
      }),
    );
    assert.deepEqual(
      cells.map((row) => row[3]),
      ['新增', '更正', '未变化', '重复', '过期', '撤销', '退回', '未处理'],
    );
  });

  it('joins several problems by line breaks, in their order', async () => {
    const second = problemOf(2, {
      column: '代码',
      code: 'code.format',
      messageZh: '代码格式错误',
      suggestion: '请核对格式',
    });
    const [, row] = await cellsOf(
      await written({ rows: { 2: ['甲', '1', 'x'] }, problems: [problemOf(2), second], page: 1 }),
    );
    assert.deepEqual(row?.slice(4), [
      'date.invalid\ncode.format',
      '日期的值不是有效日期\n代码格式错误',
      '请使用 2020/01/31 格式\n请核对格式',
    ]);
  });

  it('gives the words of the city with what the city refused', async () => {
    const refused = problemOf(2, {
      column: null,
      code: 'city.rejected',
      cityCode: 'E07',
      cityMessage: '重复',
      messageZh: '市级平台拒收该记录',
    });
    const sheet = await sheetOf({ rows: { 2: ['甲'] }, verdicts: { 2: 'new' }, problems: [refused] });
    assert.equal(sheet.getCell('F2').text, '市级平台拒收该记录（E07：重复）');
    assert.equal(sheet.getCell('D2').text, '新增');
    assert.equal(fillOf(sheet.getCell('D2')), RED);
  });

  it('colours the cell of an error red, of a warning yellow, blank ones too, and the status with them', async () => {
    const sheet = await sheetOf({
      rows: { 2: ['甲', '', 'x'], 3: ['乙', '1', 'y'], 4: ['丙', '2', 'z'] },
      verdicts: { 2: 'rejected', 3: 'new', 4: 'new' },
      problems: [
        problemOf(2),
        problemOf(2, { column: '代码', code: 'value.required' }),
        problemOf(2, { severity: 'warning' }),
        problemOf(3, { column: '代码', severity: 'warning' }),
      ],
    });
    const colours = (row: number): string[] =>
      ['A', 'B', 'C', 'D'].map((column) => fillOf(sheet.getCell(`${column}${row}`)));
    assert.deepEqual(colours(2), ['', RED, RED, RED]);
    assert.deepEqual(colours(3), ['', YELLOW, '', YELLOW]);
    assert.deepEqual(colours(4), ['', '', '', '']);
  });

  it('has text in every cell and every column, so that codes keep their digits', async () => {
    const sheet = await sheetOf({
      rows: { 2: ['甲', '011001', '911201161234567890'] },
      problems: [problemOf(2)],
    });
    sheet.eachRow((row) =>
      row.eachCell((cell) => assert.deepEqual([typeof cell.value, cell.numFmt], ['string', '@'])),
    );
    for (let column = 1; column <= 7; column += 1) assert.equal(sheet.getColumn(column).numFmt, '@');
    assert.equal(sheet.getCell('B2').value, '011001');
  });

  it('takes the place of an earlier report instead of standing beside it', async () => {
    const headings = [...HEADINGS, ...REPORT_HEADINGS, '备注'];
    const cells = ['甲', '1', '2026/01/31', '退回', 'date.invalid', 'a', 'b', '注'];
    const [first, second] = await cellsOf(
      await written({ headings, rows: { 2: cells }, verdicts: { 2: 'new' } }),
    );
    assert.deepEqual(first, [...HEADINGS, '备注', ...REPORT_HEADINGS]);
    assert.deepEqual(second, ['甲', '1', '2026/01/31', '注', '新增']);
  });

  it('keeps cells beyond the headings, behind the report, so that they are still too many', async () => {
    const extra = problemOf(2, { column: null, code: 'row.extra-cells' });
    const sheet = await sheetOf({
      headings: [...HEADINGS, '', ' '],
      rows: { 2: ['甲', '1', 'x', '', '多余'] },
      problems: [extra],
    });
    assert.equal(sheet.getCell('D1').text, '处理结果');
    assert.equal(sheet.getCell('H2').text, '');
    assert.equal(sheet.getCell('I2').text, '多余');
    assert.equal(fillOf(sheet.getCell('I2')), RED);
  });

  it('names the sheet that its source reads', async () => {
    const bytes = await written({ rows: { 2: ['甲'] }, sheetName: '汇总' });
    const { worksheets } = await load(bytes);
    assert.deepEqual(
      worksheets.map(({ name }) => name),
      ['汇总', '汇总 2'],
    );
  });

  it('with faulty rows only, puts them together and says where they stood', async () => {
    const sample: Sample = {
      onlyFaulty: true,
      rows: { 2: ['甲'], 500_000: ['乙'], 900_000: ['丙'] },
      verdicts: { 2: 'new', 500_000: 'rejected', 900_000: 'new' },
      problems: [problemOf(500_000), problemOf(900_000, { severity: 'warning' })],
    };
    const { rows } = await readSheet(await written(sample));
    assert.deepEqual(
      rows.map(({ row, cells }) => [row, cells[0], cells[3]]),
      [
        [1, '名称', '处理结果'],
        [2, '乙', '退回（原第500000行）'],
        [3, '丙', '新增（原第900000行）'],
      ],
    );
    assert.ok((await summaryOf(sample)).some(([, words]) => words?.includes('仅列出有问题的行')));
  });

  it('with more rows than a sheet has, shows the faulty ones and says so', async () => {
    const rows = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [i + 2, [`第${i}`]]));
    const problems = [3, 5, 6, 7, 8, 9].map((row) => problemOf(row));
    const sample: Sample = { rows, problems, maxSheetRows: 5 };
    const { rows: shown } = await readSheet(await written(sample));
    assert.deepEqual(
      shown.map(({ row, cells }) => [row, cells[0]]),
      [
        [1, '名称'],
        [2, '第1'],
        [3, '第3'],
        [4, '第4'],
        [5, '第5'],
      ],
    );
    const remarks = (await summaryOf(sample))
      .filter(([first]) => first === '说明 · Note')
      .map(([, words]) => words);
    assert.equal(remarks.length, 2);
    assert.match(remarks[0] ?? '', /超过工作表上限 5/);
    assert.match(remarks[1] ?? '', /另有 2 行/);
  });

  it('sums up the whole batch: verdicts as counted, problems by code, most frequent first', async () => {
    const lines = await summaryOf({
      rows: { 2: ['甲'] },
      counts: { received: 1_200, new: 1_000, rejected: 200 },
      problems: [
        problemOf(2),
        problemOf(3, { code: 'value.required' }),
        problemOf(4, { code: 'value.required' }),
        problemOf(5, { severity: 'warning', code: 'record.ended' }),
      ],
    });
    const line = (first: string): string[] | undefined => lines.find((cells) => cells[0] === first);
    assert.deepEqual(line('新增')?.slice(0, 2), ['新增', '1000']);
    assert.deepEqual(line('退回')?.slice(0, 2), ['退回', '200']);
    assert.equal(line('接收时间 · Received')?.[1], '2026-07-01 02:00:00');
    const codes = lines.slice(lines.findIndex(([first]) => first === '问题代码') + 1);
    assert.deepEqual(codes.slice(0, 4), [
      ['value.required', '2', '错误', '该列不能为空'],
      ['date.invalid', '1', '错误', '该列的值“…”不是有效日期'],
      ['record.ended', '1', '警告', '该记录已撤销或终止，不会恢复'],
      ['合计', '4'],
    ]);
  });

  it('lists problems that belong to no row of the file in the summary, where they do not count as rows', async () => {
    const broken = problemOf(3, { column: null, code: 'file.broken-off', messageZh: '文件自该行起无法读取' });
    const input = inputOf({ rows: { 2: ['甲'] }, problems: [broken] });
    async function* breaking(): AsyncGenerator<readonly ParsedRow[]> {
      yield* input.rows;
      throw new GatewayError('file.truncated', 'The file ends in the middle.');
    }
    const bytes = await caught((out) => writeCorrectionWorkbook({ ...input, rows: breaking() }, out));
    assert.equal((await cellsOf(bytes)).length, 2);
    const { worksheets } = await load(bytes);
    const texts: string[] = [];
    worksheets[1]?.eachRow((row) => texts.push(row.getCell(4).text));
    assert.ok(texts.includes('文件自该行起无法读取'));
  });

  it('fails where the file breaks though the batch knows nothing of it', async () => {
    const input = inputOf({ rows: { 2: ['甲'] } });
    async function* breaking(): AsyncGenerator<readonly ParsedRow[]> {
      yield* input.rows;
      throw new GatewayError('file.truncated', 'The file ends in the middle.');
    }
    const failing = caught((out) => writeCorrectionWorkbook({ ...input, rows: breaking() }, out));
    await assert.rejects(failing, { code: 'file.truncated' });
  });
});
