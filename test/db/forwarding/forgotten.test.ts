// What is known of deliveries goes when its time is over, in portions and written down; what is not settled stays.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Foundation } from '../../../src/app/gateway.js';
import { bindReconciliations } from '../../../src/app/reconciliations.js';
import type { AuditAct } from '../../../src/core/audit-entry.js';
import type { Retention } from '../../../src/core/configuration.js';
import { foldEvent, EMPTY_DIGEST } from '../../../src/core/feed-digest.js';
import { isGatewayError } from '../../../src/core/errors.js';
import { appendAudits } from '../../../src/db/audit.js';
import type { ReaderView } from '../../../src/db/changes.js';
import { isBeforeTaken } from '../../../src/db/past-deliveries.js';
import { orderDaysUpTo, orderReconciliation, readReconciliation } from '../../../src/db/reconciliations.js';
import { listDifferences } from '../../../src/db/reconciliation-differences.js';
import { orderResend, readResendOrder } from '../../../src/db/resend-orders.js';
import { countAttempts } from '../../../src/db/running-counts.js';
import { keepFeedDigest, digestViewOf, readFeedDigest } from '../../../src/feed/read-digest.js';
import { reconcileDay } from '../../../src/forwarding/reconcile.js';
import { applyRetention } from '../../../src/jobs/apply-retention.js';
import { createReconciliationWorker } from '../../../src/jobs/reconcile-destination.js';
import type { RetentionNeeds } from '../../../src/jobs/retention-step.js';
import { firstVersions, recordId, writeChunk, type WrittenChange } from '../../helpers/changes.js';
import { readFeed } from '../../helpers/feed-events.js';
import { DESTINATION, openForwardingBench, type ForwardingBench } from '../../helpers/forwarding.js';
import { KEPT_FOR_GOOD } from '../../helpers/kept-for-good.js';
import { until } from '../../helpers/until.js';

const DAY_MS = 86_400_000;
const START = new Date('2026-06-30T04:00:00Z');
const OPERATOR = { keyId: 'k', role: 'operator', agency: null } as const;

describe('what is known of deliveries', () => {
  let bench: ForwardingBench;
  let acts: AuditAct[];
  beforeEach(async () => {
    bench = await openForwardingBench();
    acts = [];
  });
  afterEach(() => bench.close());

  const at = (days: number): Date => new Date(START.getTime() + days * DAY_MS);
  const apply = (
    days: number,
    retention: Partial<Retention>,
    options: Partial<RetentionNeeds> = {},
  ): Promise<void> =>
    applyRetention({
      ...{ database: bench.test.database, originals: { remove: () => Promise.resolve() } },
      ...{ retention: { ...KEPT_FOR_GOOD, ...retention }, catalogue: [], views: [], clock: () => at(days) },
      audit: async (sql, entries) => {
        await appendAudits(sql, entries);
        acts.push(...entries);
      },
      signal: new AbortController().signal,
      ...options,
    });
  const count = async (table: string): Promise<number> =>
    (await bench.query<{ n: number }>(`select count(*) as n from ${table}`))[0]!.n;
  const told = (): [string, unknown][] => acts.map(({ action, details }) => [action, details?.['count']]);
  /** Sends changes on a day, each in a message of its own. */
  const sendOn = async (days: number, ...changes: readonly WrittenChange[]): Promise<void> => {
    bench.now = at(days);
    await writeChunk(bench.test.database, { changes, committedAt: bench.now });
    await bench.forwarder({ messageSize: 1 }).work();
  };

  describe('as messages', () => {
    const messages = { days: 10 };

    it('goes on its day with its tries, not before; the last that a destination took stays', async () => {
      await sendOn(0, ...firstVersions(5));
      await apply(10, { messages });
      assert.deepEqual([await count('messages'), await count('message_attempts')], [5, 5]);
      await apply(10.1, { messages }, { rowsAtOnce: 3 });
      assert.deepEqual([await count('messages'), await count('message_attempts')], [1, 1]);
      assert.deepEqual(told(), [
        ['messages.deleted', 3],
        ['messages.deleted', 1],
      ]);
      assert.equal(acts[0]?.details?.['attempts'], 3);
      assert.equal(await count('taken_changes'), 5, 'what was taken has a time of its own');
    });

    it('stays while it is unanswered or set aside, and parts go before what they are parts of', async () => {
      await sendOn(0, ...firstVersions(4));
      bench.city.behave({
        mode: 'refuse-message',
        refuse: ({ id }) => (id === recordId(12) ? { code: 'E1', message: '不收' } : null),
      });
      await writeChunk(bench.test.database, { changes: firstVersions(4, 10), committedAt: bench.now });
      await bench.forwarder({ messageSize: 4 }).work();
      const narrowed = await count(`messages where state = 'narrowed'`);
      assert.ok(narrowed > 0);
      bench.city.behave({ mode: 'accept' });
      await sendOn(1, ...firstVersions(1, 90));
      bench.city.behave({ mode: 'error-500' });
      await sendOn(0, ...firstVersions(2, 30));
      await bench.query(
        `update messages set state = 'set-aside', set_aside_at = now(), set_aside_reason = 'x'
         where id = (select id from messages where state = 'planned' limit 1)`,
      );
      await apply(100, { messages, messageAttempts: { days: 1 } }, { rowsAtOnce: 1 });
      const states = await bench.query('select state, count(*) as n from messages group by 1 order by 1');
      assert.deepEqual(
        states.map(({ state, n }) => [state, n]),
        [
          ['answered', 1],
          ['planned', 1],
          ['set-aside', 1],
        ],
      );
      assert.equal(await count('message_attempts'), 2, 'tries of what is not settled');
      await bench.query(
        `update messages set state = 'narrowed', set_aside_at = null, set_aside_reason = null, record_ids = '{}', answered_at = $1 where state = 'set-aside'`,
        [START],
      );
      await bench.query(
        `update messages set narrowed_from = (select id from messages where state = 'narrowed') where state = 'planned'`,
      );
      await apply(100, { messages });
      assert.equal(await count(`messages where state = 'narrowed'`), 1, 'a part of it is unanswered');
    });

    it('stays while its order to send again is under way, and stays counted afterwards', async () => {
      await sendOn(0, ...firstVersions(4));
      const { database } = bench.test;
      const selection = { records: [1, 2, 3].map((n) => ({ id: recordId(n) })) };
      const id = randomUUID();
      await database.transaction((sql) =>
        orderResend(sql, {
          ...{ id, destination: 'city', openness: 'authorised', selection, reason: 'lost' },
          by: 'operator:k',
          at: START,
        }),
      );
      await bench.forwarder({ messageSize: 1 }).work();
      assert.equal((await readResendOrder(database, 'city', id))?.answered, 3);
      await sendOn(1, ...firstVersions(1, 50));
      await bench.query(`update resend_orders set state = 'planned', finished_at = null`);
      await apply(100, { messages });
      assert.equal(await count('messages where resend'), 3);
      await bench.query(`update resend_orders set state = 'done', finished_at = now()`);
      await apply(100, { messages });
      assert.deepEqual([await count('messages'), await count('messages where resend')], [1, 0]);
      assert.equal((await readResendOrder(database, 'city', id))?.answered, 3);
    });

    it('loses its single tries by their own time, which stay counted for machines', async () => {
      await sendOn(0, ...firstVersions(3));
      await sendOn(5, ...firstVersions(2, 20));
      const counted = () => countAttempts(bench.test.database, { from: null, before: null });
      const before = await counted();
      assert.deepEqual(before, [{ of: ['city', 'taken'], count: 5 }]);
      await apply(12, { messageAttempts: { days: 10 } }, { rowsAtOnce: 2 });
      assert.deepEqual([await count('message_attempts'), await count('messages')], [2, 5]);
      assert.deepEqual(told(), [
        ['message-attempts.deleted', 2],
        ['message-attempts.deleted', 1],
      ]);
      await apply(100, { messages });
      assert.deepEqual(await counted(), before);
    });
  });

  describe('as what was taken', () => {
    const foundation = (): Foundation =>
      ({
        site: { configuration: { destinations: [DESTINATION], schedules: {} } },
        storage: { database: bench.test.database },
        clock: () => bench.now,
        dispatcher: { wake: () => Promise.resolve() },
      }) as unknown as Foundation;
    const order = (date: string): Promise<object> =>
      bindReconciliations(foundation()).orderReconciliation('city', { date, caller: OPERATOR });
    const work = (): Promise<void> => {
      const sending = bench.sendNeeds();
      return createReconciliationWorker({
        ...{ ...sending, owner: randomUUID(), claimMs: 60_000 },
        compare: (due, signal) => reconcileDay(due, { ...sending, timeoutMs: 5000, signal }),
      })('city');
    };
    const reconcile = async (date: string): Promise<string | null | undefined> => {
      await order(date);
      await work();
      return (await readReconciliation(bench.test.database, 'city', date))?.result;
    };
    const isPast = (error: unknown): boolean => isGatewayError(error, 'reconciliation.past-retention');
    const takenChanges = { days: 40 };

    it('goes by its day; a day that is gone is compared no more, one that is kept agrees', async () => {
      await sendOn(0, ...firstVersions(3));
      await sendOn(1, { recordId: recordId(1), version: 2 }, ...firstVersions(2, 20));
      bench.now = at(41);
      await apply(41, { takenChanges }, { rowsAtOnce: 2 });
      assert.equal(await count('taken_changes'), 3);
      assert.deepEqual(told(), [
        ['taken-changes.deleted', 2],
        ['taken-changes.deleted', 1],
      ]);
      await assert.rejects(order('2026-06-30'), isPast);
      assert.equal(await count('reconciliations'), 0);
      assert.equal(await reconcile('2026-07-01'), 'agrees');
    });

    it('stays from the first day on whose comparison is due, and goes once it is done', async () => {
      for (const days of [0, 1, 2]) await sendOn(days, ...firstVersions(2, 1 + 10 * days));
      await order('2026-07-01');
      bench.now = at(100);
      await apply(100, { takenChanges });
      assert.equal(await count('taken_changes'), 4, 'the day before it is gone');
      assert.equal(await reconcile('2026-07-01'), 'agrees');
      await apply(100, { takenChanges });
      assert.equal(await count('taken_changes'), 0);
      await assert.rejects(order('2026-07-01'), isPast);
    });

    const isWaiting = (): Promise<unknown> =>
      until(async () => (await count(`pg_locks where not granted`)) > 0, { what: 'the other to wait' });

    it('is not ordered to be compared once its deletion has begun', async () => {
      await sendOn(0, ...firstVersions(2));
      await apply(0, { takenChanges });
      bench.now = at(100);
      let ordering: Promise<unknown> | undefined;
      const audit = async (): Promise<void> => {
        ordering ??= order('2026-06-30').catch((error: unknown) => error);
        await isWaiting();
      };
      await apply(100, { takenChanges }, { audit });
      assert.ok(isPast(await ordering));
      assert.equal(await count('reconciliations'), 0);
    });

    it('is not deleted under an order that is being given', async () => {
      await sendOn(0, ...firstVersions(2));
      await apply(0, { takenChanges });
      const { database } = bench.test;
      let applying: Promise<void> | undefined;
      await database.transaction(async (sql) => {
        assert.equal(await isBeforeTaken(sql, 'city', '2026-06-30'), false);
        applying = apply(100, { takenChanges });
        await isWaiting();
        await orderReconciliation(sql, {
          destination: 'city',
          day: '2026-06-30',
          by: 'operator:k',
          at: at(100),
        });
      });
      await applying;
      assert.equal(await count('taken_changes'), 2);
    });

    const comparisons = { reconciliations: { days: 50 }, reconciliationDifferences: { days: 50 } };

    it('leaves comparisons as long as a difference of them is left, and open ones stay for good', async () => {
      const lose = (...ids: string[]): void =>
        bench.city.behave({
          mode: 'lose-records',
          refuse: ({ id }) => (ids.includes(id) ? { code: '', message: '' } : null),
        });
      lose(recordId(2), recordId(3));
      await sendOn(0, ...firstVersions(4));
      await sendOn(1, ...firstVersions(4, 20));
      for (const day of ['2026-06-30', '2026-07-01']) await reconcile(day);
      const { database } = bench.test;
      assert.equal(await count('reconciliation_differences'), 2);
      await bench.query(
        `update reconciliation_differences set closed_at = $1, closed_by = 'resend' where record_id = $2`,
        [bench.now, recordId(2)],
      );
      await apply(50, comparisons);
      assert.equal(await count('reconciliation_differences'), 2);
      await apply(52, comparisons);
      const of = { destination: 'city', day: '2026-06-30' };
      const left = await listDifferences(database, of, { after: 0, limit: 10 });
      assert.deepEqual(
        left.map(({ recordId: id, closedAt }) => [id, closedAt]),
        [[recordId(3), null]],
      );
      assert.equal(await count('reconciliations'), 2, 'one has an open difference, the other is the latest');
      await bench.query(`update reconciliation_differences set closed_at = $1, closed_by = 'word'`, [
        bench.now,
      ]);
      await apply(200, comparisons);
      assert.equal(await count('reconciliation_differences'), 1, 'its day can be compared once more');
      await apply(200, { ...comparisons, takenChanges }, { rowsAtOnce: 1 });
      assert.deepEqual([await count('reconciliation_differences'), await count('reconciliations')], [0, 1]);
      assert.deepEqual(told().slice(-2), [
        ['differences.deleted', 1],
        ['reconciliations.deleted', 1],
      ]);
      const nightly = { destination: 'city', day: '2027-01-31', by: 'gateway', at: at(215) };
      assert.equal(await orderDaysUpTo(database, nightly, 31), 31, 'the latest day tells how far to make up');
    });
  });

  describe('as places of the digest of the feed', () => {
    const view: ReaderView = { openTypes: ['administrative-penalty'], closedTypes: [], openness: 'shared' };
    const wider: ReaderView = { ...view, openness: 'authorised' };
    const feedDigests = { days: 10 };
    const views = [digestViewOf(view)];
    const places = async (of: ReaderView): Promise<number[]> =>
      (
        await bench.query<{ position: number }>(
          'select position from feed_digests where view = $1 order by 1',
          [digestViewOf(of)],
        )
      ).map(({ position }) => position);
    const fill = async (): Promise<void> => {
      for (let n = 0; n < 4; n += 1)
        await writeChunk(bench.test.database, {
          changes: firstVersions(4000, n * 4000 + 1),
          committedAt: at(n),
        });
      for (const of of [view, wider])
        await keepFeedDigest({ sql: bench.test.database, view: of, signal: new AbortController().signal });
    };
    const digest = (of: ReaderView, lastEventId?: string) =>
      readFeedDigest(lastEventId, { sql: bench.test.database, view: of });

    it('goes but for the newest where nobody has the view, and is worked out again as it was', async () => {
      await fill();
      const told = [await digest(wider, '7000'), await digest(wider)];
      await apply(11.5, { feedDigests }, { views });
      assert.deepEqual(await places(view), [5000, 10_000, 15_000]);
      assert.deepEqual(await places(wider), [10_000, 15_000], 'its event is of the second day');
      await apply(100, { feedDigests }, { views });
      assert.deepEqual(await places(wider), [15_000]);
      assert.deepEqual(await places(view), [5000, 10_000, 15_000], 'a reader may ask behind each of them');
      assert.deepEqual([await digest(wider, '7000'), await digest(wider)], told);
    });

    it('goes in front of the beginning of the feed; the chain from its first event on is carried on', async () => {
      await fill();
      const before = await digest(view);
      const all = [];
      for (let after = 0; after < 16_000; after += 1000)
        all.push(
          ...(await readFeed(
            { lastEventId: String(after), limit: 1000, view },
            { sql: bench.test.database, clock: () => START },
          )),
        );
      assert.equal(before.digest, all.reduce(foldEvent, EMPTY_DIGEST));
      await bench.query('update feed_horizon set first_kept = 10001');
      await apply(100, { feedDigests }, { views, rowsAtOnce: 1 });
      assert.deepEqual(await places(view), [10_000, 15_000]);
      assert.deepEqual(await digest(view), before);
      await bench.query('update feed_horizon set first_kept = 16001');
      await apply(100, { feedDigests }, { views });
      assert.deepEqual(await places(view), [15_000], 'the newest');
    });
  });

  it('goes once where two jobs run at once, and what a job that was killed left goes with the next', async () => {
    await sendOn(0, ...firstVersions(12));
    const all = { messages: { days: 10 }, messageAttempts: { days: 5 }, takenChanges: { days: 40 } };
    let portions = 0;
    const audit: RetentionNeeds['audit'] = async (sql, entries) => {
      portions += 1;
      if (portions === 3) await sql.query('select pg_terminate_backend(pg_backend_pid())');
      await appendAudits(sql, entries);
    };
    await assert.rejects(apply(100, all, { rowsAtOnce: 2, audit }));
    assert.equal(await count('taken_changes'), 8, 'two portions were committed, the third was not');
    await Promise.all([1, 2].map(() => apply(100, all, { rowsAtOnce: 2 })));
    await apply(100, all);
    assert.deepEqual(
      [await count('taken_changes'), await count('message_attempts'), await count('messages')],
      [0, 0, 1],
    );
    const { rows } = await bench.test.database.query<{ action: string; n: number }>(
      `select action, sum((details::json ->> 'count')::int)::int as n from audit_entries group by 1 order by 1`,
    );
    assert.deepEqual(
      rows.map(({ action, n }) => [action, n]),
      [
        ['message-attempts.deleted', 12],
        ['messages.deleted', 11],
        ['taken-changes.deleted', 12],
      ],
    );
  });
});
