// Writes the verdicts of settled batches back into the agency's database, some hundred rows a statement. What is
// written twice is the same both times, so a writer that was killed is mended by the next one.
import type { DatabasePullSettings, Source } from '../../core/configuration.js';
import { shanghaiTime, type Clock } from '../../core/clock.js';
import type { Database } from '../../db/pool.js';
import { finishFeedback, moveFeedback, readDueFeedback, type DueFeedback } from '../../db/pull-feedback.js';
import { openFrontEnd } from '../../platform/front-end/open-front-end.js';
import type { Logger } from '../../platform/logger.js';
import type { Originals } from '../../platform/originals.js';
import { readFeedbackRows } from './feedback-rows.js';
import { openFeedbackTable, type FeedbackRow, type FeedbackTable } from './feedback-table.js';

export interface FeedbackWriterNeeds {
  readonly database: Database;
  readonly originals: Originals;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly readSecret: (file: string) => Promise<string>;
}

const ROWS_AT_ONCE = 500;

/** Makes the writer: it writes what is due of a source, and throws `pull.failed` or `pull.misconfigured`. */
export function createFeedbackWriter(needs: FeedbackWriterNeeds): (source: Source) => Promise<void> {
  return async (source) => {
    const settings = source.databasePull;
    if (settings?.feedbackTable === undefined) return;
    const due = await readDueFeedback(needs.database, source.id);
    if (due.length > 0) await writeAll(due, settings, needs);
  };
}

async function writeAll(
  due: readonly DueFeedback[],
  settings: DatabasePullSettings,
  needs: FeedbackWriterNeeds,
): Promise<void> {
  const frontEnd = await openFrontEnd(settings, needs);
  try {
    const table = await openFeedbackTable(frontEnd, settings, settings.feedbackTable ?? '');
    for (const batch of due) await writeBatch(batch, table, needs);
  } finally {
    await frontEnd.close();
  }
}

async function writeBatch(
  batch: DueFeedback,
  table: FeedbackTable,
  needs: FeedbackWriterNeeds,
): Promise<void> {
  const { database, originals } = needs;
  const { batchId } = batch;
  const range = { batchId, from: batch.nextRow, keyNames: table.keyNames };
  const stamp = { id: batchId, at: shanghaiTime(needs.clock()) };
  let written = 0;
  let block: FeedbackRow[] = [];
  const flush = async (): Promise<void> => {
    needs.signal.throwIfAborted();
    const last = block.at(-1);
    if (last === undefined) return;
    await table.write(stamp, block);
    await moveFeedback(database, { batchId, nextRow: last.row + 1 });
    written += block.length;
    block = [];
  };
  for await (const row of readFeedbackRows(range, { database, read: originals.read })) {
    block.push(row);
    if (block.length >= ROWS_AT_ONCE) await flush();
  }
  await flush();
  await finishFeedback(database, batchId);
  needs.log.info({ batch: batchId, rows: written }, 'Verdicts written to a feedback table');
}
