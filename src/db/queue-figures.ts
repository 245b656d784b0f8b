// How much waits in each queue and for how long. Every part is found by an index over what is not done yet.
import type { Sql } from './pool.js';

export const QUEUES = ['batches', 'pulls', 'notices', 'feedback', 'reminders'] as const;
export type QueueName = (typeof QUEUES)[number];

export interface QueueFigure {
  readonly queue: QueueName;
  readonly waiting: number;
  /** Since when the first of them is due; null where none is. */
  readonly since: Date | null;
}

const FIGURES = `
  select 'batches' as queue, count(*) as waiting, min(b.received_at) as since from batches b
    where b.status in ('received', 'processing') and not exists (select from source_pauses p where p.source = b.source)
  union all select 'pulls', count(*), min(p.due_at) from source_pulls p
    where p.due_at <= $1 and not exists (select from source_pauses s where s.source = p.source)
  union all select 'notices', count(*), min(due_at) from notice_deliveries where state = 'due' and due_at <= $1
  union all select 'feedback', count(*), min(due_at) from notice_feedback where state = 'due' and due_at <= $1
  union all select 'reminders', count(*), min(due_at) from source_reminders
    where state = 'due' and closed_at is null and due_at <= $1`;

/** Reads the queues; what belongs to stopped sources does not count. */
export async function readQueues(sql: Sql, now: Date): Promise<QueueFigure[]> {
  const { rows } = await sql.query(FIGURES, [now]);
  return rows as unknown as QueueFigure[];
}

export interface OpenBatches {
  readonly received: number;
  readonly processing: number;
  readonly held: number;
  readonly failed: number;
}

/** Counts the batches that are not settled, and those that failed for good. */
export async function countOpenBatches(sql: Sql): Promise<OpenBatches> {
  const { rows } = await sql.query(
    `select (select count(*) from batches where status in ('received', 'processing') and status = 'received') as received,
       (select count(*) from batches where status in ('received', 'processing') and status = 'processing') as processing,
       (select count(*) from batches where status = 'held') as held,
       (select count(*) from batches where status = 'failed') as failed`,
  );
  return rows[0] as unknown as OpenBatches;
}
