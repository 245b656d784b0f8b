import assert from 'node:assert/strict';
import { shanghaiDay } from '../../../src/core/clock.js';
import type { Destination } from '../../../src/core/configuration.js';
import { readDeliveries } from '../../../src/db/deliveries.js';
import { dueDestinations, nextDueAt } from '../../../src/db/destinations.js';
import { claimMessages } from '../../../src/db/claims.js';
import { planMessages } from '../../../src/forwarding/plan.js';
import { postMessage } from '../../../src/forwarding/post.js';
import { settle, type Settled } from '../../../src/forwarding/settle.js';
import type { CityMode } from '../../../src/sandbox/city-behaviour.js';
import { firstVersions, recordId, writeChunk } from '../../helpers/changes.js';
import { DESTINATION, WORDING, openForwardingBench, type ForwardingBench } from '../../helpers/forwarding.js';
import { until } from '../../helpers/until.js';

describe('forwarding when something fails', () => {
  let bench: ForwardingBench;

  beforeEach(async () => {
    bench = await openForwardingBench();
  });
  afterEach(() => bench.close());

  const advance = (ms: number): void => void (bench.now = new Date(bench.now.getTime() + ms));
  const attempts = () =>
    bench.query<{ attempt: number; http_status: number | null; error: string | null }>(
      'select attempt, http_status, error from message_attempts order by message_id, attempt',
    );
  const messageStates = async (): Promise<Record<string, number>> =>
    Object.fromEntries(
      (
        await bench.query<{ state: string; n: number }>(
          'select state, count(*) as n from messages group by 1',
        )
      ).map(({ state, n }) => [state, n]),
    );

  it('sends a message again under its id when the answer was lost, and the city has it once', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(3) });
    bench.city.behave({ mode: 'lose-answer', times: 1 });
    const worker = bench.forwarder();
    await worker.work();
    assert.equal(bench.city.summary().versions, 3);
    assert.deepEqual(await messageStates(), { planned: 1 });
    advance(499);
    await worker.work();
    assert.equal(bench.messages.length, 1);
    advance(1);
    await worker.work();
    assert.equal(bench.messages[0]!.messageId, bench.messages[1]!.messageId);
    assert.deepEqual(bench.messages[0], bench.messages[1]);
    assert.deepEqual(bench.city.summary(), {
      ...bench.city.summary(),
      versions: 3,
      repeatedMessages: 1,
      messages: 1,
    });
    assert.deepEqual(
      (await attempts()).map(({ attempt, http_status, error }) => [attempt, http_status, error !== null]),
      [
        [1, null, true],
        [2, 200, false],
      ],
    );
  });

  for (const mode of ['error-500', 'error-code-500', 'too-many', 'garble'] satisfies CityMode[])
    it(`retries after ${mode} with delays that double`, async () => {
      const batch = await writeChunk(bench.test.database, { changes: firstVersions(1) });
      bench.city.behave({ mode, times: 3 });
      const worker = bench.forwarder();
      for (const waitMs of [500, 1000, 2000]) {
        await worker.work();
        advance(waitMs - 1);
        await worker.work();
        advance(1);
      }
      assert.equal((await attempts()).length, 3);
      await worker.work();
      assert.equal(bench.city.summary().versions, 1);
      assert.deepEqual(await readDeliveries(bench.test.database, batch), {
        pending: 0,
        delivered: 1,
        rejected: 0,
      });
    });

  it('retries a call that times out', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(1) });
    bench.city.behave({ mode: 'hang', times: 1 });
    await bench.forwarder({ timeoutMs: 100 }).work();
    assert.deepEqual(await attempts(), [{ attempt: 1, http_status: null, error: 'time-out' }]);
    advance(500);
    await bench.forwarder().work();
    assert.equal(bench.city.summary().versions, 1);
  });

  it('holds all messages for as long as Retry-After asks, within its bound', async () => {
    bench.city.behave({ mode: 'too-many', times: 1, retryAfterSeconds: 60 });
    await writeChunk(bench.test.database, { changes: firstVersions(4) });
    const worker = bench.forwarder({ messageSize: 2, messagesInFlight: 1 });
    await worker.work();
    advance(59_999);
    await worker.work();
    assert.equal((await attempts()).length, 1);
    advance(1);
    await worker.work();
    assert.equal(bench.city.summary().versions, 4);
    bench.city.behave({ mode: 'too-many', times: 1, retryAfterSeconds: 999_999 });
    await writeChunk(bench.test.database, { changes: firstVersions(1, 50) });
    await worker.work();
    advance(300_000);
    await worker.work();
    assert.equal(bench.city.summary().versions, 5);
  });

  it('keeps the refusal of a single record in the words of the city and delivers the rest', async () => {
    const batch = await writeChunk(bench.test.database, { changes: firstVersions(5) });
    bench.city.behave({
      mode: 'refuse-records',
      refuse: ({ id }) =>
        id === recordId(3) ? { code: 'E17', message: '主体 11010519491231002X 不存在' } : null,
    });
    await bench.forwarder().work();
    assert.equal(bench.city.summary().versions, 4);
    assert.deepEqual(await readDeliveries(bench.test.database, batch), {
      pending: 0,
      delivered: 4,
      rejected: 1,
    });
    assert.deepEqual(
      await bench.query(
        'select record_id, version, batch_id, row_number, city_code, city_message from refusals',
      ),
      [
        {
          record_id: recordId(3),
          version: 1,
          batch_id: batch,
          row_number: 4,
          city_code: 'E17',
          city_message: '主体 110*************2X 不存在',
        },
      ],
    );
  });

  it('finds the one record out of 1000 for which the city refuses a message', async () => {
    const batch = await writeChunk(bench.test.database, { changes: firstVersions(1000) });
    const guilty = recordId(617);
    bench.city.behave({
      mode: 'refuse-message',
      refuse: ({ id }) => (id === guilty ? { code: '422', message: '字段错误' } : null),
    });
    await bench.forwarder().work();
    assert.equal(bench.city.summary().versions, 999);
    assert.equal(bench.city.records.has(guilty), false);
    assert.deepEqual(await readDeliveries(bench.test.database, batch), {
      pending: 0,
      delivered: 999,
      rejected: 1,
    });
    assert.deepEqual(await bench.query('select record_id, city_code, city_message from refusals'), [
      { record_id: guilty, city_code: '422', city_message: '字段错误' },
    ]);
    assert.equal((await bench.query('select from changes_in_flight')).length, 0);
    assert.ok(bench.messages.length <= 2 * Math.ceil(Math.log2(1000)) + 1);
    assert.equal(new Set(bench.messages.map(({ messageId }) => messageId)).size, bench.messages.length);
    assert.deepEqual(await messageStates(), { narrowed: 10, refused: 1, answered: 10 });
  });

  it('goes on to the next version of a record after its earlier one was refused', async () => {
    const changes = [1, 2].map((version) => ({ recordId: recordId(1), version }));
    await writeChunk(bench.test.database, { changes });
    bench.city.behave({ mode: 'refuse-records', times: 1 });
    await bench.forwarder().work();
    assert.deepEqual(
      bench.city.records.get(recordId(1))!.map(({ version }) => version),
      [2],
    );
  });

  it('sends nothing but a probe now and then once the breaker is open, and all at once when it closes', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(40) });
    bench.city.behave({ mode: 'error-500' });
    const worker = bench.forwarder({
      messageSize: 10,
      breaker: { failures: 4, probeEveryMs: 5000 },
      // None of them is due by itself before the test is over.
      retry: { firstDelayMs: 3_600_000, maxDelayMs: 3_600_000, maxRetryAfterMs: 0 },
    });
    const calls = async (): Promise<number> => (await attempts()).length;
    await worker.work();
    assert.equal(await calls(), 4);
    assert.deepEqual(await dueDestinations(bench.test.database, ['city'], bench.now), []);
    advance(4999);
    await worker.work();
    assert.equal(await calls(), 4);
    for (const expected of [5, 6, 7]) {
      advance(5000);
      await worker.work();
      await worker.work();
      assert.equal(await calls(), expected);
    }
    bench.city.behave({ mode: 'accept' });
    advance(5000);
    await worker.work();
    assert.equal(bench.city.summary().versions, 40);
    assert.deepEqual(await bench.query('select failures, open_until from destinations'), [
      { failures: 0, open_until: null },
    ]);
  });

  it('lets one probe through for all processes together', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(4) });
    bench.city.behave({ mode: 'error-500' });
    const options = { messageSize: 1, breaker: { failures: 4, probeEveryMs: 5000 } };
    const workers = [bench.forwarder(options), bench.forwarder(options)];
    await workers[0]!.work();
    const before = (await attempts()).length;
    advance(10_000);
    await Promise.all(workers.map((worker) => worker.work()));
    assert.equal((await attempts()).length, before + 1);
  });

  it('never has more messages in flight than its entry allows, for all processes together', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(30) });
    bench.city.behave({ mode: 'hang' });
    const workers = [1, 2].map(() =>
      bench.forwarder({ messageSize: 1, messagesInFlight: 3, timeoutMs: 60_000 }),
    );
    await Promise.all(workers.map((worker) => worker.forward()));
    assert.equal((await bench.query('select from messages where claimed_by is not null')).length, 3);
  });

  it('plans a change once when two processes plan at the same moment', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(400) });
    const { database } = bench.test;
    const destination = { ...DESTINATION, messageSize: 10, messagesInFlight: 10 };
    await bench.query(`insert into destinations (id) values ('city')`);
    const plan = (): Promise<number> => planMessages({ database, clock: () => bench.now, destination });
    const planned = await Promise.all([plan(), plan(), plan()]);
    assert.deepEqual(planned.toSorted(), [0, 0, 30]);
    const [row] = await bench.query(
      'select count(*) as n, count(distinct record_id) as records from changes_in_flight',
    );
    assert.deepEqual(row, { n: 300, records: 300 });
  });

  it('sends what was planned before a crash', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(5) });
    const { database } = bench.test;
    assert.equal(await planMessages({ database, clock: () => bench.now, destination: DESTINATION }), 1);
    assert.deepEqual(await dueDestinations(database, ['city'], bench.now), ['city']);
    await bench.forwarder().work();
    assert.equal(bench.city.summary().versions, 5);
  });

  it('sends again what a crashed process had sent, under its id, when the claim has lapsed', async () => {
    const batch = await writeChunk(bench.test.database, { changes: firstVersions(5) });
    const { database } = bench.test;
    await planMessages({ database, clock: () => bench.now, destination: DESTINATION });
    await crashAfterSending();
    const worker = bench.forwarder();
    await worker.work();
    assert.equal(bench.messages.length, 1);
    assert.deepEqual(
      await nextDueAt(database, 'city', DESTINATION.breaker),
      new Date(bench.now.getTime() + 10_000),
    );
    advance(10_000);
    await worker.work();
    assert.equal(bench.messages[0]!.messageId, bench.messages[1]!.messageId);
    assert.deepEqual(await readDeliveries(database, batch), { pending: 0, delivered: 5, rejected: 0 });
    assert.equal(bench.city.summary().versions, 5);
  });

  it('lets nobody settle a message whose claim was lost', async () => {
    const batch = await writeChunk(bench.test.database, { changes: firstVersions(5) });
    const { database } = bench.test;
    await planMessages({ database, clock: () => bench.now, destination: DESTINATION });
    const late = await crashAfterSending();
    advance(10_000);
    const settleInTime = await crashAfterSending();
    assert.equal(await late(), 'lost');
    assert.deepEqual(await messageStates(), { planned: 1 });
    assert.equal(await settleInTime(), 'stored');
    assert.deepEqual(await readDeliveries(database, batch), { pending: 0, delivered: 5, rejected: 0 });
  });

  it('gives its messages back when it is stopped', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(1) });
    bench.city.behave({ mode: 'hang', times: 1 });
    const worker = bench.forwarder({ timeoutMs: 60_000 });
    await worker.forward();
    await until(
      async () => (await bench.query('select from messages where claimed_by is not null')).length === 1,
    );
    worker.stop.abort();
    await worker.drain();
    assert.deepEqual(await bench.query('select claimed_by, due_at, failures from messages, destinations'), [
      { claimed_by: null, due_at: bench.now, failures: 0 },
    ]);
    bench.city.behave({ mode: 'accept' });
    await bench.forwarder().work();
    assert.equal(bench.city.summary().versions, 1);
  });

  it('books two messages of the same batches side by side', async () => {
    const batches = await Promise.all(
      [0, 1, 2].map((n) => writeChunk(bench.test.database, { changes: firstVersions(40, 100 * n + 1) })),
    );
    await bench.forwarder({ messageSize: 120, messagesInFlight: 1 }).work();
    // Every message holds a part of every batch.
    const changes = Array.from({ length: 60 }, (_, i) => ({
      batchId: batches[i % 3]!,
      changes: firstVersions(1, 1000 + i),
    }));
    for (const chunk of changes) await writeChunk(bench.test.database, chunk);
    await bench.forwarder({ messageSize: 6, messagesInFlight: 8 }).work();
    for (const batch of batches)
      assert.deepEqual(await readDeliveries(bench.test.database, batch), {
        pending: 0,
        delivered: 60,
        rejected: 0,
      });
  });

  /** Sends the oldest message as a process does that dies before it settles; gives its late attempt to settle. */
  async function crashAfterSending(destination: Destination = DESTINATION): Promise<() => Promise<Settled>> {
    const { database } = bench.test;
    const now = bench.now;
    const until = new Date(now.getTime() + 10_000);
    const lease = { now, until, today: shanghaiDay(now), wording: WORDING, room: 1 };
    const [message] = await claimMessages(database, 'city', { ...DESTINATION, ...lease });
    const tried = await postMessage(message!, destination, bench.sendNeeds());
    return () => settle(message!, tried, { database, at: now, dueAt: now });
  }
});
