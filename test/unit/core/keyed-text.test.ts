import assert from 'node:assert/strict';
import { GatewayError } from '../../../src/core/errors.js';
import { keyedText, maskPersonalNumbersIn } from '../../../src/core/mask.js';
import { subjectByCode } from '../../../src/core/subject.js';

const TODAY = '2026-06-30';
const ID_NUMBER = '11010519491231002X';
const index = (value: string): string => `index-of-${value.length}`;

describe('an ID number in a text', () => {
  it('is masked between letters too; what only looks like one is masked where it stands alone', () => {
    const masked = '110*************2X';
    assert.equal(maskPersonalNumbersIn(`ID${ID_NUMBER}x`, TODAY), `ID${masked}x`);
    assert.equal(maskPersonalNumbersIn('No123456789012345679', TODAY), 'No123456789012345679');
    assert.equal(maskPersonalNumbersIn('123456789012345679', TODAY), '123*************79');
    assert.equal(maskPersonalNumbersIn(`1${ID_NUMBER}`, TODAY), `1${masked}`);
  });

  it('is replaced by the keyed index of the text where things are found by it', () => {
    assert.equal(keyedText('津罚〔2025〕1号', { today: TODAY, index }), '津罚〔2025〕1号');
    const keyed = keyedText(`罚${ID_NUMBER}`, { today: TODAY, index });
    assert.equal(keyed, '罚110*************2X#index-of-19');
  });

  it('names no subject as a tax number, while a credit code of digits alone does', () => {
    assert.equal(subjectByCode({ taxNumber: ID_NUMBER }, index), 'SW:ID:index-of-18');
    assert.equal(subjectByCode({ taxNumber: '911000001000013428' }, index), 'SW:911000001000013428');
  });

  it('is masked in errors, in their details and in both languages', () => {
    const error = new GatewayError('file.malformed', `Key ${ID_NUMBER}`, {
      details: { columns: [ID_NUMBER], row: 3, at: null },
      detailZh: `列${ID_NUMBER}`,
    });
    assert.ok(!JSON.stringify([error.message, error.details, error.detailZh]).includes(ID_NUMBER));
    assert.deepEqual(error.details, { columns: ['110*************2X'], row: 3, at: null });
  });
});
