// The scheduled way in of each source: when it is due, where it left off and how its last run ended.
import type { Sql } from './pool.js';

export interface PullOrder {
  /** Reads everything again, whatever was seen before. */
  readonly isFull: boolean;
  /** Compares the whole set of keys as well. */
  readonly isSweep: boolean;
}

export interface DuePull extends PullOrder {
  readonly source: string;
  readonly dueAt: Date;
  readonly failures: number;
}

/** Makes the pull of a source due; what was ordered before and has not run yet is kept. */
export async function orderPull(sql: Sql, source: string, order: PullOrder & { at: Date }): Promise<void> {
  await sql.query(
    `insert into source_pulls as pull (source, due_at, is_full, is_sweep) values ($1, $2, $3, $4)
     on conflict (source) do update set
       -- What is under way may have passed the place that this order is about: it runs once more.
       due_at = case when pull.due_at > coalesce(pull.begun_at, '-infinity')
         then least(pull.due_at, excluded.due_at)
         else greatest(excluded.due_at, pull.begun_at + interval '1 millisecond') end,
       is_full = pull.is_full or excluded.is_full, is_sweep = pull.is_sweep or excluded.is_sweep,
       failures = 0`,
    [source, order.at, order.isFull, order.isSweep],
  );
}

/**
 * Begins the pull of a source that is due now; undefined while the source is stopped. One statement: an order is
 * either in what is given, or comes after the beginning and stays due.
 */
export async function beginDuePull(sql: Sql, source: string, now: Date): Promise<DuePull | undefined> {
  const { rows } = await sql.query(
    `update source_pulls set begun_at = $2
     where source = $1 and due_at <= $2
       and not exists (select from source_pauses p where p.source = source_pulls.source)
     returning source, due_at as "dueAt", is_full as "isFull", is_sweep as "isSweep", failures`,
    [source, now],
  );
  return rows[0] as unknown as DuePull | undefined;
}

/** Names the sources whose pull is due and in nobody's hands; `claimOf` is how leases of pulls are called. */
export async function duePulls(sql: Sql, now: Date): Promise<string[]> {
  const { rows } = await sql.query<{ source: string }>(
    `select p.source from source_pulls p left join source_claims c on c.source = 'pull:' || p.source
     where p.due_at <= $1 and (c.claimed_until is null or c.claimed_until <= $1)
       and not exists (select from source_pauses s where s.source = p.source)`,
    [now],
  );
  return rows.map(({ source }) => source);
}

/** Notes that a pull ended well. What was ordered while it ran stays due. */
export async function finishPull(sql: Sql, done: DuePull, at: Date): Promise<void> {
  await sql.query(
    `update source_pulls set finished_at = $2, failures = 0, error = null,
       failures_in_row = 0, failing_since = null, succeeded_at = $2,
       due_at = case when due_at > begun_at then due_at end,
       is_full = case when due_at > begun_at then is_full else false end,
       is_sweep = case when due_at > begun_at then is_sweep else false end
     where source = $1`,
    [done.source, at],
  );
}

/** Notes that a pull failed: tried again at `retryAt`, or left to its schedule where there is none. What was ordered while it ran stays due. */
export async function failPull(
  sql: Sql,
  failed: { source: string; at: Date; retryAt: Date | null; error: string },
): Promise<void> {
  await sql.query(
    `update source_pulls set finished_at = $2, failures = failures + 1, error = $4,
       failures_in_row = failures_in_row + 1, failing_since = coalesce(failing_since, $2),
       due_at = case when due_at > begun_at then due_at else $3 end
     where source = $1`,
    [failed.source, failed.at, failed.retryAt, failed.error],
  );
}

/** Reads where the way in of a source left off; undefined where it never ran. */
export async function readPlace(sql: Sql, source: string): Promise<unknown> {
  const { rows } = await sql.query<{ place: unknown }>('select place from source_pulls where source = $1', [
    source,
  ]);
  return rows[0]?.place ?? undefined;
}

/** Moves the place; to be called in the transaction that stores what was read up to there. */
export async function movePlace(sql: Sql, source: string, place: unknown): Promise<void> {
  await sql.query(
    `insert into source_pulls (source, place) values ($1, $2)
     on conflict (source) do update set place = excluded.place`,
    [source, JSON.stringify(place)],
  );
}

export interface PullState {
  readonly source: string;
  readonly dueAt: Date | null;
  readonly begunAt: Date | null;
  readonly finishedAt: Date | null;
  /** When a run last ended well. */
  readonly succeededAt: Date | null;
  /** Of what is due now; an order begins anew. */
  readonly failures: number;
  /** One after another, whatever was ordered between them. */
  readonly failuresInRow: number;
  readonly error: string | null;
}

/** Tells how the pull of each source stands. */
export async function listPulls(sql: Sql): Promise<PullState[]> {
  const { rows } = await sql.query(
    `select source, due_at as "dueAt", begun_at as "begunAt", finished_at as "finishedAt",
       succeeded_at as "succeededAt", failures, failures_in_row as "failuresInRow", error
     from source_pulls order by source`,
  );
  return rows as unknown as PullState[];
}
