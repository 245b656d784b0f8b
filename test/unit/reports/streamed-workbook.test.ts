// A workbook on its way: it needs no more memory for more rows or for a slow reader, leaves nothing behind, and
// ends at once where the reader goes away.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import { PassThrough, Writable } from 'node:stream';
import { HEADINGS, penaltyRow } from '../../../bench/penalty-rows.js';
import type { ParsedRow } from '../../../src/core/rows.js';
import { writeCorrectionWorkbook, type CorrectionInput } from '../../../src/reports/correction-workbook.js';
import { AGENCY } from '../../helpers/penalties.js';
import { inputOf } from './correction-fixture.js';
import { startProcessorWatch } from '../../helpers/processor-time.js';

const MEGABYTE = 1_048_576;
const PIECE = 500;

interface Watched extends CorrectionInput {
  /** Rows asked for so far; whether the source was closed before its end. */
  readonly asked: { rows: number; closed: boolean };
}

/** Penalty rows, without end where no number is given. */
function penalties(count = Infinity): Watched {
  const asked = { rows: 0, closed: false };
  async function* rows(): AsyncGenerator<readonly ParsedRow[]> {
    try {
      for (let at = 0; at < count; at += PIECE) {
        asked.rows += PIECE;
        yield Array.from({ length: PIECE }, (_, i) => ({
          row: at + i + 2,
          cells: penaltyRow((at + i) % 10_000, AGENCY),
        }));
      }
    } finally {
      asked.closed = true;
    }
  }
  return { ...inputOf({ headings: HEADINGS }), rows: rows(), verdictOf: () => 'new', asked };
}

/** Swallows what is written, each piece after `ms`. */
function reader(ms: number): Writable & { bytes: number } {
  const out = new Writable({
    highWaterMark: 65_536,
    write: (chunk: Buffer, _, done) => {
      swallowing.bytes += chunk.length;
      if (ms === 0) done();
      else setTimeout(done, ms);
    },
  });
  const swallowing = Object.assign(out, { bytes: 0 });
  return swallowing;
}

async function growthOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
  await work();
  clearInterval(watch);
  return (Math.max(peak, process.memoryUsage.rss()) - before) / MEGABYTE;
}

describe('a workbook that is written while it is read', function () {
  this.timeout(60_000);

  it('needs no more memory for 50,000 rows than for 5,000', async () => {
    await writeCorrectionWorkbook(penalties(5_000), reader(0));
    const out = reader(0);
    const processorMs = startProcessorWatch();
    const growth = await growthOf(() => writeCorrectionWorkbook(penalties(50_000), out));
    const seconds = processorMs() / 1000;
    assert.ok(out.bytes > MEGABYTE);
    assert.ok(growth < 200, `grew by ${Math.round(growth)} MB`);
    assert.ok(seconds < 30, `took ${seconds.toFixed(1)} s`);
  });

  it('waits for a reader that stands still, instead of holding the rows', async () => {
    const input = penalties();
    const out = new Writable({ highWaterMark: 1, write: () => undefined });
    const writing = writeCorrectionWorkbook(input, out);
    let before = -1;
    while (before < input.asked.rows) {
      before = input.asked.rows;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    assert.ok(before < 40_000, `asked for ${before} rows`);
    out.destroy();
    await assert.rejects(writing);
  });

  for (const [what, leave] of [
    ['goes away', (out: Writable) => out.destroy()],
    ['fails', (out: Writable) => out.destroy(new Error('disk full'))],
  ] as const)
    it(`ends where the reader ${what} in the middle, and closes its sources`, async () => {
      const input = penalties();
      const out = reader(1);
      const writing = writeCorrectionWorkbook(input, out);
      setTimeout(() => leave(out), 100);
      await assert.rejects(writing, { message: what === 'fails' ? 'disk full' : /[Pp]remature/ });
      assert.ok(input.asked.closed);
    });

  it('ends where the reader goes away after the last row', async () => {
    const input = penalties(1_000);
    const out = new Writable({ highWaterMark: 1, write: () => undefined });
    const writing = writeCorrectionWorkbook(input, out);
    while (!input.asked.closed) await new Promise((resolve) => setTimeout(resolve, 20));
    setTimeout(() => out.destroy(), 300);
    await assert.rejects(writing);
  });

  it('ends where the reader was gone before', async () => {
    const out = new PassThrough();
    out.destroy();
    await assert.rejects(writeCorrectionWorkbook(penalties(), out));
  });

  it('ends where the client of a download hangs up, and the server goes on', async () => {
    const outcomes: Promise<string>[] = [];
    const server = http.createServer((_, response) => {
      const writing = writeCorrectionWorkbook(penalties(), response);
      outcomes.push(
        writing.then(
          () => 'written',
          (error: unknown) => (error as { code: string }).code,
        ),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    for (let client = 0; client < 5; client += 1) {
      const answer = await fetch(`http://127.0.0.1:${port}/`);
      const body = answer.body!.getReader();
      await body.read();
      await body.cancel();
    }
    assert.deepEqual(await Promise.all(outcomes), Array(5).fill('ERR_STREAM_PREMATURE_CLOSE'));
    await new Promise((resolve) => server.close(resolve));
  });

  it('breaks the download off where a source of it fails', async () => {
    const out = reader(0);
    const input = penalties(1_000);
    async function* failing(): AsyncGenerator<readonly ParsedRow[]> {
      yield* input.rows;
      throw new Error('the original is gone');
    }
    await assert.rejects(writeCorrectionWorkbook({ ...input, rows: failing() }, out), {
      message: 'the original is gone',
    });
    assert.ok(out.destroyed);
    assert.ok(!out.writableFinished);
  });

  it('leaves no temporary file behind', async () => {
    const before = readdirSync(os.tmpdir()).sort();
    await writeCorrectionWorkbook(penalties(1_000), reader(0));
    const out = reader(1);
    const writing = writeCorrectionWorkbook(penalties(), out);
    out.destroy();
    await assert.rejects(writing);
    const mine = readdirSync(os.tmpdir()).filter(
      (name) => !before.includes(name) && /xlsx|exceljs|^tmp-/.test(name),
    );
    assert.deepEqual(mine, []);
  });
});
