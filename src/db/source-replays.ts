// Orders to judge once more what a source delivered in a time, and what became of each of their batches.
import { GatewayError } from '../core/errors.js';
import type { DeliveredStretch } from './batch-replays.js';
import { COLUMNS, type Batch } from './batches.js';
import type { Connection, Sql } from './pool.js';

export interface SourceReplay {
  readonly id: string;
  readonly source: string;
  readonly from: Date;
  readonly to: Date;
  readonly reason: string;
  /** As in the audit log. */
  readonly by: string;
  readonly orderedAt: Date;
  /** When all its batches had been looked at; null before. */
  readonly finishedAt: Date | null;
  /** How many batches it is about. */
  readonly batches: number;
  readonly failures: number;
}

export interface LookedAt {
  readonly batch: string;
  /** Null where it is not replayed. */
  readonly replay: string | null;
  /** False where a replay was under way. */
  readonly isNew: boolean | null;
  /** The code of why it is not replayed. */
  readonly skipped: string | null;
}

export interface NewSourceReplay extends DeliveredStretch {
  readonly id: string;
  readonly reason: string;
  readonly by: string;
  readonly at: Date;
}

const ORDERS = `select id, source, received_from as "from", received_before as "to", reason, ordered_by as by,
  ordered_at as "orderedAt", finished_at as "finishedAt", batches, failures from source_replay_orders`;

/** Orders it; gives the one that is pending for the same stretch where there is one. An order without batches is done at once. */
export async function insertSourceReplay(
  sql: Connection,
  order: NewSourceReplay,
): Promise<{ order: SourceReplay; isNew: boolean }> {
  // The pending one may end before it is read; then there is room for this one.
  const made = (await insertOrFind(sql, order)) ?? (await insertOrFind(sql, order));
  if (made === undefined) throw new GatewayError('internal.unexpected', 'A pending order is gone.');
  return made;
}

async function insertOrFind(
  sql: Connection,
  order: NewSourceReplay,
): Promise<{ order: SourceReplay; isNew: boolean } | undefined> {
  const values = [order.source, order.from, order.before];
  const { rowCount } = await sql.query(
    `insert into source_replay_orders (id, source, received_from, received_before, reason, ordered_by, ordered_at, batches,
       last_number, due_at, finished_at)
     select $4, $1, $2, $3, $5, $6, $7, count(*), coalesce(max(number), 0),
       case when count(*) > 0 then $7::timestamptz end, case when count(*) = 0 then $7::timestamptz end
     from batches where source = $1 and received_at >= $2 and received_at < $3 and replay_of is null
     on conflict (source, received_from, received_before) where finished_at is null do nothing`,
    [...values, order.id, order.reason, order.by, order.at],
  );
  const isNew = rowCount === 1;
  const { rows } = await sql.query(
    isNew
      ? `${ORDERS} where id = $1`
      : `${ORDERS} where source = $1 and received_from = $2 and received_before = $3 and finished_at is null`,
    isNew ? [order.id] : values,
  );
  const found = rows[0] as unknown as SourceReplay | undefined;
  return found && { order: found, isNew };
}

/** Reads an order of a source; undefined where there is no such one. */
export async function readSourceReplay(
  sql: Sql,
  source: string,
  id: string,
): Promise<SourceReplay | undefined> {
  const { rows } = await sql.query(`${ORDERS} where source = $1 and id = $2`, [source, id]);
  return rows[0] as unknown as SourceReplay | undefined;
}

/** Reads what became of the batches that were looked at, in their order. */
export async function readLookedAt(sql: Sql, id: string): Promise<LookedAt[]> {
  const { rows } = await sql.query(
    `select batch_id as batch, replay_id as replay, is_new as "isNew", skipped from source_replays
     where order_id = $1 order by number`,
    [id],
  );
  return rows as unknown as LookedAt[];
}

/** Names the sources with an order that is due. */
export async function dueSourceReplays(sql: Sql, now: Date): Promise<string[]> {
  const { rows } = await sql.query<{ source: string }>(
    'select distinct source from source_replay_orders where due_at <= $1',
    [now],
  );
  return rows.map(({ source }) => source);
}

/** Gives the order of a source that has been due longest, and the next batch that it has not looked at; undefined for a batch where there is none left. */
export async function nextToLookAt(
  sql: Sql,
  source: string,
  now: Date,
): Promise<{ order: SourceReplay; batch: Batch | undefined } | undefined> {
  const orders = await sql.query(
    `${ORDERS} where source = $1 and due_at <= $2 order by ordered_at, id limit 1`,
    [source, now],
  );
  const order = orders.rows[0] as unknown as SourceReplay | undefined;
  if (order === undefined) return undefined;
  const { rows } = await sql.query(
    `select ${COLUMNS} from batches
     where source = $1 and received_at >= $2 and received_at < $3 and replay_of is null
       and number > (select looked_to from source_replay_orders where id = $4)
       and number <= (select last_number from source_replay_orders where id = $4)
     order by number limit 1`,
    [source, order.from, order.to, order.id],
  );
  return { order, batch: rows[0] as unknown as Batch | undefined };
}

/** Notes what became of a batch of an order; a second time changes nothing. */
export async function noteLookedAt(sql: Connection, id: string, looked: LookedAt): Promise<void> {
  await sql.query(
    `with batch as (select id, number from batches where id = $2),
     noted as (
       insert into source_replays (order_id, batch_id, number, replay_id, is_new, skipped)
       select $1, id, number, $3, $4, $5 from batch on conflict do nothing)
     update source_replay_orders set looked_to = greatest(looked_to, (select number from batch)), failures = 0
     where id = $1`,
    [id, looked.batch, looked.replay, looked.isNew, looked.skipped],
  );
}

/** Notes that all batches of an order have been looked at. */
export async function endSourceReplay(sql: Sql, id: string, at: Date): Promise<void> {
  await sql.query(
    'update source_replay_orders set due_at = null, finished_at = $2 where id = $1 and finished_at is null',
    [id, at],
  );
}

/** Puts an order off that could not be gone on with. */
export async function postponeSourceReplay(sql: Sql, id: string, dueAt: Date): Promise<void> {
  await sql.query(
    'update source_replay_orders set due_at = $2, failures = failures + 1 where id = $1 and finished_at is null',
    [id, dueAt],
  );
}
