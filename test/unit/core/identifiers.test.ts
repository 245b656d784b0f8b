// Identifiers against the examples of their standards and public codes of organisations.
import assert from 'node:assert/strict';
import { checkCitizenId } from '../../../src/core/citizen-id.js';
import { fitsIdentityDocument } from '../../../src/core/identity-document.js';
import { maskPersonalNumbersIn } from '../../../src/core/mask.js';
import { isOrganisationCode } from '../../../src/core/organisation-code.js';
import { isRegistrationNumber } from '../../../src/core/registration-number.js';
import {
  hasValidOrganisationPart,
  isUnifiedSocialCreditCode,
  PLACEHOLDER_CODE,
} from '../../../src/core/unified-social-credit-code.js';

const words = (text: string): string[] => text.trim().split(/\s+/);

const PUBLIC_CODES = words(`
  91350100M000100Y43 9144030071526726XG 91440300708461136T 914403001922038216 91330100799655058B
  91110108551385082Q 91110000802100433B 91440300192317458F 9144030010001686XA 91100000100003962T
  911100001000044477 91310000132260250X 91440400192548256N 91440606722473344C 9152000071430580XT
  91350900587527783P 91440300192181490G 91330000733796106P 91110000710925462X 91110000100010433L
  91440300192241158P 91330106673959654P 9144030027939873X7 91110000710926094P 91320105780688132K
  91230500MA1B3N1N2M 11230500001755309F 91410200769463127C 91211121059812484C 91350203MA344PKP8K
  91430104MA4M36MH6R 91120116MA05AAA15W 92120116MA05BBB28Q 12120116MB0CCC122Q 52120116MJ0DDD34XM
  93120116MA0EEE565J 91120116MA0AB0014D 91120116MA0AB00228 91120116MA0AB00303`);
const WRONG_CODES = words(`
  91440300192203821Y 91110108592343242X 91330108653130541C 91110108575152342J 91110000710920838N
  91110000710925032P 91150000114093082R 91520000714304481T 91110108717809965C 9133000073600620X`);

describe('the unified social credit code', () => {
  it('accepts public codes, whose middle is an organisation code of its own', () => {
    for (const code of PUBLIC_CODES) {
      assert.ok(isUnifiedSocialCreditCode(code), code);
      assert.ok(hasValidOrganisationPart(code), code);
    }
  });

  it('rejects codes with a wrong check character, and every code with one character changed', () => {
    for (const code of WRONG_CODES) assert.ok(!isUnifiedSocialCreditCode(code), code);
    const [code = ''] = PUBLIC_CODES;
    for (let i = 0; i < code.length; i += 1) {
      const other = code[i] === '7' ? '8' : '7';
      assert.ok(!isUnifiedSocialCreditCode(code.slice(0, i) + other + code.slice(i + 1)), String(i));
    }
  });

  it('takes neither the placeholder nor all zeros for a code, nor letters outside its alphabet', () => {
    for (const code of [PLACEHOLDER_CODE, '0'.repeat(18), '9135010OM000100Y43', '91350100m000100y43', ''])
      assert.ok(!isUnifiedSocialCreditCode(code), code);
  });

  it('knows codes whose middle is no organisation code', () => {
    for (const code of ['91310000MA1K000006', '91310000631295002H']) {
      assert.ok(isUnifiedSocialCreditCode(code), code);
      assert.ok(!hasValidOrganisationPart(code), code);
    }
  });
});

describe('masking', () => {
  it('leaves the placeholder code and unified social credit codes of digits alone', () => {
    for (const code of [PLACEHOLDER_CODE, '914403001922038216'])
      assert.equal(maskPersonalNumbersIn(`代码 ${code}。`, '2026-06-30'), `代码 ${code}。`);
    assert.equal(maskPersonalNumbersIn('120116190001010010', '2026-06-30'), '120*************10');
  });
});

describe('the organisation code', () => {
  it('accepts the examples of the standard and rejects a wrong check character', () => {
    for (const code of ['M000100Y4', 'D2143569X']) assert.ok(isOrganisationCode(code), code);
    for (const code of ['M000100Y5', 'D21435690', 'D2143569-X', 'd2143569X'])
      assert.ok(!isOrganisationCode(code), code);
  });
});

describe('the registration number', () => {
  it('accepts valid numbers and rejects every other last digit', () => {
    for (const number of ['440301102900139', '120116000000014', '120000000000010']) {
      assert.ok(isRegistrationNumber(number), number);
      for (let digit = 0; digit < 10; digit += 1)
        if (String(digit) !== number[14])
          assert.ok(!isRegistrationNumber(`${number.slice(0, 14)}${digit}`), number);
    }
    assert.ok(!isRegistrationNumber('44030110290013'));
  });
});

describe('the citizen ID', () => {
  const check = (id: string): string => checkCitizenId(id, '2026-06-30');

  it('accepts the examples of the standard', () => {
    for (const id of ['11010519491231002X', '440524188001010014', '120116190001010010', '120116200002290014'])
      assert.equal(check(id), 'valid', id);
  });

  it('tells a birth date that does not exist from a wrong check character', () => {
    assert.equal(check('120116190002290018'), 'birth-date');
    assert.equal(check('120116190001010011'), 'check');
    assert.equal(checkCitizenId('120116200002290014', '2000-02-28'), 'birth-date');
    for (const id of ['120116000101001', '12011619000101001x', '020116190001010010', ''])
      assert.equal(check(id), 'format', id);
  });
});

describe('other identity documents', () => {
  it('are known by their form', () => {
    const fits: [string, string, boolean][] = [
      ['护照号', 'E12345678', true],
      ['护照号', 'E1-5', false],
      ['港澳居民来往内地通行证', 'H12345678', true],
      ['港澳居民来往内地通行证', 'M1234567801', true],
      ['港澳居民来往内地通行证', 'E12345678', false],
      ['台湾居民来往大陆通行证', '12345678', true],
      ['外国人永久居留身份证', 'ABC123456789012', true],
      ['外国人永久居留身份证', '911234567890123456', true],
      ['外国人永久居留身份证', '811234567890123456', false],
    ];
    for (const [kind, number, expected] of fits)
      assert.equal(fitsIdentityDocument(kind, number), expected, number);
  });
});
