import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { shanghaiDay } from '../../../src/core/clock.js';
import type { Destination } from '../../../src/core/configuration.js';
import { claimMessages } from '../../../src/db/claims.js';
import { insertMessages, lockPlanning, movePlannedTo } from '../../../src/db/message-plan.js';
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

  it('are no more than that whatever PostgreSQL thinks of the table, for a probe as well', async () => {
    const { database } = bench.test;
    await writeChunk(database, { changes: firstVersions(1) });
    await plan({ ...ONE_EACH, messagesInFlight: 1 });
    // With one row known, the rows to claim are looked for once for each row that is there.
    await bench.query('analyze messages');
    await writeChunk(database, { changes: firstVersions(8, 10) });
    assert.equal(await plan(), 8);
    await bench.query('update destinations set failures = 100');
    assert.equal((await claimMessages(database, 'city', asked(4))).length, 1);
    await bench.query('update destinations set failures = 0, open_until = null');
    assert.equal((await claimMessages(database, 'city', asked(4))).length, 3);
  });

  it('are no more than that when many ask at the same moment', async () => {
    const { database } = bench.test;
    await writeChunk(database, { changes: firstVersions(12) });
    await plan();
    const claimed = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((room) => claimMessages(database, 'city', asked(room))),
    );
    const all = claimed.flat().map(({ id }) => id);
    assert.deepEqual([all.length, new Set(all).size], [4, 4]);
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
      await worker.forward();
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

  it('are made once more where the planning that was waited for had looked too early', async () => {
    const { database } = bench.test;
    await writeChunk(database, { changes: [1, 2].map((version) => ({ recordId: recordId(1), version })) });
    await plan();
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    // Its planning has seen the first version on its way, and goes on when that is answered.
    const slow: typeof database = {
      ...database,
      transaction: (work) =>
        database.transaction(async (sql) => {
          const result = await work(sql);
          if ((result as { planned?: number } | undefined)?.planned === 0) await held;
          return result;
        }),
    };
    const worker = bench.forwarder({ messageSize: 1, messagesInFlight: 1 }, { database: slow });
    await worker.forward();
    while ((await bench.query(`select from messages where state = 'answered'`)).length === 0) await delay(20);
    await delay(100);
    goOn();
    for (let look = 0; look < 50 && bench.city.summary().versions < 2; look += 1) await delay(20);
    assert.equal(bench.city.summary().versions, 2);
  });

  it('are not made any more once the process is to stop, whatever is planned by then', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(3) });
    const worker = bench.forwarder(
      { messageSize: 1 },
      {
        opennessOf: () => {
          worker.stop.abort();
          return 'public';
        },
      },
    );
    await worker.forward();
    const tried = await bench.query('select attempts from messages');
    assert.deepEqual(tried, [{ attempts: 0 }, { attempts: 0 }, { attempts: 0 }]);
  });
});

describe('the planning of messages', () => {
  let bench: ForwardingBench;
  beforeEach(async () => {
    bench = await openForwardingBench();
  });
  afterEach(() => bench.close());

  it('goes on behind changes that are past their retention, one, a chunk or all that is looked at', async () => {
    const { database } = bench.test;
    for (let chunk = 0; chunk < 4; chunk += 1)
      await writeChunk(database, { changes: firstVersions(5, 10 * chunk) });
    const gone = [1, 10, 11, 12, 13, 14, 30, 31, 32, 33, 34].map(recordId);
    await bench.query('delete from record_versions where record_id = any($1)', [gone]);
    await bench.forwarder({ messageSize: 5, messagesInFlight: 1 }).work();
    assert.equal(bench.city.summary().versions, 9);
    const [row] = await bench.query('select planned_to from destinations');
    assert.deepEqual(row, { planned_to: 20 });
  });

  it('goes on in one go behind what is not for its destination, however much that is, and ends when it has to', async () => {
    const { database } = bench.test;
    await writeChunk(database, { changes: firstVersions(20) });
    await bench.query('update record_versions set openness = 2 where record_id <> $1', [recordId(19)]);
    const destination = { ...DESTINATION, openness: 'public', messageSize: 1, messagesInFlight: 1 } as const;
    const stop = new AbortController();
    const needs = { database, clock: () => bench.now, destination, signal: stop.signal };
    const plannedTo = async (): Promise<unknown> =>
      (await bench.query('select planned_to from destinations'))[0]?.['planned_to'];
    stop.abort();
    assert.deepEqual([await planMessages(needs), await plannedTo()], [0, 3]);
    assert.deepEqual([await planMessages({ ...needs, signal: undefined }), await plannedTo()], [1, 20]);
    assert.equal(await planMessages({ ...needs, signal: undefined }), 0);
  });

  it('throws where another one moved on in spite of the lock, so that all of it is taken back', async () => {
    const { database } = bench.test;
    await bench.query(`insert into destinations (id, planned_to) values ('city', 2)`);
    await assert.rejects(movePlannedTo(database, 'city', { from: 0, to: 4 }), /Somebody else planned/);
    await movePlannedTo(database, 'city', { from: 2, to: 4 });
    assert.deepEqual(await bench.query('select planned_to from destinations'), [{ planned_to: 4 }]);
  });
});
