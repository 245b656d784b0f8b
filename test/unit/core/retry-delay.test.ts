import assert from 'node:assert/strict';
import { retryDelayMs } from '../../../src/core/retry-delay.js';

const policy = { firstDelayMs: 500, maxDelayMs: 30_000, maxRetryAfterMs: 60_000 };
const delay = (attempt: number, random = 1, retryAfterMs?: number) =>
  retryDelayMs({
    attempt,
    policy,
    random: () => random,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });

describe('the wait before another try', () => {
  it('doubles from the first to the longest delay', () => {
    assert.deepEqual(
      [1, 2, 3, 6, 7, 1000].map((attempt) => delay(attempt)),
      [500, 1000, 2000, 16_000, 30_000, 30_000],
    );
  });

  it('is at least half of that, whatever the dice say', () => {
    assert.equal(delay(1, 0), 250);
    assert.equal(delay(9, 0), 15_000);
  });

  it('is as long as Retry-After asks, within its bound, and never shorter than without it', () => {
    assert.equal(delay(1, 1, 20_000), 20_000);
    assert.equal(delay(1, 1, 1e9), 60_000);
    assert.equal(delay(7, 1, 10), 30_000);
  });
});
