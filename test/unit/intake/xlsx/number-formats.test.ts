// Which formats show a number as a date, and which day a number is.
import assert from 'node:assert/strict';
import { booleanCell, decodeEscapes, isoCell, plainNumber } from '../../../../src/intake/xlsx/cell-text.js';
import { kindOfCode, readNumberKinds, type NumberKind } from '../../../../src/intake/xlsx/number-formats.js';
import { serialDate, serialTime } from '../../../../src/intake/xlsx/serial-date.js';

const CODES: Readonly<Record<NumberKind, readonly string[]>> = {
  number: [
    'General',
    '0',
    '0.00',
    '#,##0.00',
    '0%',
    '@',
    '0.00E+00',
    '##0.0E-0',
    '# ?/?',
    '0"元"',
    '0.00"days"',
    '"day "0',
    '[Red]0.00;[Blue]-0.00',
    '[$¥-804]#,##0.00',
    '_-* #,##0.00_-;-* #,##0.00_-;_-* "-"??_-;_-@_-',
    '\\d0',
    '0\\m\\2',
    '_d0',
    '*y0',
    '[DBNum2][$-804]General',
    '[>100]0.0;General',
    '"yyyy-mm-dd"',
    '',
  ],
  date: [
    'yyyy-mm-dd',
    'yyyy/m/d',
    'm/d/yy h:mm',
    'yyyy"年"m"月"d"日"',
    '[$-804]yyyy"年"m"月"d"日";@',
    '[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy',
    'mmm-yy',
    'd',
    'm',
    'mmmm',
    '[$-804]aaaa;@',
    '[Red]yyyy-mm-dd',
    '[=0]"-";yyyy-mm-dd',
    '[DBNum1][$-804]yyyy"年"m"月"d"日"',
    'YYYY-MM-DD HH:MM:SS',
    'e-m-d',
    '[$-411]ggge"年"m"月"d"日"',
    'yyyy\\-mm\\-dd',
    '"日期："yyyy-mm-dd',
  ],
  time: [
    'h:mm',
    'h:mm:ss AM/PM',
    'mm:ss',
    'mm:ss.0',
    'hh"时"mm"分"',
    '上午/下午h"时"mm"分"',
    '[$-409]h:mm AM/PM;@',
  ],
  elapsed: ['[h]:mm', '[hh]:mm:ss', '[mm]:ss', '[ss]', '[H]:MM'],
};

describe('a number format', () => {
  for (const [kind, codes] of Object.entries(CODES))
    it(`shows a ${kind}: ${codes.length} codes`, () => {
      for (const code of codes) assert.equal(kindOfCode(code), kind, code);
    });

  it('is known by its built-in id, those of East Asia too, unless the workbook says otherwise', async () => {
    const ids = [
      0, 1, 9, 13, 14, 17, 18, 21, 22, 23, 26, 27, 31, 32, 36, 37, 44, 45, 46, 47, 48, 49, 50, 54, 57, 58, 59,
      164, 165,
    ];
    const xfs = ids.map((id) => `<xf numFmtId="${id}"/>`).join('');
    const formats =
      '<numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;"/><numFmt numFmtId="27" formatCode="0.00"/></numFmts>';
    const xml = `<styleSheet xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main">${formats}<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>${xfs}</cellXfs></styleSheet>`;
    const kinds = await readNumberKinds(pieces(xml), 'xl/styles.xml');
    const named = new Map(ids.map((id, i) => [id, kinds[i]]));
    const of = (kind: NumberKind): number[] => ids.filter((id) => named.get(id) === kind);
    assert.deepEqual(of('date'), [14, 17, 22, 31, 36, 50, 54, 57, 58, 164]);
    assert.deepEqual(of('time'), [18, 21, 32, 45, 47]);
    assert.deepEqual(of('elapsed'), [46]);
    assert.equal(kinds.length, ids.length);
  });
});

async function* pieces(text: string): AsyncGenerator<Buffer> {
  yield await Promise.resolve(Buffer.from(text));
}

describe('the day of a number', () => {
  it('counts from 1900 with the leap day that never was', () => {
    const days = [1, 31, 32, 59, 60, 61, 366, 367, 36526, 45658, 2958465].map((serial) =>
      serialDate(serial, 1900),
    );
    assert.deepEqual(days, [
      '1900-01-01',
      '1900-01-31',
      '1900-02-01',
      '1900-02-28',
      '1900-02-29',
      '1900-03-01',
      '1900-12-31',
      '1901-01-01',
      '2000-01-01',
      '2025-01-01',
      '9999-12-31',
    ]);
  });

  it('counts from 1904 without it', () => {
    const days = [0, 1, 59, 60, 35064, 44196, 2957003].map((serial) => serialDate(serial, 1904));
    assert.deepEqual(days, [
      '1904-01-01',
      '1904-01-02',
      '1904-02-29',
      '1904-03-01',
      '2000-01-01',
      '2025-01-01',
      '9999-12-31',
    ]);
  });

  it('has a time to the second, rounded', () => {
    assert.equal(serialDate(45658.5, 1900), '2025-01-01 12:00:00');
    assert.equal(serialDate(45658 + 1 / 86_400, 1900), '2025-01-01 00:00:01');
    assert.equal(serialDate(45658.9999999, 1900), '2025-01-02');
    assert.equal(serialDate(45658 + 0.4 / 86_400, 1900), '2025-01-01');
    assert.equal(serialTime(1.25), '30:00:00');
  });

  it('is none where Excel has none', () => {
    for (const serial of [-1, -0.5, 0, 0.5, 2_958_466, Infinity, NaN])
      assert.equal(serialDate(serial, 1900), undefined);
    assert.equal(serialDate(2_957_004, 1904), undefined);
    assert.equal(serialTime(-1), undefined);
  });
});

describe('cell text', () => {
  it('is the number without an exponent, whatever its size', () => {
    assert.equal(plainNumber('1.7976931348623157E+308').length, 309);
    assert.equal(plainNumber('1E999'), '1E999');
    assert.equal(plainNumber('1.5E-5'), '0.000015');
    assert.equal(plainNumber('123456.789'), '123456.789');
    assert.equal(plainNumber('+5'), '5');
    assert.equal(plainNumber('007'), '7');
    assert.equal(plainNumber('100'), '100');
  });

  it('is what it was where there is nothing to decode', () => {
    assert.equal(decodeEscapes('_x_ _x12_ _xZZZZ_'), '_x_ _x12_ _xZZZZ_');
    assert.equal(isoCell('yesterday'), 'yesterday');
    assert.equal(isoCell('2025-01-02T03:04Z'), '2025-01-02 03:04:00');
    assert.equal(booleanCell('2'), '2');
  });
});
