import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { shanghaiDay } from '../../../src/core/clock.js';
import type { Destination } from '../../../src/core/configuration.js';
import { claimMessages } from '../../../src/db/claims.js';
import { insertMessages, lockPlanning } from '../../../src/db/message-plan.js';
import type { Message } from '../../../src/db/messages.js';
import { planMessages } from '../../../src/forwarding/plan.js';
import { firstVersions, recordId, writeChunk } from '../../helpers/changes.js';
import { DESTINATION, openForwardingBench, WORDING, type ForwardingBench } from '../../helpers/forwarding.js';

describe('the claims of messages', () => {
  let bench: ForwardingBench;
  beforeEach(async () => {
    bench = await openForwardingBench();
  });
  afterEach(() => bench.close());

  const ONE_EACH = { ...DESTINATION, messageSize: 1 };
  const plan = (destination: Destination = ONE_EACH): Promise<number> =>
    planMessages({ database: bench.test.database, clock: () => bench.now, destination });
  const asked = (room: number) => ({
    ...ONE_EACH,
    ...{
      now: bench.now,
      until: new Date(bench.now.getTime() + 10_000),
      today: shanghaiDay(bench.now),
      wording: WORDING,
      room,
    },
  });
  const numbers = (messages: readonly Message[]): unknown[] => messages.map(({ positions }) => positions[0]);

  it('are of the oldest messages, as many as there is room, here and for all processes together', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(12) });
    assert.equal(await plan(), 12);
    const { database } = bench.test;
    const first = await claimMessages(database, 'city', asked(3));
    assert.deepEqual(numbers(first), [1, 2, 3]);
    assert.equal(new Set(first.map(({ claim }) => claim)).size, 3);
    assert.deepEqual(numbers(await claimMessages(database, 'city', asked(3))), [4]);
    assert.deepEqual(await claimMessages(database, 'city', asked(3)), []);
    bench.now = new Date(bench.now.getTime() + 10_000);
    const again = await claimMessages(database, 'city', asked(9));
    assert.deepEqual(
      again.map(({ attempt, positions }) => [attempt, positions[0]]),
      [1, 2, 3, 4].map((position) => [2, position]),
    );
  });

  it('are made while others are being planned, of what is planned already', async () => {
    const { database } = bench.test;
    await writeChunk(database, { changes: firstVersions(1) });
    await plan();
    await database.transaction(async (sql) => {
      await lockPlanning(sql, 'city');
      const message = { destination: 'city', agency: 'market-regulation', recordType: 'honour' };
      const table = { tableCode: 'BZRY', tableVersion: '2026', resendOrder: null, plannedAt: bench.now };
      const changes = [{ position: 2, recordId: recordId(2) }];
      await insertMessages(sql, [{ id: recordId(99), ...message, ...table, changes }]);
      const claimed = await database.transaction(async (other) => {
        await other.query(`set local lock_timeout = '3s'`);
        return claimMessages(other, 'city', asked(4));
      });
      assert.deepEqual(numbers(claimed), [1]);
    });
    assert.deepEqual(numbers(await claimMessages(database, 'city', asked(4))), [2]);
  });

  it('go on where planning ahead fails, which is told; the next planning makes up for it', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(30) });
    let looks = 0;
    const opennessOf = (): 'public' => {
      looks += 1;
      if (looks === 7) throw new Error('no catalogue');
      return 'public';
    };
    const worker = bench.forwarder({ messageSize: 1, messagesInFlight: 2 }, { opennessOf });
    await worker.work();
    assert.equal(looks > 30, true, 'what failed was looked at again');
    assert.equal(bench.city.summary().versions, 30);
    assert.ok(bench.lines.some(({ msg }) => msg === 'Planning ahead failed'));
  });

  it('are given up by a process that stops only when its planning has ended too', async () => {
    const { database } = bench.test;
    await writeChunk(database, { changes: firstVersions(1) });
    await plan();
    const worker = bench.forwarder({ messageSize: 1, messagesInFlight: 1 });
    let isDrained = false;
    let drained: Promise<void> = Promise.resolve();
    await database.transaction(async (sql) => {
      await lockPlanning(sql, 'city');
      await worker.forward('city');
      worker.stop.abort();
      drained = worker.drain().then(() => {
        isDrained = true;
      });
      await delay(300);
      assert.equal(isDrained, false);
    });
    await drained;
    assert.equal(isDrained, true);
  });
});
