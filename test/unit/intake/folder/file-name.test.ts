import assert from 'node:assert/strict';
import fc from 'fast-check';
import { declaredFormat, isOffered, keptNames, showName } from '../../../../src/intake/folder/file-name.js';

const DAY = '2026-06-30';
const firstNames = (shown: string, count = 3): string[] => {
  const names = keptNames(shown, DAY);
  return Array.from({ length: count }, () => names.next().value);
};

describe('a name in a folder', () => {
  it('offers a file unless an upload or an editor is at it, in whatever case', () => {
    const offered = ['a.csv', 'noending', '处罚.XLSX', 'a.done.csv', 'part', 'x~$.csv'];
    const others = [
      '.a.csv',
      '..',
      '~$a.xlsx',
      'a.PART',
      'a.filepart',
      'a.tmp',
      'a.CrDownload',
      'a.csv.done',
    ];
    assert.deepEqual(
      [...offered, ...others].filter((name) => isOffered(Buffer.from(name))),
      offered,
    );
  });

  it('is shown as UTF-8, else as GB18030, else byte by byte', () => {
    assert.equal(showName(Buffer.from('处罚.csv')), '处罚.csv');
    assert.equal(showName(Buffer.from([0xb4, 0xa6, 0xb7, 0xa3, 0x2e, 0x63, 0x73, 0x76])), '处罚.csv');
    assert.equal(showName(Buffer.from([0x61, 0xff, 0x2e, 0x63])), 'aÿ.c');
  });

  it('is kept as it is where it may be, and told from earlier ones by the day and a number', () => {
    assert.deepEqual(firstNames('处罚 (6月).csv', 4), [
      '处罚 (6月).csv',
      '处罚 (6月)-2026-06-30.csv',
      '处罚 (6月)-2026-06-30-2.csv',
      '处罚 (6月)-2026-06-30-3.csv',
    ]);
    assert.deepEqual(firstNames('noending', 2), ['noending', 'noending-2026-06-30']);
  });

  it('loses what breaks lines, turns the direction of writing or parts a path', () => {
    const hostile = 'a\nb\r\u0000\u001b[2J\u202ecsv.exe\u2069\\..\\c/d.csv';
    assert.equal(firstNames(hostile)[0], 'a_b___[2J_csv.exe__.._c_d.csv');
  });

  it('stays in its folder and short enough for a report beside it, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }), (text) => {
        const shown = showName(Buffer.from(`x${text}`));
        for (const name of firstNames(shown)) {
          assert.doesNotMatch(name, /[\\/\p{Cc}]/u);
          assert.ok(name.length > 0 && !name.startsWith('.'));
          assert.ok(Buffer.byteLength(`.${name}.correction.xlsx.part`) <= 255);
        }
      }),
    );
  });

  it('declares a form by its ending', () => {
    assert.deepEqual(
      ['a.CSV', 'a.xlsx', 'a.json', 'a.jsonl', 'a.ndjson', 'a.xml', 'a.txt', 'a', 'a.constructor'].map(
        declaredFormat,
      ),
      ['csv', 'xlsx', 'json', 'ndjson', 'ndjson', 'xml', undefined, undefined, undefined],
    );
  });
});
