// The batches of front-end databases whose verdicts are to be written back (反馈库), and how far that has come.
import type { Sql } from './pool.js';

export interface DueFeedback {
  readonly batchId: string;
  /** The first row that is not known to be written. */
  readonly nextRow: number;
}

/** Makes the feedback of a batch due once it has settled; to be called in the transaction that stores the batch. */
export async function orderFeedback(sql: Sql, batch: { id: string; source: string }): Promise<void> {
  await sql.query(
    'insert into pull_feedback (batch_id, source) values ($1, $2) on conflict (batch_id) do nothing',
    [batch.id, batch.source],
  );
}

/** Reads the settled batches of a source whose feedback is due, oldest first. */
export async function readDueFeedback(sql: Sql, source: string): Promise<DueFeedback[]> {
  const { rows } = await sql.query(
    `select f.batch_id as "batchId", f.next_row as "nextRow"
     from pull_feedback f join batches b on b.id = f.batch_id
     where f.source = $1 and f.state = 'due' and b.status in ('accepted', 'partially-accepted', 'rejected')
     order by b.number`,
    [source],
  );
  return rows as unknown as DueFeedback[];
}

/** Notes that everything before a row is written. */
export async function moveFeedback(sql: Sql, { batchId, nextRow }: DueFeedback): Promise<void> {
  await sql.query('update pull_feedback set next_row = $2 where batch_id = $1', [batchId, nextRow]);
}

/** Notes that the feedback of a batch is written. */
export async function finishFeedback(sql: Sql, batchId: string): Promise<void> {
  await sql.query(`update pull_feedback set state = 'done' where batch_id = $1`, [batchId]);
}
