import assert from 'node:assert/strict';
import { readRetryAfter } from '../../../src/core/retry-after.js';

const NOW = new Date('2026-06-30T04:00:00Z');

describe('Retry-After', () => {
  it('is read as seconds or as a date', () => {
    assert.equal(readRetryAfter('120', NOW), 120_000);
    assert.equal(readRetryAfter(' 0 ', NOW), 0);
    assert.equal(readRetryAfter('Tue, 30 Jun 2026 04:00:30 GMT', NOW), 30_000);
    assert.equal(readRetryAfter('Tue, 30 Jun 2020 04:00:30 GMT', NOW), 0);
  });

  it('says nothing where it cannot be read', () => {
    for (const header of [undefined, '', 'soon', '-5', '1.5', '99999999999'])
      assert.equal(readRetryAfter(header, NOW), undefined, String(header));
  });
});
