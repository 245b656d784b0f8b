// What keeps a destination shut, by its own word or by an operator's: kept in PostgreSQL, for all processes.
import assert from 'node:assert/strict';
import { readDeliveries } from '../../../src/db/deliveries.js';
import { dueDestinations, nextDueAt } from '../../../src/db/destinations.js';
import { pauseDestination, resumeDestination } from '../../../src/db/pauses.js';
import { GatewayError } from '../../../src/core/errors.js';
import { firstVersions, writeChunk } from '../../helpers/changes.js';
import { DESTINATION, openForwardingBench, type ForwardingBench } from '../../helpers/forwarding.js';

const PROBE_MS = 60_000;

describe('a destination that is shut', () => {
  let bench: ForwardingBench;
  beforeEach(async () => {
    bench = await openForwardingBench();
  });
  afterEach(() => bench.close());

  const advance = (ms: number): void => void (bench.now = new Date(bench.now.getTime() + ms));
  const attempts = async (): Promise<number> => (await bench.query('select from message_attempts')).length;
  const alerts = (): unknown[] => bench.lines.filter(({ level }) => level === 'error').map(({ msg }) => msg);
  const state = async (): Promise<Record<string, unknown>> =>
    (
      await bench.query(
        'select parked_at, parked_reason, failures, opened_at, open_until, paused_by from destinations',
      )
    )[0]!;

  it('is parked by a denial: no record is refused, it is told once, and one probe is sent now and then', async () => {
    const batch = await writeChunk(bench.test.database, { changes: firstVersions(40) });
    bench.city.behave({ mode: 'deny' });
    const workers = [bench.forwarder({ messageSize: 10 }), bench.forwarder({ messageSize: 10 })];
    await Promise.all(workers.map((worker) => worker.work()));
    const first = await attempts();
    assert.ok(first >= 1 && first <= 4, `${first} tries`);
    for (let probe = 1; probe <= 3; probe += 1) {
      advance(PROBE_MS - 1);
      await workers[1]!.work();
      assert.equal(await attempts(), first + probe - 1);
      advance(1);
      await Promise.all(workers.map((worker) => worker.work()));
      assert.equal(await attempts(), first + probe);
    }
    assert.equal((await bench.query('select from refusals')).length, 0);
    assert.deepEqual(await bench.query(`select distinct state from messages`), [{ state: 'planned' }]);
    assert.deepEqual(await state(), {
      ...(await state()),
      parked_at: new Date('2026-06-30T04:00:00Z'),
      parked_reason: 'http-401',
      failures: 0,
      opened_at: null,
    });
    assert.equal(alerts().length, 1);
    // What a probe finds open is open to all at once.
    bench.city.behave({ mode: 'accept' });
    advance(PROBE_MS);
    await bench.forwarder({ messageSize: 10 }).work();
    assert.deepEqual(await readDeliveries(bench.test.database, batch), {
      pending: 0,
      delivered: 40,
      rejected: 0,
    });
    assert.deepEqual([(await state())['parked_at'], (await state())['open_until']], [null, null]);
    assert.equal(bench.city.summary().versions, 40);
  });

  it('is parked by a certificate that is wrong, on either side', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(1) });
    const send = (): Promise<never> =>
      Promise.reject(new GatewayError('city.unreachable', '…', { details: { reason: 'CERT_HAS_EXPIRED' } }));
    await bench.forwarder({}, { http: { send } }).work();
    assert.equal((await state())['parked_reason'], 'CERT_HAS_EXPIRED');
    assert.equal((await state())['failures'], 0);
  });

  it('is not opened by an answer to what was sent before it was parked', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(2) });
    bench.city.behave({ mode: 'deny', times: 1 });
    const worker = bench.forwarder({ messageSize: 1, messagesInFlight: 1 });
    await worker.work();
    await bench.query(`update destinations set parked_at = $1, open_until = null`, [
      new Date(bench.now.getTime() + 1),
    ]);
    await worker.work();
    assert.equal(bench.city.summary().versions > 0, true);
    assert.equal((await state())['parked_reason'], 'http-401');
  });

  it('goes on at once when an operator resumes it, parked or with its breaker open', async () => {
    const { database } = bench.test;
    await writeChunk(database, { changes: firstVersions(3) });
    const worker = bench.forwarder({ breaker: { failures: 1, probeEveryMs: 5000 } });
    for (const mode of ['deny', 'error-500'] as const) {
      bench.city.behave({ mode });
      await worker.work();
      const before = await attempts();
      await worker.work();
      assert.equal(await attempts(), before);
      assert.equal(await resumeDestination(database, 'city', bench.now), true);
      await worker.work();
      assert.equal(await attempts(), before + 1);
    }
    assert.deepEqual((await state())['opened_at'], bench.now);
    bench.city.behave({ mode: 'accept' });
    await resumeDestination(database, 'city', bench.now);
    await worker.work();
    assert.equal(bench.city.summary().versions, 3);
    assert.equal((await state())['opened_at'], null);
    assert.equal(await resumeDestination(database, 'city', bench.now), false);
  });

  it('sends nothing while it is paused, not even a probe, and keeps who paused it and why', async () => {
    const { database } = bench.test;
    await writeChunk(database, { changes: firstVersions(2) });
    const pause = { at: bench.now, by: 'operator:1', reason: '市级平台升级' };
    assert.equal(await pauseDestination(database, 'city', pause), true);
    assert.equal(await pauseDestination(database, 'city', { ...pause, by: 'operator:2' }), false);
    assert.equal((await state())['paused_by'], 'operator:1');
    assert.deepEqual(await dueDestinations(database, ['city'], bench.now), []);
    await Promise.all([bench.forwarder().work(), bench.forwarder().work()]);
    advance(3_600_000);
    await bench.forwarder().work();
    assert.equal(await attempts(), 0);
    assert.equal(await nextDueAt(database, 'city', DESTINATION.breaker), undefined);
    await resumeDestination(database, 'city', bench.now);
    assert.deepEqual(await dueDestinations(database, ['city'], bench.now), ['city']);
    await bench.forwarder().work();
    assert.equal(bench.city.summary().versions, 2);
  });
});
