// A batch of which most rows would be rejected waits for a decision, with nothing of it stored.
import assert from 'node:assert/strict';
import { dropBatch, releaseBatch } from '../../src/db/held-batches.js';
import { NOW, openIntakeBench, type IntakeBench } from '../helpers/intake.js';
import { penaltiesCsv } from '../helpers/penalties.js';

/** The first `faulty` rows have no decision date. */
const mixed = (rows: number, faulty: number): string =>
  penaltiesCsv(Array.from({ length: rows }, (_, n) => (n < faulty ? { n, CF_JDRQ: '' } : { n })));

describe('a batch of which most rows would be rejected', () => {
  let bench: IntakeBench;
  beforeEach(async () => {
    bench = await openIntakeBench();
  });
  afterEach(() => bench.close());

  const stored = async (): Promise<number | undefined> => {
    const { rows } = await bench.test.database.query<{ count: number }>(
      `select (select count(*) from record_versions) + (select count(*) from rejected_rows)
         + (select count(*) from row_problems) as count`,
    );
    return rows[0]?.count;
  };
  const ingest = async (csv: string, chunkRows = 1000): Promise<string> => {
    const id = await bench.receive(csv);
    await bench.work({ chunkRows });
    return id;
  };

  it('is held with counts of 0 and a preview, and nothing of it is stored', async () => {
    const batch = await bench.view(await ingest(mixed(300, 200)));
    assert.equal(batch.status, 'held');
    assert.equal(batch.counts.received, 0);
    assert.equal(batch.hold?.reason, 'rejected-share');
    assert.equal(batch.preview?.rows, 300);
    assert.equal(batch.preview.counts.new, 100);
    assert.equal(batch.preview.counts.rejected, 200);
    assert.deepEqual(batch.preview.problems[0], { code: 'value.required', rows: 200 });
    assert.equal(await stored(), 0);
  });

  it('is judged by its first chunk alone, and by what other records say', async () => {
    const csv = penaltiesCsv(Array.from({ length: 1200 }, (_, n) => ({ n, BZ: '别的内容' })));
    await bench.ingest(penaltiesCsv(Array.from({ length: 150 }, (_, n) => ({ n }))), {
      sourceId: 'ecology-environment-penalty',
    });
    const batch = await bench.view(await ingest(csv, 200));
    assert.equal(batch.status, 'held');
    assert.ok((batch.preview?.rows ?? 0) < 400, 'the first chunk');
    assert.equal(batch.preview?.problems[0]?.code, 'record.other-agency');
  });

  it('passes once it is released, and is rejected with nothing counted once it is dropped', async () => {
    const { database } = bench.test;
    const released = await ingest(mixed(300, 200));
    const dropped = await ingest(mixed(301, 200));
    assert.equal(await releaseBatch(database, { id: released, at: NOW }), true);
    assert.equal(await releaseBatch(database, { id: released, at: NOW }), false, 'a second time');
    const warning = { code: 'batch.dropped', message: 'm', messageZh: 'm' };
    assert.equal(await dropBatch(database, { id: dropped, at: NOW, warning }), true);
    assert.equal(await dropBatch(database, { id: dropped, at: NOW, warning }), false, 'a second time');
    await bench.work();
    const [passed, gone] = [await bench.view(released), await bench.view(dropped)];
    assert.deepEqual(
      [passed.status, passed.counts.new, passed.counts.rejected],
      ['partially-accepted', 100, 200],
    );
    assert.equal(passed.preview, undefined);
    assert.deepEqual([gone.status, gone.counts.received], ['rejected', 0]);
    assert.equal(gone.warnings.at(-1)?.code, 'batch.dropped');
  });

  it('holds up no later batch of its source, and is judged in its old place when it comes back', async () => {
    const held = await ingest(mixed(300, 200));
    const later = await bench.ingest(penaltiesCsv([{ n: 250, BZ: '后来的内容' }]));
    assert.equal(later.counts.new, 1);
    await releaseBatch(bench.test.database, { id: held, at: NOW });
    await bench.work();
    const { counts } = await bench.view(held);
    assert.deepEqual([counts.new, counts.stale, counts.rejected], [99, 1, 200]);
  });

  it('is not held below 200 rows, at half of them, where no row would pass, or where its source allows more', async () => {
    const status = async (csv: string): Promise<string> => (await bench.view(await ingest(csv))).status;
    assert.equal(await status(mixed(199, 150)), 'partially-accepted');
    assert.equal(await status(mixed(400, 200)), 'partially-accepted');
    assert.equal(await status(mixed(250, 250)), 'rejected');
    const lenient = await bench.receive(mixed(260, 200));
    await bench.work({ chunkRows: 1000, source: { holdAboveRejectedShare: 0.8 } });
    assert.equal((await bench.view(lenient)).status, 'partially-accepted');
  });
});
