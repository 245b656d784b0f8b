// Dates, amounts, names, codes and masks: what comes in as it is written goes out in one form, once and for all.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { headingKey } from '../../../src/core/heading-key.js';
import { maskPersonalNumber, maskPersonalNumbersIn } from '../../../src/core/mask.js';
import {
  foldName,
  normaliseCode,
  normaliseDocumentNumber,
  normaliseName,
  normaliseText,
} from '../../../src/core/normalise-text.js';
import { formatAmount, parseAmount } from '../../../src/core/parse-amount.js';
import { isAmbiguousDate, parseDate } from '../../../src/core/parse-date.js';
import { shownValue } from '../../../src/core/shown-value.js';

const PLAIN = { excelSerials: false, longTerm: false };
const CHARACTERS = Array.from("aZ09 　\t\r\n（）()[]【】〔〕，。；：-_'Ａ９｢ﾊﾟ㎡é\u0301中文𠮷\u200b\ufeff");
const texts = fc.array(fc.constantFrom(...CHARACTERS), { maxLength: 20 }).map((parts) => parts.join(''));

describe('normalising', () => {
  const normalisers = {
    normaliseText,
    normaliseName,
    foldName,
    normaliseDocumentNumber,
    normaliseCode,
    headingKey,
  };
  for (const [name, normalise] of Object.entries(normalisers))
    it(`twice equals once: ${name}`, () => {
      fc.assert(
        fc.property(texts, (text) => normalise(normalise(text)) === normalise(text)),
        { numRuns: 2000 },
      );
    });

  it('folds names with marks that stand apart once and for all', () => {
    const once = normaliseName('a\n\u0301\r\uff9f');
    assert.equal(normaliseName(once), once);
  });

  it('folds names by width, brackets and white space', () => {
    assert.equal(normaliseName('　天津(滨海) 示例 ＡＢＣ  Ltd '), '天津（滨海）示例ABC Ltd');
    assert.equal(foldName('Abc ltd'), foldName('ＡＢＣ LTD'));
  });

  it('writes every kind of bracket around a year in one way', () => {
    for (const text of [
      '津罚[2026]1号',
      '津罚（2026） 1号',
      '津罚【2026】1号',
      '津罚〔２０２６〕1号',
      '津罚﹝2026﹞1号',
    ])
      assert.equal(normaliseDocumentNumber(text), '津罚〔2026〕1号', text);
  });

  it('keeps the punctuation of running text', () => {
    assert.equal(normaliseText('\ufeff 一，（二）\r\n三。\u00a0'), '一，（二）\n三。');
  });

  it('knows a heading whatever its width, spaces, brackets and marks', () => {
    for (const text of ['*罚款金额（万元）', '罚款 金额【万元】：', '罚款金额〔万元〕', '罚款金额(万元)'])
      assert.equal(headingKey(text), headingKey('罚款金额（万元）'), text);
  });
});

describe('dates', () => {
  it('are read as they are written, with the year first', () => {
    for (const text of [
      '2020/1/2',
      '2020-01-02',
      '2020.1.2',
      '2020年1月2日',
      '20200102',
      '２０２０／１／２',
      '2020/1/2 0:00',
      '2020-01-02T00:00:00',
    ])
      assert.equal(parseDate(text, PLAIN), '2020-01-02', text);
  });

  it('are never guessed', () => {
    for (const text of [
      '01/02/2020',
      '1-2-20',
      '20/1/2',
      '2020/13/1',
      '2020/2/30',
      '2019-02-29',
      '1899/1/1',
      '2100/1/1',
      '2020/1-2',
      '2020/1/2 25:00',
      '43831',
      '',
    ])
      assert.equal(parseDate(text, PLAIN), null, text);
    assert.ok(isAmbiguousDate('01/02/2020'));
    assert.ok(!isAmbiguousDate('2020/01/02'));
  });

  it('are Excel serials or 长期 only where the mapping or the field says so', () => {
    assert.equal(parseDate('43831', { ...PLAIN, excelSerials: true }), '2020-01-01');
    assert.equal(parseDate('59', { ...PLAIN, excelSerials: true }), '1900-02-28');
    assert.equal(parseDate('60', { ...PLAIN, excelSerials: true }), null);
    assert.equal(parseDate('61', { ...PLAIN, excelSerials: true }), '1900-03-01');
    assert.equal(parseDate('长期', { ...PLAIN, longTerm: true }), '2099-12-31');
    assert.equal(parseDate('长期', PLAIN), null);
  });
});

describe('amounts', () => {
  it('go from 万元 to yuan by moving the point in the text', () => {
    const cases: [string, string][] = [
      ['5', '50000'],
      ['0.5', '5000'],
      ['0.000001', '0.01'],
      ['1,234.5', '12345000'],
      ['007', '70000'],
      ['0', '0'],
      ['999999999999.999999', '9999999999999999.99'],
    ];
    for (const [text, yuan] of cases) assert.equal(parseAmount(text, 'ten-thousand-yuan'), yuan, text);
    assert.equal(parseAmount('50,000.50', 'yuan'), '50000.5');
  });

  it('are refused where they are no plain number, too long or too fine', () => {
    for (const text of ['五万', '5万', '-1', '+1', '1e5', '1,23', '1.0000001', '1234567890123', '.5', ''])
      assert.equal(parseAmount(text, 'ten-thousand-yuan'), null, text);
    assert.equal(parseAmount('1.234', 'yuan'), null);
  });

  it('come back as they went', () => {
    const amounts = fc.tuple(
      fc.bigInt({ min: 0n, max: 999_999_999_999n }),
      fc.integer({ min: 0, max: 999_999 }),
    );
    fc.assert(
      fc.property(amounts, ([whole, millionths]) => {
        const decimals = String(millionths).padStart(6, '0').replace(/0+$/, '');
        const written = decimals === '' ? String(whole) : `${whole}.${decimals}`;
        const yuan = parseAmount(written, 'ten-thousand-yuan');
        assert.ok(yuan);
        assert.equal(formatAmount(yuan, 'ten-thousand-yuan'), written);
        assert.equal(parseAmount(yuan, 'yuan'), yuan);
      }),
    );
  });
});

describe('masks', () => {
  it('show the ends of a number at most', () => {
    assert.equal(maskPersonalNumber('11010519491231002X'), '110*************2X');
    assert.equal(maskPersonalNumber('E12345678'), 'E******78');
    assert.equal(maskPersonalNumber('1234'), '****');
  });

  it('find ID numbers in texts, and leave unified social credit codes', () => {
    const today = '2026-06-30';
    assert.equal(
      maskPersonalNumbersIn('身份证号11010519491231002x，电话', today),
      '身份证号110*************2x，电话',
    );
    assert.equal(maskPersonalNumbersIn('代码911100001000044477号', today), '代码911100001000044477号');
    assert.equal(maskPersonalNumbersIn('无号码', today), '无号码');
    assert.equal(maskPersonalNumbersIn('00000000000000000X', today), '00000000000000000X');
  });

  it('show of a value 40 whole characters, and nothing that cannot be stored', () => {
    const shown = shownValue('𠮷'.repeat(50), '2026-06-30');
    assert.equal([...shown].length, 41);
    assert.equal(shownValue('a\u0000b\ud800', '2026-06-30'), 'a·b·');
  });
});
