// ID numbers in running text, however they are written there, and what only looks like one.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkCitizenId } from '../../../src/core/citizen-id.js';
import { holdsPersonalNumber, maskPersonalNumbersIn, mayHoldPersonalNumber } from '../../../src/core/mask.js';
import { isUnifiedSocialCreditCode } from '../../../src/core/unified-social-credit-code.js';

const TODAY = '2026-06-30';
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CODE_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2];

/** Its groups from the 31 on would be an ID number. */
const DAYS_OF_AN_ID = ['1969-12-31', '1919-12-08', '1941-08-31'];

const mask = (text: string): string => maskPersonalNumbersIn(text, TODAY);
const sum = (digits: string, weights: readonly number[]): number =>
  weights.reduce((total, weight, i) => total + weight * Number(digits[i]), 0);
const digits = (least: number, most: number): fc.Arbitrary<string> =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: least, maxLength: most })
    .map((several) => several.join(''));
/** Whoever is younger than 14 is found where a number stands alone, not within longer digits. */
const days = fc
  .date({ min: new Date('1900-01-01'), max: new Date('2012-06-29'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const ids = fc
  .tuple(fc.constantFrom('120116', '110105', '440524', '650102'), days, digits(3, 3))
  .map(([region, day, order]) => region + day.replaceAll('-', '') + order)
  .map((body) => body + '10X98765432'[sum(body, WEIGHTS) % 11]!);
const wide = (text: string): string =>
  text.replace(/[0-9X]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0));
/** The characters of a masked text that are left of a number, as one would read them. */
const read = (text: string): string => text.normalize('NFKC').replace(/[^0-9X*]/gi, '');
/** Codes of enterprises of digits alone: 91, a region, an organisation code and its check, the check of the whole. */
const codes = fc
  .tuple(digits(6, 6), digits(8, 8))
  .map(([region, organisation]) => {
    const body = `91${region}${organisation}${(11 - (sum(organisation, ORGANISATION_WEIGHTS) % 11)) % 11}`;
    return `${body}${(31 - (sum(body, CODE_WEIGHTS) % 31)) % 31}`;
  })
  .filter((code) => code.length === 18);

describe('an ID number in running text', () => {
  it('is found within any digits that are glued to it, in half and in full width', () => {
    const glued = fc.tuple(ids, digits(0, 14), digits(0, 14), fc.boolean());
    fc.assert(
      fc.property(glued, ([id, before, after, isWide]) => {
        const text = `${before}${isWide ? wide(id) : id}${after}`;
        const masked = mask(`电话${text}。`);
        assert.equal(masked.length, text.length + 3);
        assert.ok(!read(masked).includes(id), masked);
        assert.ok(mayHoldPersonalNumber(text) && holdsPersonalNumber(text, TODAY));
      }),
      { numRuns: 500 },
    );
  });

  it('is not seen in a code of region, day and serial number, though one in eleven has its check character', () => {
    const code = '12011620260505000005';
    assert.equal(checkCitizenId(code.slice(0, 18), TODAY), 'valid');
    assert.equal(mask(code), code);
    assert.equal(mask(code.slice(0, 18)), '120*************00', 'alone it is one');
  });

  it('is found with spaces and hyphens between its digits', () => {
    const between = fc.array(fc.constantFrom('', '', ' ', '-', '\u3000', '\u00a0', '－', '—', ' - '), {
      minLength: 17,
      maxLength: 17,
    });
    fc.assert(
      fc.property(fc.tuple(ids, between, fc.boolean()), ([id, gaps, isWide]) => {
        const spaced = Array.from(id, (digit, i) => digit + (gaps[i] ?? '')).join('');
        const masked = mask(`（${isWide ? wide(spaced) : spaced}）`);
        assert.equal(read(masked), `${id.slice(0, 3)}${'*'.repeat(13)}${id.slice(-2)}`);
      }),
      { numRuns: 500 },
    );
    assert.equal(mask('2025110101 19900307 7774'), '2025110*** ******** **74');
    assert.equal(mask('110101 19900307 7774 13800138000'), '110*** ******** **74 13800138000');
  });

  it('is found at its end by an X, whatever follows', () => {
    assert.equal(mask('11010519491231002X2025'), '110*************2X2025');
    assert.equal(mask('１１０１０５１９４９１２３１００２ｘ号'), '１１０*************２ｘ号');
  });

  it('is found twice where two stand side by side', () => {
    assert.equal(mask('120116190001010010120116190001010010'), '120*************10120*************10');
  });

  it('is masked once and for all', () => {
    const pieces = fc.array(
      fc.oneof(ids, digits(1, 20), codes, fc.constantFrom(' ', '-', '年', 'X', '*', '#', 'No')),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        const masked = mask(parts.join(''));
        assert.equal(mask(masked), masked);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('what is no ID number', () => {
  it('stays: unified social credit codes of enterprises, alone or between others', () => {
    fc.assert(
      fc.property(fc.array(codes, { minLength: 1, maxLength: 4 }), (several) => {
        for (const code of several) assert.ok(isUnifiedSocialCreditCode(code));
        const text = several.join('、');
        assert.equal(mask(text), text);
      }),
      { numRuns: 500 },
    );
    const spaced = '统一社会信用代码 914403001922038216 电话 022-66305500 2026-01-15 2026-02-15';
    assert.equal(mask(spaced), spaced);
  });

  it('stays: a code of an enterprise that would pass as an ID number as well', () => {
    const both = fc.sample(
      fc
        .tuple(digits(3, 3), digits(5, 5))
        .map(([region, rest]) => enterpriseBornIn(region, rest))
        .filter((code) => code !== undefined && checkCitizenId(code, TODAY) === 'valid'),
      { numRuns: 3, seed: 1 },
    );
    for (const code of both) assert.equal(mask(`代码${String(code)}`), `代码${String(code)}`);
  });

  it('stays: dates in a row', () => {
    const rows = fc.tuple(fc.array(days, { minLength: 3, maxLength: 12 }), fc.boolean());
    fc.assert(
      fc.property(rows, ([several, isCompact]) => {
        const text = several.map((day) => (isCompact ? day.replaceAll('-', '') : day)).join(' ');
        assert.equal(mask(text), text);
      }),
      { numRuns: 1000, examples: [[[DAYS_OF_AN_ID, false]]] },
    );
  });

  it('stays: numbers of 18 digits and more without a date and a check character', () => {
    for (const text of ['6222021234567890123', 'No123456789012345679', '1201161900022900180', '津A12345'])
      assert.equal(mask(text), text);
  });
});

describe('an ID number of 15 digits', () => {
  it('is masked where it stands alone, with a region and a day', () => {
    assert.equal(mask('身份证120116670401005。'), '身份证120**********05。');
    assert.equal(mask('１２０１１６６７０４０１００５'), '１２０**********０５');
  });

  it('is none where the digits are a code of an organisation, a case number of today, or no day', () => {
    for (const text of ['120116670401002', '120116250401005', '120116671301005', '990116670401005'])
      assert.equal(mask(text), text);
    for (const text of ['A120116670401005', '120116670401005B', '1201166704010051'])
      assert.equal(mask(text), text);
  });
});

/** A code of an enterprise in a region that ends in 19, whose digits give a day. */
function enterpriseBornIn(region: string, rest: string): string | undefined {
  const organisation = `700${rest}`;
  const check = (11 - (sum(organisation, ORGANISATION_WEIGHTS) % 11)) % 11;
  const body = `91${region}119${organisation}${check}`.slice(0, 17);
  const code = `${body}${(31 - (sum(body, CODE_WEIGHTS) % 31)) % 31}`;
  return code.length === 18 && isUnifiedSocialCreditCode(code) ? code : undefined;
}
