// Numbers of JSON without their exponents.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { plainDigits } from '../../../src/intake/plain-digits.js';

describe('the digits of a number', () => {
  it('stay as they are where there is no exponent', () => {
    for (const number of ['0', '-0', '1.50', '123456789012345678901', '0.10'])
      assert.equal(plainDigits(number), number);
  });

  it('are written out where there is one', () => {
    const cases = {
      '1.5e3': '1500',
      '15E-1': '1.5',
      '1e+5': '100000',
      '-2.50e0': '-2.5',
      '1.25e1': '12.5',
      '12e-3': '0.012',
    };
    for (const [number, plain] of Object.entries(cases)) assert.equal(plainDigits(number), plain);
    assert.equal(plainDigits('9.1120116123456789e17'), '911201161234567890');
  });

  it('stay in their short form where the long one would fill pages', () => {
    for (const number of ['1e31', '1e-31', '1e999999999', '1E-999999999'])
      assert.equal(plainDigits(number), number);
  });

  it('mean the same number', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: 0, max: 12 }),
        (value, digits) => {
          const number = value.toExponential(digits);
          assert.equal(Number(plainDigits(number)), Number(number));
          assert.ok(/e/.test(plainDigits(number)) || /^-?\d+(\.\d+)?$/.test(plainDigits(number)));
        },
      ),
    );
  });
});
