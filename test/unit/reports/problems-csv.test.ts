// The problems as a CSV: what Excel makes of its bytes, and that no cell can start a formula.
import assert from 'node:assert/strict';
import Papa from 'papaparse';
import { problemsCsv } from '../../../src/reports/problems-csv.js';
import { pagesOf, problemOf } from './correction-fixture.js';

const textOf = async (problems: Parameters<typeof problemOf>[]): Promise<string> => {
  let text = '';
  const all = problems.map((problem) => problemOf(...problem));
  for await (const piece of problemsCsv(pagesOf(all, 2))) text += piece;
  return text;
};

describe('the problems of a batch as CSV', () => {
  it('have a mark, CRLF and Chinese headings, also where there are none', async () => {
    assert.equal(await textOf([]), '\ufeff行号,列,代码,级别,说明,建议,Message\r\n');
  });

  it('have one line a problem, over all pages', async () => {
    const text = await textOf([[2], [3, { severity: 'warning', column: null }], [4]]);
    const { data } = Papa.parse<string[]>(text.slice(1), { newline: '\r\n', skipEmptyLines: true });
    assert.deepEqual(data.slice(1), [
      ['2', '日期', 'date.invalid', '错误', '日期的值不是有效日期', '请使用 2020/01/31 格式', 'Not a date'],
      ['3', '', 'date.invalid', '警告', '日期的值不是有效日期', '请使用 2020/01/31 格式', 'Not a date'],
      ['4', '日期', 'date.invalid', '错误', '日期的值不是有效日期', '请使用 2020/01/31 格式', 'Not a date'],
    ]);
    assert.doesNotMatch(text, /[^\r]\n/);
  });

  it('never start a formula, and keep quotes, commas and line breaks in their cell', async () => {
    const odd = '=HYPERLINK("http://127.0.0.1/",\r\n"x")';
    const cell = { column: odd, messageZh: `\t${odd}`, suggestion: '@x', message: '-1', cityCode: '+1' };
    const text = await textOf([[2, cell]]);
    const { data } = Papa.parse<string[]>(text.slice(1), { newline: '\r\n', skipEmptyLines: true });
    assert.equal(data.length, 2);
    assert.deepEqual(data[1], ['2', `'${odd}`, 'date.invalid', '错误', `'\t${odd}（+1）`, "'@x", "'-1"]);
  });
});
