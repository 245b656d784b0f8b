import assert from 'node:assert/strict';
import { decideDelivery } from '../../../src/notices/delivery-fate.js';
import { readRetryAfter } from '../../../src/core/retry-after.js';

const settings = { waitsMs: [1000, 60_000], maxRetryAfterMs: 120_000 };
const how = { settings, random: () => 0.5 };
const failed = (status: number | null, error: string | null = null, retryAfterMs?: number) => ({
  status,
  error,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

describe('what follows a try', () => {
  it('is delivered for every 2xx and nothing else', () => {
    for (const status of [200, 202, 204, 299])
      assert.deepEqual(decideDelivery(1, failed(status), how), { state: 'delivered' });
    for (const status of [301, 302, 307, 400, 401, 404, 429, 500, 503])
      assert.equal(decideDelivery(1, failed(status), how).state, 'due', String(status));
  });

  it('is another try after the wait of the list, the mailbox when the list is used up', () => {
    assert.deepEqual(decideDelivery(1, failed(500), how), { state: 'due', waitMs: 1000 });
    assert.deepEqual(decideDelivery(2, failed(null, 'ETIMEDOUT'), how), { state: 'due', waitMs: 60_000 });
    assert.deepEqual(decideDelivery(3, failed(500), how), { state: 'mailbox', why: 'tries-used-up' });
  });

  it('moves a wait by a tenth at most', () => {
    assert.deepEqual(decideDelivery(1, failed(500), { settings, random: () => 0 }), {
      state: 'due',
      waitMs: 900,
    });
    assert.deepEqual(decideDelivery(1, failed(500), { settings, random: () => 1 }), {
      state: 'due',
      waitMs: 1100,
    });
  });

  it('honours Retry-After within its bound, and never sooner than the wait', () => {
    assert.deepEqual(decideDelivery(1, failed(429, null, 30_000), how), { state: 'due', waitMs: 30_000 });
    assert.deepEqual(decideDelivery(1, failed(429, null, 10), how), { state: 'due', waitMs: 1000 });
    assert.deepEqual(decideDelivery(1, failed(503, null, 9e9), how), { state: 'due', waitMs: 120_000 });
  });

  it('is the mailbox at once for 410 and for an address that may not be called', () => {
    assert.deepEqual(decideDelivery(1, failed(410), how), { state: 'mailbox', why: 'gone' });
    const guarded = failed(null, 'address.not-allowed');
    assert.deepEqual(decideDelivery(1, guarded, how), { state: 'mailbox', why: 'not-callable' });
  });

  it('reads Retry-After as seconds or as a date', () => {
    const now = new Date('2026-06-30T00:00:00Z');
    assert.equal(readRetryAfter('7', now), 7000);
    assert.equal(readRetryAfter('Tue, 30 Jun 2026 00:01:00 GMT', now), 60_000);
    assert.equal(readRetryAfter('Mon, 29 Jun 2026 00:01:00 GMT', now), 0);
    assert.equal(readRetryAfter('soon', now), undefined);
    assert.equal(readRetryAfter(undefined, now), undefined);
  });
});
