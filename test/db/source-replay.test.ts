// An order to judge once more what a source delivered in a time is stored at once and worked off behind the request.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { bindBatchReplays } from '../../src/app/batch-replays.js';
import type { ReplayNeeds } from '../../src/app/plan-replay.js';
import { previewStretch } from '../../src/app/preview-replay.js';
import type { Site } from '../../src/app/site.js';
import {
  dueSourceReplays,
  endSourceReplay,
  insertSourceReplay,
  readLookedAt,
  readSourceReplay,
} from '../../src/db/source-replays.js';
import { NOW, SOURCE, type IntakeBench } from '../helpers/intake.js';
import { openLoosenedBench } from '../helpers/loosened-bench.js';
import { UNKNOWN_KIND } from '../helpers/loosened-site.js';
import { penaltiesCsv } from '../helpers/penalties.js';
import { orderStretch, planner, replayStretch } from '../helpers/source-replays.js';

describe('the replay of all that a source delivered in a time', () => {
  let loosened: Site;
  let bench: IntakeBench;
  let now: Date;
  openLoosenedBench((opened) => {
    ({ loosened, bench, now } = opened);
  });

  const STRETCH = { source: SOURCE, from: NOW, before: new Date(NOW.getTime() + 1) };
  const needs = (originals = bench.originals): ReplayNeeds => ({
    site: loosened,
    clock: () => now,
    storage: { database: bench.test.database, originals, sealer: bench.sealer },
  });
  const ingest = async (count: number): Promise<string[]> => {
    const ids: string[] = [];
    for (let n = 0; n < count; n += 1)
      ids.push((await bench.ingest(penaltiesCsv([{ n, CF_XDR_LB: UNKNOWN_KIND }]))).id);
    return ids;
  };
  const replays = async (): Promise<number> =>
    (
      await bench.test.database.query<{ n: number }>(
        'select count(*) as n from batches where replay_of is not null',
      )
    ).rows[0]!.n;
  /** Originals that are opened through it are counted, and fail where `fails` says so. */
  const counted = (fails: (opened: number) => boolean = () => false) => {
    let opened = 0;
    const originals = {
      ...bench.originals,
      open: (id: string) => {
        opened += 1;
        return fails(opened) ? Promise.reject(new Error('The storage is gone.')) : bench.originals.open(id);
      },
    };
    return { originals, opened: () => opened };
  };

  it('opens no original when it is ordered, and is one order however often it is asked for', async () => {
    await ingest(3);
    const { originals, opened } = counted();
    const orders = await Promise.all([1, 2, 3].map(() => orderStretch(STRETCH, needs(originals))));
    assert.deepEqual([opened(), await replays()], [0, 0]);
    assert.deepEqual(orders.map(({ isNew }) => isNew).sort(), [false, false, true]);
    assert.equal(new Set(orders.map(({ order }) => order.id)).size, 1);
    assert.deepEqual([orders[0]?.order.batches, orders[0]?.order.finishedAt], [3, null]);
    assert.deepEqual(await dueSourceReplays(bench.test.database, now), [SOURCE]);
    const { rows } = await bench.test.database.query(
      `select details from audit_entries where action = 'source.replay-ordered'`,
    );
    assert.equal(rows.length, 1);
    await planner(needs(originals))(SOURCE);
    assert.deepEqual([opened(), await replays()], [3, 3]);
    assert.deepEqual(await dueSourceReplays(bench.test.database, now), []);
    const { order: next, isNew } = await orderStretch(STRETCH, needs());
    assert.deepEqual([isNew, next.id !== orders[0]?.order.id], [true, true]);
  });

  it('is a new order where the pending one ends just before it is read', async () => {
    await ingest(1);
    const { database } = bench.test;
    const { order: pending } = await orderStretch(STRETCH, needs());
    const asked = { ...STRETCH, id: randomUUID(), reason: 'again', by: 'operator:k', at: now };
    const { order, isNew } = await database.transaction((sql) =>
      insertSourceReplay(
        {
          query: async (text: string, values: readonly unknown[]) => {
            const answer = await sql.query(text, [...values]);
            if (answer.rowCount === 0) await endSourceReplay(database, pending.id, now);
            return answer;
          },
        } as never,
        asked,
      ),
    );
    assert.deepEqual([order.id, isNew], [asked.id, true]);
  });

  it('goes on where it was when its worker is killed, each batch once and in order, and takes none that came later', async () => {
    const ids = await ingest(4);
    const { order } = await orderStretch(STRETCH, needs());
    await ingest(1);
    const stop = new AbortController();
    const dying = planner(needs(), { signal: stop.signal, onOrdered: async () => stop.abort() });
    await dying(SOURCE);
    assert.equal(await replays(), 1);
    await Promise.all([planner(needs())(SOURCE), planner(needs())(SOURCE)]);
    const lookedAt = await readLookedAt(bench.test.database, order.id);
    assert.deepEqual(
      lookedAt.map(({ batch, isNew }) => [batch, isNew]),
      ids.map((id) => [id, true]),
    );
    assert.equal(await replays(), 4);
    const done = await readSourceReplay(bench.test.database, SOURCE, order.id);
    assert.deepEqual(done?.finishedAt, now);
    assert.equal(await readSourceReplay(bench.test.database, 'another', order.id), undefined);
  });

  it('is tried again later where an original cannot be opened by our fault, and loses no batch by it', async () => {
    const ids = await ingest(3);
    const { order } = await orderStretch(STRETCH, needs());
    const { originals } = counted((opened) => opened === 2);
    await planner(needs(originals))(SOURCE);
    const waiting = await readSourceReplay(bench.test.database, SOURCE, order.id);
    assert.deepEqual([waiting?.failures, waiting?.finishedAt, await replays()], [1, null, 1]);
    assert.deepEqual(await dueSourceReplays(bench.test.database, now), []);
    now = new Date(now.getTime() + 60_000);
    await planner(needs())(SOURCE);
    assert.deepEqual(
      (await readLookedAt(bench.test.database, order.id)).map(({ batch }) => batch),
      ids,
    );
  });

  it('passes over an original that cannot be read five times, and goes on with what is behind it', async () => {
    const ids = await ingest(3);
    const { order } = await orderStretch(STRETCH, needs());
    const open = (id: string) =>
      id === ids[1] ? Promise.reject(new Error('ENOENT: no such file')) : bench.originals.open(id);
    const stands = async (): Promise<unknown[]> => {
      await planner(needs({ ...bench.originals, open }))(SOURCE);
      now = new Date(now.getTime() + 600_000);
      const { failures, finishedAt } = (await readSourceReplay(bench.test.database, SOURCE, order.id))!;
      const lookedAt = await readLookedAt(bench.test.database, order.id);
      return [failures, finishedAt !== null, ...lookedAt.map(({ skipped }) => skipped)];
    };
    for (const failures of [1, 2, 3, 4]) assert.deepEqual(await stands(), [failures, false, null]);
    assert.deepEqual(await stands(), [0, true, null, 'internal.unexpected', null]);
    assert.equal(await replays(), 2);
  });

  it('is done at once where nothing was delivered', async () => {
    const { order, isNew } = await orderStretch({ ...STRETCH, before: NOW }, needs());
    assert.deepEqual([isNew, order.batches, order.finishedAt], [true, 0, now]);
    assert.deepEqual(await replayStretch({ ...STRETCH, before: NOW }, needs()), []);
  });

  it('is previewed as far as a preview goes, and names what it did not look at', async () => {
    const [first = ''] = await ingest(1);
    const { database } = bench.test;
    // The same bytes, delivered fifty times more: each copy of the batch reads a file of its own.
    await database.query(
      `insert into batches (id, source, agency, record_type, mapping, status, sha256, bytes, reading, received_at, finished_at)
       select gen_random_uuid(), source, agency, record_type, mapping, status, sha256, bytes, reading, received_at, finished_at
       from batches, generate_series(1, 51) where id = $1`,
      [first],
    );
    const originals = { ...bench.originals, open: () => bench.originals.open(first) };
    const { previews, skipped, left, maxRows, maxBatches } = await previewStretch(STRETCH, needs(originals));
    assert.deepEqual([previews.length, skipped.length, left.length], [50, 0, 2]);
    assert.deepEqual([maxRows, maxBatches, previews[0]?.maxRows], [200_000, 50, 200_000]);
  });

  it('is previewed for no more batches than can be ordered at once', async () => {
    const [first = ''] = await ingest(1);
    await bench.test.database.query(
      `insert into batches (id, source, agency, record_type, mapping, status, sha256, bytes, reading, received_at)
       select gen_random_uuid(), source, agency, record_type, mapping, status, sha256, bytes, reading, received_at
       from batches, generate_series(1, 1000) where id = $1`,
      [first],
    );
    const { previewSourceReplay } = bindBatchReplays(needs() as never);
    await assert.rejects(previewSourceReplay(STRETCH), { code: 'request.malformed' });
  });
});
