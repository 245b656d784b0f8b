// Headings as agencies lay them out: below titles, in two rows, merged, repeated.
import assert from 'node:assert/strict';
import { matchHeadings, mergedCells, type HeadingMatch } from '../../../src/core/heading-match.js';
import { loadDefinitions } from '../../../src/platform/definitions.js';
import { HEADINGS, penaltyRow } from '../../../bench/penalty-rows.js';
import { AGENCY } from '../../helpers/penalties.js';

const mappings = [loadDefinitions().mappings.get('administrative-penalty-2020')!];
const DATA = penaltyRow(1, AGENCY);
const match = (rows: readonly (readonly string[])[]): HeadingMatch | undefined =>
  matchHeadings(rows, mappings, () => []);
const fieldsOf = (found: HeadingMatch | undefined): Record<string, number> =>
  Object.fromEntries((found?.columns ?? []).map(({ field, column }) => [field, column]));

describe('the headings of a file', () => {
  it('are found below titles, and their columns in any order', () => {
    const found = match([
      ['行政处罚信息表'],
      ['填报单位：', '示例'],
      [...HEADINGS].reverse(),
      [...DATA].reverse(),
    ]);
    assert.equal(found?.index, 2);
    const number = found.columns.find(({ heading }) => heading === 'CF_WSH');
    assert.equal(number?.column, HEADINGS.length - 1 - HEADINGS.indexOf('CF_WSH'));
  });

  it('may be codes with Chinese below: the last heading row counts', () => {
    const found = match([[...HEADINGS], [...HEADINGS], DATA]);
    assert.equal(found?.index, 1);
  });

  it('may be merged over two rows: a blank cell takes what stands above it', () => {
    const upper = HEADINGS.map((heading, i) => (i >= 17 && i <= 21 ? (i === 17 ? '处罚内容' : '') : heading));
    const lower = HEADINGS.map((heading, i) => (i >= 17 && i <= 21 ? heading : ''));
    const found = match([['标题'], upper, lower, DATA]);
    assert.equal(found?.index, 2);
    assert.deepEqual(fieldsOf(found), fieldsOf(match([[...HEADINGS], DATA])));
    assert.deepEqual(mergedCells([['标题'], upper, lower], 2).slice(17, 22), HEADINGS.slice(17, 22));
  });

  it('are never a data row, however many of its cells are blank', () => {
    const sparse = DATA.map((cell, i) => (i === HEADINGS.indexOf('CF_WSH') ? cell : ''));
    assert.equal(match([[...HEADINGS], sparse, sparse, DATA])?.index, 0);
  });

  it('name each field once: a second column of it is said to be repeated', () => {
    const twice = [...HEADINGS, 'CF_WSH'];
    assert.deepEqual(match([twice])?.repeated, ['CF_WSH']);
  });

  it('are looked for in the first ten rows only', () => {
    const titles = Array.from({ length: 10 }, (_, i) => [`第${i}行`]);
    assert.equal(match([...titles.slice(1), [...HEADINGS]])?.index, 9);
    assert.equal(match([...titles, [...HEADINGS]]), undefined);
  });
});
