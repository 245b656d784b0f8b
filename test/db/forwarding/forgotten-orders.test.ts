// Orders to send again and to judge once more go when their time is over; those under way stay, however old.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { AuditAct } from '../../../src/core/audit-entry.js';
import { appendAudits } from '../../../src/db/audit.js';
import {
  cancelResend,
  listResendOrders,
  orderResend,
  readResendOrder,
} from '../../../src/db/resend-orders.js';
import {
  endSourceReplay,
  insertSourceReplay,
  noteLookedAt,
  readLookedAt,
  readSourceReplay,
} from '../../../src/db/source-replays.js';
import { applyRetention } from '../../../src/jobs/apply-retention.js';
import { firstVersions, recordId, writeChunk } from '../../helpers/changes.js';
import { openForwardingBench, type ForwardingBench } from '../../helpers/forwarding.js';
import { KEPT_FOR_GOOD } from '../../helpers/kept-for-good.js';

const DAY_MS = 86_400_000;
const START = new Date('2026-06-30T04:00:00Z');
const SOURCE = 'market-regulation-penalty';
const at = (days: number): Date => new Date(START.getTime() + days * DAY_MS);

describe('an order that is over', () => {
  let bench: ForwardingBench;
  let acts: AuditAct[];
  beforeEach(async () => {
    bench = await openForwardingBench();
    acts = [];
  });
  afterEach(() => bench.close());

  const apply = (days: number, options: { rowsAtOnce?: number; messages?: number } = {}): Promise<void> =>
    applyRetention({
      ...{ database: bench.test.database, originals: { remove: () => Promise.resolve() } },
      retention: {
        ...KEPT_FOR_GOOD,
        messages: { days: options.messages ?? 'unlimited' },
      },
      ...{ catalogue: [], views: [], clock: () => at(days), signal: new AbortController().signal },
      audit: async (sql, entries) => {
        await appendAudits(sql, entries);
        acts.push(...entries);
      },
      ...(options.rowsAtOnce === undefined ? {} : { rowsAtOnce: options.rowsAtOnce }),
    });
  const told = (action: string): unknown[] =>
    acts.filter((act) => act.action === action).map(({ object, details }) => [object, details?.['count']]);
  const sendOn = async (days: number, first: number, count = 1): Promise<void> => {
    bench.now = at(days);
    await writeChunk(bench.test.database, { changes: firstVersions(count, first), committedAt: bench.now });
    await bench.forwarder({ messageSize: 1 }).work();
  };

  describe('to send again', () => {
    const order = async (n: number, days = 0): Promise<string> => {
      const id = randomUUID();
      const selection = { records: [{ id: recordId(n) }] };
      await bench.test.database.transaction((sql) =>
        orderResend(sql, {
          ...{ id, destination: 'city', openness: 'authorised', selection, reason: 'lost' },
          ...{ by: 'operator:k', at: at(days) },
        }),
      );
      return id;
    };
    const kept = async (): Promise<string[]> =>
      (await listResendOrders(bench.test.database, 'city', { before: undefined, limit: 100 })).map(
        ({ id }) => id,
      );

    it('goes on its day and not before, in portions, behind its messages, and is written down', async () => {
      await sendOn(0, 1, 5);
      const ids = [await order(1), await order(2), await order(3)];
      await bench.forwarder({ messageSize: 1 }).work();
      await sendOn(0, 50);
      assert.equal((await readResendOrder(bench.test.database, 'city', ids[0]!))?.state, 'done');
      await apply(10, { messages: 10 });
      assert.equal((await kept()).length, 3);
      await apply(11);
      assert.equal((await kept()).length, 3, 'kept for good');
      await apply(10.1, { messages: 10, rowsAtOnce: 2 });
      assert.deepEqual(await kept(), []);
      assert.deepEqual(told('resend-orders.deleted'), [
        ['destinations', 2],
        ['destinations', 1],
      ]);
      assert.deepEqual(await bench.query('select from messages where resend'), []);
    });

    it('stays while it is under way, and a cancelled one while something of it waits or is kept', async () => {
      await sendOn(0, 1, 4);
      bench.city.behave({ mode: 'error-500' });
      const [pending, waiting] = [await order(1), await order(2)];
      await bench.forwarder({ messageSize: 1 }).work();
      await bench.query(`update resend_orders set state = 'cancelled', finished_at = $2 where id = $1`, [
        waiting,
        START,
      ]);
      const unseen = await order(3);
      await bench.test.database.transaction((sql) =>
        cancelResend(sql, { destination: 'city', id: unseen, at: START }),
      );
      const unplanned = await order(4);
      await apply(5000, { messages: 1 });
      assert.deepEqual((await kept()).sort(), [pending, waiting, unplanned].sort());
      // What waits because a message of its record is on its way.
      await bench.query(
        `insert into changes_waiting (destination, position, record_id, agency, record_type, resend_order)
         select 'city', positions[1], record_ids[1], agency, record_type, resend_order from messages where resend_order = $1`,
        [waiting],
      );
      await bench.query('delete from message_attempts');
      await bench.query('delete from messages where resend_order = $1', [waiting]);
      await apply(5000, { messages: 1 });
      assert.deepEqual((await kept()).sort(), [pending, waiting, unplanned].sort());
      await bench.query('delete from changes_waiting');
      await apply(5000, { messages: 1 });
      assert.deepEqual((await kept()).sort(), [pending, unplanned].sort());
    });

    it('stays with the last message that a destination took', async () => {
      await sendOn(0, 1, 2);
      bench.now = at(1);
      const id = await order(1, 1);
      await bench.forwarder({ messageSize: 1 }).work();
      await apply(5000, { messages: 1 });
      assert.deepEqual(await kept(), [id]);
      assert.equal((await readResendOrder(bench.test.database, 'city', id))?.answered, 1);
    });
  });

  describe('to judge once more', () => {
    const order = async (days: number): Promise<string> => {
      const id = randomUUID();
      const stretch = { source: SOURCE, from: at(days), before: at(days + 1) };
      const made = { ...stretch, id, reason: 'r', by: 'operator:k', at: at(days) };
      await bench.test.database.transaction((sql) => insertSourceReplay(sql, made));
      return id;
    };
    const isKept = async (id: string): Promise<boolean> =>
      (await readSourceReplay(bench.test.database, SOURCE, id)) !== undefined;

    it('goes with what became of its batches, which stay; one under way stays, however old', async () => {
      const { database } = bench.test;
      const batches: string[] = [];
      for (const n of [1, 2]) {
        const id = await writeChunk(database, { changes: firstVersions(1, n), committedAt: START });
        await bench.query('update batches set source = $2, received_at = $3 where id = $1', [
          id,
          SOURCE,
          START,
        ]);
        batches.push(id);
      }
      const look = async (id: string, batch: string): Promise<void> => {
        const looked = { batch, replay: null, isNew: null, skipped: 'batch.not-settled' };
        await database.transaction((sql) => noteLookedAt(sql, id, looked));
      };
      const done = await order(0);
      for (const batch of batches) await look(done, batch);
      await endSourceReplay(database, done, at(2));
      const pending = await order(0);
      await look(pending, batches[0]!);
      const empty = await order(1);
      const later = await order(3);
      await apply(11, { messages: 10, rowsAtOnce: 1 });
      assert.deepEqual([await isKept(done), await isKept(empty)], [true, true]);
      await apply(12, { messages: 10, rowsAtOnce: 1 });
      assert.deepEqual([await isKept(done), await isKept(empty)], [true, false], 'on its day');
      await apply(5000, { messages: 10, rowsAtOnce: 1 });
      assert.deepEqual(
        [await isKept(done), await isKept(later), await isKept(pending)],
        [false, false, true],
      );
      assert.deepEqual(
        [await readLookedAt(database, done), (await readLookedAt(database, pending)).length],
        [[], 1],
      );
      assert.equal((await bench.query('select from batches')).length, 2);
      assert.deepEqual(told('source-replays.deleted'), [
        ['sources', 1],
        ['sources', 1],
        ['sources', 1],
      ]);
    });
  });
});
