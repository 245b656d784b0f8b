// Keys as columns: whatever name an entry has for a field, and in whatever order, its value is in one place.
import assert from 'node:assert/strict';
import { HEADINGS } from '../../../bench/penalty-rows.js';
import type { Mapping } from '../../../src/core/definitions.js';
import type { KeyedRow } from '../../../src/core/rows.js';
import { collectHeadings, collectKeys, compileKeyColumns } from '../../../src/intake/key-columns.js';
import { LIMITS, UNLIMITED } from '../../helpers/parsed-entries.js';

const MAPPING: Mapping = {
  id: 'sample',
  type: 'sample',
  title: 'Sample',
  titleZh: '示例',
  columns: {
    documentNumber: { official: 'CF_WSH', headings: ['文书号', '决定书文号'], normalise: 'document-number' },
    name: { official: 'CF_XDR_MC', headings: ['行政相对人名称'], normalise: 'name' },
    fine: { official: 'CF_NR_FK', headings: [], normalise: 'amount' },
  },
  operation: { headings: ['操作'], withdraw: ['删除'] },
  versionTime: { headings: ['SJC'] },
} as unknown as Mapping;

function entry(values: Readonly<Record<string, string>>, rest: Partial<KeyedRow> = {}): KeyedRow {
  return { row: 1, keys: Object.keys(values), values: Object.values(values), ...rest };
}

describe('the columns of entries', () => {
  it('are their keys, then the fields that no key stands for', () => {
    const sample = [entry({ 文书号: '1', note: 'x' }), entry({ note: 'y', 行政相对人名称: 'n' })];
    const headings = ['文书号', 'note', '行政相对人名称', 'CF_NR_FK', '操作', 'SJC'];
    assert.deepEqual(collectHeadings(sample, MAPPING), headings);
    assert.deepEqual(collectHeadings([], MAPPING), ['CF_WSH', 'CF_XDR_MC', 'CF_NR_FK', '操作', 'SJC']);
  });

  it('are one for each field', () => {
    const sample = [entry({ 文书号: '1', CF_WSH: '1', ' cf_nr_fk': '2' })];
    assert.deepEqual(collectHeadings(sample, MAPPING), ['文书号', ' cf_nr_fk', 'CF_XDR_MC', '操作', 'SJC']);
  });

  it('are counted over the entries, for each may have other keys', () => {
    const sample = Array.from({ length: 300 }, (_, i) => ({
      ...entry({ [`a${i}`]: '', [`b${i}`]: '' }),
      row: i + 1,
    }));
    assert.throws(() => collectKeys(sample, LIMITS), {
      code: 'file.too-large',
      details: { limit: 'maxColumns', most: 500, row: 251 },
    });
    assert.equal(collectKeys(sample, UNLIMITED).length, 600, 'with the limit lifted');
    assert.deepEqual(collectKeys([entry({ b: '', a: '' }), entry({ a: '', c: '' })], LIMITS), [
      'b',
      'a',
      'c',
    ]);
  });
});

describe('the values of an entry', () => {
  const toRow = compileKeyColumns(['文书号', 'note', 'CF_NR_FK'], MAPPING);

  it('stand under their key, or the column of the same field', () => {
    assert.deepEqual(toRow(entry({ CF_NR_FK: '5', note: 'x', 文书号: '1' })), {
      row: 1,
      cells: ['1', 'x', '5'],
    });
    assert.deepEqual(toRow(entry({ 决定书文号: '2' })).cells, ['2', '', '']);
    assert.deepEqual(toRow(entry({ cf_wsh: '3', 'CF_NR_FK ': '6' })).cells, ['3', '', '6']);
    assert.deepEqual(toRow(entry({})).cells, ['', '', '']);
  });

  it('are left out where no column is theirs', () => {
    assert.deepEqual(toRow(entry({ Note: 'x', CF_XDR_MC: 'n', constructor: 'c', 文书号: '1' })).cells, [
      '1',
      '',
      '',
    ]);
  });

  it('keep their marks, in the places of their columns', () => {
    const marked = entry(
      { other: '', CF_NR_FK: '5', CF_WSH: '', x: '' },
      { numbers: [1], nested: [0, 2, 3] },
    );
    assert.deepEqual(toRow(marked), { row: 1, cells: ['', '', '5'], numbers: [2], nested: [0] });
  });

  it('may come twice for a column where they are the same, or one is empty', () => {
    assert.deepEqual(toRow(entry({ 文书号: '1', CF_WSH: '1' })).cells, ['1', '', '']);
    assert.deepEqual(toRow(entry({ 文书号: '', CF_WSH: '1' })).cells, ['1', '', '']);
    assert.deepEqual(toRow(entry({ 文书号: '1', CF_WSH: '' })).cells, ['1', '', '']);
    assert.throws(() => toRow(entry({ 文书号: '1', CF_WSH: '2' }, { row: 9 })), {
      code: 'file.key-repeated',
      details: { row: 9, key: 'CF_WSH' },
    });
  });

  it('are placed alike whatever the entries before had for keys', () => {
    const place = compileKeyColumns(HEADINGS, MAPPING);
    const entries = [
      entry({ CF_WSH: '1', BZ: 'x' }),
      entry({ BZ: 'x', CF_WSH: '1' }),
      ...Array.from({ length: 3000 }, (_, i) => entry({ [`k${i}`]: '', CF_WSH: '1' })),
      entry({ BZ: 'x', 文书号: '1' }),
    ];
    for (const each of entries) assert.equal(place(each).cells[HEADINGS.indexOf('CF_WSH')], '1');
  });
});
