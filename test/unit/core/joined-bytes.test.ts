import assert from 'node:assert/strict';
import { jsonArrayBytes } from '../../../src/core/joined-bytes.js';

describe('texts as the bytes of one JSON array', () => {
  it('are the same as joined and encoded at once, however many they are', () => {
    for (const count of [0, 1, 2, 5000]) {
      const texts = Array.from({ length: count }, (_, n) =>
        JSON.stringify({ n, name: '天津𠮷'.repeat(n % 9) }),
      );
      assert.equal(jsonArrayBytes(texts).toString(), `[${texts.join(',')}]`);
    }
  });
});
