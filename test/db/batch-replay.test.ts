// A batch is judged once more: by the mapping of today, in the order of then, as a batch of its own.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { orderReplay, originalOf } from '../../src/app/order-replay.js';
import type { ReplayNeeds } from '../../src/app/plan-replay.js';
import { previewReplay, previewStretch, type ReplayPreview } from '../../src/app/preview-replay.js';
import type { Site } from '../../src/app/site.js';
import { isGatewayError } from '../../src/core/errors.js';
import { readChangesAfter } from '../../src/db/changes.js';
import { lastDeliveries } from '../../src/db/last-batches.js';
import { lockPastBatch } from '../../src/db/past-retention.js';
import { deliveryDays, sumBatches } from '../../src/db/scorecard.js';
import { createOriginals } from '../../src/platform/originals.js';
import { NOW, SOURCE, type IntakeBench } from '../helpers/intake.js';
import { openLoosenedBench } from '../helpers/loosened-bench.js';
import { UNKNOWN_KIND } from '../helpers/loosened-site.js';
import { penaltiesCsv, type Cells } from '../helpers/penalties.js';
import { projectRoot } from '../../src/platform/project-root.js';
import { replayStretch } from '../helpers/source-replays.js';

const LISTS = path.join(projectRoot, 'test/fixtures/uploads/serious-dishonesty-list-entry.csv');
const ORDER = { actor: 'operator:1', reason: 'the kind is in the list now' };
type Row = Cells & { n: number };
const good = (n: number, cells: Cells = {}): Row => ({ n, ...cells });
const faulty = (n: number, cells: Cells = {}): Row => ({ n, CF_XDR_LB: UNKNOWN_KIND, ...cells });

async function* failWhen(stream: Readable, isOver: () => boolean): AsyncGenerator<Buffer> {
  for await (const piece of stream as AsyncIterable<Buffer>) {
    if (isOver()) throw new Error('The storage is gone.');
    yield piece;
  }
}

describe('a replay of a batch', () => {
  let loosened: Site;
  let bench: IntakeBench;
  let now: Date;
  openLoosenedBench((opened) => {
    ({ loosened, bench, now } = opened);
  });

  const needs = (site = loosened): ReplayNeeds => ({
    site,
    clock: () => now,
    storage: { database: bench.test.database, originals: bench.originals, sealer: bench.sealer },
  });
  const order = async (id: string, site = loosened): Promise<string> =>
    (await orderReplay(id, ORDER, needs(site))).replay;
  const preview = async (id: string, site = loosened): Promise<ReplayPreview> =>
    previewReplay(await originalOf(id, needs(site)), needs(site));
  const replay = async (id: string): Promise<ReturnType<IntakeBench['view']>> => {
    const replayed = await order(id);
    await bench.work({ site: loosened, chunkRows: 3 });
    return bench.view(replayed);
  };
  const ingest = async (rows: readonly Row[], extra: Parameters<typeof penaltiesCsv>[1] = []) =>
    (await bench.ingest(penaltiesCsv(rows, extra))).id;
  const count = async (what: string): Promise<number> => {
    const { rows } = await bench.test.database.query<{ count: number }>(`select count(*) from ${what}`);
    return rows[0]?.count ?? 0;
  };
  const log = async (): Promise<string[]> => {
    const { changes } = await readChangesAfter(bench.test.database, {
      after: 0,
      limit: 1000,
      today: '2026-07-01',
    });
    return changes.map(
      ({ position, version, operation, recordId }) =>
        `${position} ${recordId.slice(0, 4)} ${version}${operation}`,
    );
  };

  it('takes what was rejected and passes now; the account and receipt of the first batch stay', async () => {
    const first = await ingest([good(0), faulty(1), faulty(2, { CF_JDRQ: '' }), good(3), faulty(4)]);
    const before = await bench.view(first);
    assert.deepEqual([before.counts.new, before.counts.rejected], [2, 3]);
    const batch = await replay(first);
    assert.deepEqual(
      [batch.status, batch.counts.new, batch.counts.unchanged, batch.counts.rejected, batch.replayOf],
      ['partially-accepted', 2, 2, 1, first],
    );
    assert.deepEqual(
      batch.warnings.map((warning) => warning.code),
      ['batch.replay'],
    );
    assert.ok(batch.warnings[0]?.message.includes(ORDER.reason));
    assert.deepEqual(await bench.view(first), { ...before, replayedBy: batch.id });
    assert.notEqual(batch.mappingVersion, before.mappingVersion);
    const kept = await bench.test.database.query('select batch_id as b, row_number as r from rejected_rows');
    assert.deepEqual(kept.rows, [{ b: batch.id, r: 4 }], 'rejected rows are kept once');
    assert.equal((await bench.problems(first)).total > (await bench.problems(batch.id)).total, true);
  });

  it('is foreseen by its preview, verdict by verdict and code by code, and the preview writes nothing', async () => {
    const first = await ingest([
      good(0),
      faulty(1),
      faulty(1, { CF_NR: '罚款贰佰元整' }),
      faulty(2, { CF_JDRQ: '' }),
      good(3),
      faulty(4),
      faulty(4),
      good(5, { CF_XDR_MC: '' }),
    ]);
    await ingest([good(4, { CF_NR: '罚款叁佰元整' }), good(6)]);
    const tables = ['batches', 'chunks', 'record_versions', 'rejected_rows', 'row_problems', 'audit_entries'];
    const counts = async (): Promise<number[]> => Promise.all(tables.map(count));
    const stored = await counts();
    const foreseen = await preview(first);
    assert.deepEqual(await counts(), stored);
    assert.deepEqual([foreseen.before.rejected, foreseen.wouldPass, foreseen.wouldFail], [6, 4, 0]);
    assert.equal(foreseen.isSameMapping, false);
    assert.deepEqual(
      foreseen.problems.find((each) => each.code === 'value.not-in-list'),
      { code: 'value.not-in-list', gone: 5, still: 0, added: 0 },
    );
    const batch = await replay(first);
    assert.deepEqual(foreseen.after, batch.counts);
    const { rows } = await bench.test.database.query<{ code: string; rows: number }>(
      `select code, count(distinct row_number)::int as rows from row_problems where batch_id = $1 group by code`,
      [batch.id],
    );
    assert.deepEqual(
      new Map(rows.map((row) => [row.code, row.rows])),
      new Map(
        foreseen.problems.flatMap((each) =>
          each.still + each.added > 0 ? [[each.code, each.still + each.added] as const] : [],
        ),
      ),
    );
    const again = await preview(first);
    assert.deepEqual([again.comparedWith, again.wouldPass, again.after.new], [batch.id, 0, 0]);
    assert.equal(again.isSameMapping, true);
  });

  it('never overwrites what came later: stale, by version time, batch and row', async () => {
    const first = await ingest([good(0), faulty(1), faulty(2), good(9, { CF_NR: '罚款壹佰元整' })]);
    await ingest([good(1, { CF_NR: '罚款贰佰元整' }), good(9, { CF_NR: '罚款叁佰元整' })]);
    const batch = await replay(first);
    assert.deepEqual([batch.counts.stale, batch.counts.unchanged, batch.counts.new], [2, 1, 1]);
    const { rows } = await bench.test.database.query<{ content: string }>(
      `select data::json ->> 'penaltyContent' as content from record_versions
       where document_number like '%〕1号' or document_number like '%〕9号' order by document_number, version desc`,
    );
    assert.deepEqual(
      rows.map(({ content }) => content),
      ['罚款贰佰元整', '罚款叁佰元整', '罚款壹佰元整'],
    );
  });

  it('leaves what a replay stored older than a batch between: the order is that of the originals', async () => {
    const first = await ingest([faulty(1, { CF_NR: '罚款壹佰元整' })]);
    const second = await ingest([faulty(1, { CF_NR: '罚款贰佰元整' })]);
    // The later one first: its content has to stand.
    assert.equal((await replay(second)).counts.new, 1);
    assert.equal((await replay(first)).counts.stale, 1);
  });

  it('brings nothing back that was withdrawn since', async () => {
    const first = await ingest([good(0), faulty(1)]);
    await ingest([good(0, { 操作: '撤销' })], ['操作']);
    const batch = await replay(first);
    assert.deepEqual([batch.counts.stale, batch.counts.new], [1, 1]);
  });

  it('waits its turn behind what the source has delivered, and positions go on without a hole', async () => {
    const first = await ingest([good(0), faulty(1)]);
    const waiting = await bench.receive(penaltiesCsv([good(7)]));
    const replayed = await order(first);
    await bench.work({ site: loosened });
    assert.deepEqual(
      [(await bench.view(waiting)).counts.new, (await bench.view(replayed)).counts.new],
      [1, 1],
    );
    const positions = (await log()).map((line) => Number(line.split(' ')[0]));
    assert.deepEqual(positions, [1, 2, 3]);
    assert.equal(new Set((await log()).map((line) => line.split(' ')[1])).size, 3);
  });

  it('is one, however often and at once it is ordered', async () => {
    const first = await ingest([good(0), faulty(1)]);
    const replays = await Promise.all(Array.from({ length: 4 }, () => order(first)));
    assert.equal(new Set(replays).size, 1);
    const { rows } = await bench.test.database.query(
      `select details from audit_entries where action = 'batch.replay-ordered'`,
    );
    assert.equal(rows.length, 1);
    assert.ok(String(rows[0]?.['details']).includes(ORDER.reason));
    await bench.work({ site: loosened });
    assert.notEqual(await order(first), replays[0], 'a settled one is not under way');
  });

  it('goes on behind its last committed chunk where it broke off, each record once and in order', async () => {
    const first = await ingest(Array.from({ length: 600 }, (_, n) => faulty(n)));
    const replayed = await order(first);
    let reads = 0;
    const flaky = {
      ...bench.originals,
      open: async (id: string) => {
        const bytes = await bench.originals.open(id);
        return { ...bytes, read: () => Readable.from(failWhen(bytes.read(), () => (reads += 1) > 3)) };
      },
    };
    await bench.work({ site: loosened, originals: flaky, chunkRows: 60 });
    const broken = await bench.view(replayed);
    assert.equal(broken.status, 'processing');
    assert.ok(broken.counts.received > 0 && broken.counts.received < 600, String(broken.counts.received));
    assert.equal(await order(first), replayed, 'it is still the one');
    await bench.test.database.query('update batches set retry_at = null');
    await bench.work({ site: loosened, chunkRows: 45 });
    const done = await bench.view(replayed);
    assert.deepEqual([done.status, done.counts.received, done.counts.new], ['accepted', 600, 600]);
    const lines = await log();
    assert.deepEqual(
      lines.map((line) => Number(line.split(' ')[0])),
      Array.from({ length: 600 }, (_, i) => i + 1),
    );
    assert.equal(await count('record_versions'), 600);
    assert.equal(await count('rejected_rows'), 0);
  });

  it('is refused where the batch has not settled, or is held', async () => {
    const waiting = await bench.receive(penaltiesCsv([good(0)]));
    await assert.rejects(order(waiting), (error: unknown) => isGatewayError(error, 'batch.not-settled'));
    await bench.test.database.query(
      `update batches set status = 'held', finished_at = now(), hold_reason = 'rejected-share', preview = '{}'`,
    );
    await assert.rejects(order(waiting), (error: unknown) => isGatewayError(error, 'batch.not-settled'));
    await assert.rejects(preview(waiting), (error: unknown) => isGatewayError(error, 'batch.not-settled'));
  });

  it('is refused once the original is gone, and keeps it from going until it has settled', async () => {
    const first = await ingest([good(0), faulty(1)]);
    const cutoffs = { others: 'infinity', byType: {} };
    const past = (): Promise<string | undefined> =>
      bench.test.database.transaction((sql) => lockPastBatch(sql, 'originals', cutoffs));
    await order(first);
    assert.equal(await past(), undefined);
    await bench.work({ site: loosened });
    assert.equal(await past(), first, 'and never the replay itself');
    await bench.test.database.query('update batches set original_deletion_ordered_at = now() where id = $1', [
      first,
    ]);
    await assert.rejects(order(first), (error: unknown) => isGatewayError(error, 'batch.past-retention'));
    await assert.rejects(preview(first), (error: unknown) => isGatewayError(error, 'batch.past-retention'));
  });

  it('takes up a batch that failed on our side, and a replay of a replay reads the original', async () => {
    const first = await ingest([good(0), faulty(1)]);
    await bench.test.database.query(`update batches set status = 'failed' where id = $1`, [first]);
    const batch = await replay(first);
    assert.equal(batch.counts.new, 1);
    const again = await replay(batch.id);
    assert.deepEqual([again.replayOf, again.counts.unchanged], [first, 2]);
    assert.ok(again.warnings.some((warning) => warning.code === 'batch.same-mapping'));
  });

  it('is free to be ordered again where it failed for good', async () => {
    const first = await ingest([good(0), faulty(1)]);
    const replayed = await order(first);
    const broken = createOriginals('/nowhere', {
      id: '0a0b0c0d',
      encryption: Buffer.alloc(32),
      index: Buffer.alloc(32),
    });
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const later = new Date(NOW.getTime() + attempt * 3_600_000);
      await bench.work({ site: loosened, originals: broken, clock: () => later });
    }
    assert.equal((await bench.view(replayed)).status, 'failed');
    assert.equal((await replay(first)).counts.new, 1);
  });

  it('counts in no score card, ends no reminder, and is no last delivery', async () => {
    const first = await ingest([good(0), faulty(1)]);
    const { rows } = await bench.test.database.query<{ repeated: number }>(
      `select sum(repeated)::int as repeated from batches`,
    );
    assert.equal(rows[0]?.repeated, 0);
    const batch = await replay(first);
    const stretch = { from: new Date(0), before: new Date('2100-01-01') };
    const [sums] = await sumBatches(bench.test.database, stretch);
    assert.deepEqual([sums?.received, sums?.rejected], [2, 1]);
    assert.equal((await deliveryDays(bench.test.database, stretch)).get(SOURCE)?.length, 1);
    const [last] = await lastDeliveries(bench.test.database, [SOURCE]);
    assert.deepEqual([last?.batch.id, batch.replayOf], [first, first]);
  });

  it('is made of all that a source delivered in a time, in order, and names what is left out', async () => {
    const first = await ingest([faulty(1, { CF_NR: '罚款壹佰元整' }), good(3)]);
    const namesake = faulty(1, { CF_XDR_MC: '天津滨海同案商贸有限公司' });
    const second = await ingest([faulty(1, { CF_NR: '罚款贰佰元整' }), namesake]);
    const gone = await ingest([faulty(2)]);
    await bench.test.database.query('update batches set original_deletion_ordered_at = now() where id = $1', [
      gone,
    ]);
    const stretch = { source: SOURCE, from: NOW, before: new Date(NOW.getTime() + 1) };
    const { previews, skipped } = await previewStretch(stretch, needs());
    assert.deepEqual(skipped, [{ batch: gone, code: 'batch.past-retention' }]);
    assert.deepEqual(
      previews.map(({ batch, after }) => [batch, after.new, after.amended, after.unchanged]),
      [
        [first, 1, 0, 1],
        [second, 1, 1, 0],
      ],
    );
    const duplicate = previews[1]?.problems.find((each) => each.code === 'record.possible-duplicate');
    assert.equal(duplicate?.added, 1, 'of what the batch before would store');
    const lookedAt = await replayStretch(stretch, needs());
    assert.deepEqual(
      lookedAt.map(({ batch, isNew, skipped: code }) => [batch, isNew, code]),
      [
        [first, true, null],
        [second, true, null],
        [gone, null, 'batch.past-retention'],
      ],
    );
    await bench.work({ site: loosened });
    const replays = lookedAt.flatMap((each) => each.replay ?? []);
    const views = await Promise.all(replays.map((each) => bench.view(each)));
    assert.deepEqual(
      views.map(({ counts }) => counts),
      previews.map(({ after }) => after),
    );
  });

  it('is foreseen for entries in lists and their removals, in whichever batch they came', async () => {
    const sourceId = 'market-regulation-serious-dishonesty-list-entry';
    const [headings = '', ...rows] = readFileSync(LISTS, 'utf8').trimEnd().split(/\r?\n/);
    const entry = rows.find((row) => row.includes('津滨市监列〔2026〕1号')) ?? '';
    const removal = (rows.find((row) => row.includes('津滨市监移〔2026〕4号')) ?? '')
      .replace('津滨市监列〔2023〕4号', '津滨市监列〔2026〕1号')
      .replace('天津滨海示例食品第3有限公司', '天津滨海示例食品第0有限公司')
      .replace('91120116MA61000335', '91120116MA6100009L');
    const unknown = (row: string): string => row.replace('法人及非法人组织', UNKNOWN_KIND);
    assert.notEqual(unknown(entry), entry);
    for (const row of [entry, removal])
      assert.equal(
        (await bench.ingest([headings, unknown(row)].join('\r\n'), { sourceId })).counts.rejected,
        1,
      );
    const stretch = { source: sourceId, from: NOW, before: new Date(NOW.getTime() + 1) };
    const { previews } = await previewStretch(stretch, needs());
    assert.deepEqual(
      previews.map(({ after, problems }) => [after.new, problems.filter(({ added }) => added > 0)]),
      [
        [1, []],
        [1, []],
      ],
    );
    const replays = (await replayStretch(stretch, needs())).flatMap((each) => each.replay ?? []);
    await bench.work({ site: loosened, sourceId });
    const views = await Promise.all(replays.map((each) => bench.view(each)));
    assert.deepEqual(
      views.map(({ counts }) => counts),
      previews.map(({ after }) => after),
    );
    assert.deepEqual(
      (await log()).map((line) => line.split(' ')[2]),
      ['1u', '1u', '2d'],
    );
  });
});
