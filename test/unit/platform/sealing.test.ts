import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { isGatewayError } from '../../../src/core/errors.js';
import { createSealer } from '../../../src/platform/sealing.js';

const newKey = (id = '0a0b0c0d') => ({ id, encryption: randomBytes(32), index: randomBytes(32) });

describe('sealing', () => {
  const sealer = createSealer(newKey());

  it('gives back what was sealed, text or bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        assert.equal(sealer.open(sealer.seal(text)).toString(), text);
      }),
    );
    const bytes = randomBytes(100_000);
    assert.deepEqual(sealer.open(sealer.seal(bytes)), bytes);
  });

  it('writes version, key id, iv, ciphertext and tag', () => {
    const sealed = sealer.seal('abc');
    assert.equal(sealed.length, 1 + 4 + 12 + 3 + 16);
    assert.equal(sealed.subarray(0, 5).toString('hex'), '010a0b0c0d');
    assert.equal(sealed.includes('abc'), false);
  });

  it('never uses an iv twice', () => {
    const ivs = new Set<string>();
    for (let time = 0; time < 5_000; time += 1) ivs.add(sealer.seal('').subarray(5, 17).toString('hex'));
    assert.equal(ivs.size, 5_000);
  });

  it('refuses bytes that were changed anywhere', () => {
    const sealed = sealer.seal('abc');
    for (let place = 0; place < sealed.length; place += 1) {
      const changed = Buffer.from(sealed);
      changed[place]! ^= 1;
      assert.throws(
        () => sealer.open(changed),
        (error) => isGatewayError(error),
        String(place),
      );
    }
    assert.throws(
      () => sealer.open(sealed.subarray(0, 20)),
      (error) => isGatewayError(error),
    );
  });

  it('names both keys when the value was sealed with another one', () => {
    const other = createSealer(newKey('11111111'));
    assert.throws(() => other.open(sealer.seal('abc')), /0a0b0c0d.*11111111/);
  });

  it('indexes equal values equally, under one key only', () => {
    const value = '11010119900307123X';
    assert.match(sealer.index(value), /^[0-9a-f]{32}$/);
    assert.equal(sealer.index(value), sealer.index(value));
    assert.notEqual(sealer.index(value), sealer.index('110101199003071230'));
    assert.notEqual(sealer.index(value), createSealer(newKey()).index(value));
  });
});
