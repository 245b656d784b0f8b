import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { createFeedWaiter, type FeedWaiter } from '../../../src/feed/feed-waiter.js';

interface Timer {
  readonly afterMs: number;
  readonly work: () => void;
}

describe('waiting for the change log to grow', () => {
  let last: number;
  let questions: number;
  let timers: Set<Timer>;
  let errors: unknown[];
  let waiter: FeedWaiter;
  let answer: () => Promise<number>;

  beforeEach(() => {
    last = 0;
    questions = 0;
    timers = new Set();
    errors = [];
    answer = async () => last;
    waiter = createFeedWaiter({
      readLastPosition: () => {
        questions += 1;
        return answer();
      },
      later: (afterMs, work) => {
        const timer = { afterMs, work };
        timers.add(timer);
        return () => timers.delete(timer);
      },
      onError: (error) => errors.push(error),
    });
  });

  const wait = (after: number, signal = new AbortController().signal): Promise<number | undefined> =>
    waiter.wait({ after, timeoutMs: 5000, signal });
  const fire = async (afterMs: number): Promise<void> => {
    for (const timer of [...timers].filter((each) => each.afterMs === afterMs)) {
      timers.delete(timer);
      timer.work();
    }
    await turn();
  };

  it('asks one question for all who wait, and none while nobody waits', async () => {
    waiter.notify();
    assert.equal(questions, 0);
    const readers = [wait(0), wait(0), wait(4)];
    assert.equal([...timers].filter(({ afterMs }) => afterMs === 100).length, 1);
    last = 3;
    await fire(100);
    assert.equal(questions, 1);
    assert.deepEqual(await Promise.all(readers.slice(0, 2)), [3, 3]);
    await fire(5000);
    assert.equal(await readers[2], undefined);
    assert.equal(timers.size, 0);
  });

  it('looks at once when told of a commit', async () => {
    const reader = wait(0);
    last = 1;
    waiter.notify();
    assert.equal(await reader, 1);
    assert.equal(timers.size, 0);
  });

  it('looks again when told of a commit while it is looking', async () => {
    const reader = wait(0);
    let give: (position: number) => void = () => undefined;
    answer = () => new Promise((resolve) => (give = resolve));
    waiter.notify();
    waiter.notify();
    assert.equal(questions, 1);
    answer = async () => 2;
    give(0);
    assert.equal(await reader, 2);
    assert.equal(questions, 2);
  });

  it('goes on asking after the database gave no answer', async () => {
    const reader = wait(0);
    const failure = new Error('away');
    answer = () => Promise.reject(failure);
    await fire(100);
    assert.deepEqual(errors, [failure]);
    answer = async () => 1;
    await fire(100);
    assert.equal(await reader, 1);
  });

  it('sends a reader home that has gone, and all when it stops', async () => {
    const gone = new AbortController();
    const readers = [wait(0, gone.signal), wait(0)];
    gone.abort();
    assert.equal(await readers[0], undefined);
    assert.equal(await wait(0, gone.signal), undefined);
    waiter.stop();
    assert.equal(await readers[1], undefined);
    assert.equal(timers.size, 0);
  });
});
