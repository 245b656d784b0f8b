import assert from 'node:assert/strict';
import { BATCH_STATES, SETTLED_FOR_PULLS, type BatchState } from '../../../../src/core/words.js';
import { decide, type KnownBatch } from '../../../../src/intake/folder/decide.js';

const OWN = 'own';
const OTHER = 'other';
const batch = (id: string, status: BatchState): KnownBatch => ({ id, status });
const UNSETTLED = BATCH_STATES.filter((status) => !SETTLED_FOR_PULLS.includes(status));

describe('what is next for a complete file', () => {
  it('is to be taken in where its bytes are unknown, or their last batch failed with another file', () => {
    assert.deepEqual(decide({ own: null, last: undefined, isFull: false }), { what: 'take' });
    assert.deepEqual(decide({ own: null, last: batch(OTHER, 'failed'), isFull: false }), { what: 'take' });
  });

  it('is to go with the account of its own batch, whatever became of the same bytes since', () => {
    for (const status of SETTLED_FOR_PULLS)
      for (const later of BATCH_STATES)
        assert.deepEqual(decide({ own: batch(OWN, status), last: batch(OTHER, later), isFull: true }), {
          what: 'settle',
          batch: batch(OWN, status),
        });
  });

  it('is to be skipped where the last batch of its bytes has settled', () => {
    for (const status of SETTLED_FOR_PULLS)
      for (const own of [null, batch(OWN, 'failed')])
        assert.deepEqual(decide({ own, last: batch(OTHER, status), isFull: true }), {
          what: 'skip',
          batch: batch(OTHER, status),
        });
  });

  it('is to wait while a batch of its bytes is under way or held', () => {
    for (const status of UNSETTLED.filter((state) => state !== 'failed')) {
      assert.deepEqual(decide({ own: batch(OWN, status), last: undefined, isFull: true }), { what: 'wait' });
      for (const own of [null, batch(OWN, 'failed')])
        assert.deepEqual(decide({ own, last: batch(OTHER, status), isFull: true }), { what: 'wait' });
    }
  });

  it('is to wait where its own batch failed, until a full pull is ordered', () => {
    const own = batch(OWN, 'failed');
    assert.deepEqual(decide({ own, last: own, isFull: false }), { what: 'wait' });
    assert.deepEqual(decide({ own, last: own, isFull: true }), { what: 'take' });
  });
});
