// The days of a destination that are compared with its own account: ordered, under way, and what came of each.
import type { ComparedTable } from '../core/reconciliation.js';
import type { Sql } from './pool.js';

export type ReconciliationResult = 'agrees' | 'differs' | 'not-offered';

export interface DueReconciliation {
  readonly destination: string;
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly failures: number;
}

export interface Reconciliation {
  readonly date: string;
  readonly orderedAt: Date;
  readonly orderedBy: string;
  /** Set while a comparison is ordered and not done. */
  readonly dueAt: Date | null;
  readonly failures: number;
  readonly error: string | null;
  readonly result: ReconciliationResult | null;
  readonly comparedAt: Date | null;
  readonly tables: readonly ComparedTable[];
  /** Differences by how they stand: open ones, and closed ones. */
  readonly open: number;
  readonly closed: number;
}

export interface ReconciliationOrder {
  readonly destination: string;
  readonly day: string;
  readonly by: string;
  readonly at: Date;
}

/** Orders the comparison of a day; one that is under way goes on, one that waits for its next try is due at once. True where it is new. */
export async function orderReconciliation(sql: Sql, order: ReconciliationOrder): Promise<boolean> {
  const { rows } = await sql.query<{ isNew: boolean }>(
    `with known as (select due_at from reconciliations where destination = $1 and day = $2)
     insert into reconciliations as held (destination, day, ordered_at, ordered_by, due_at) values ($1, $2, $3, $4, $3)
     on conflict (destination, day) do update set due_at = least(held.due_at, $3),
       ordered_at = case when held.due_at is null then $3 else held.ordered_at end,
       ordered_by = case when held.due_at is null then $4 else held.ordered_by end,
       failures = case when held.due_at is null then 0 else held.failures end,
       error = case when held.due_at is null then null else held.error end
     returning (select count(due_at) from known) = 0 as "isNew"`,
    [order.destination, order.day, order.at, order.by],
  );
  return rows[0]?.isNew === true;
}

/** Orders each day up to `order.day` that has not been ordered since the first that ever was, of the last `most` days, and none of which not all is kept that was taken; gives how many. */
export async function orderDaysUpTo(sql: Sql, order: ReconciliationOrder, most: number): Promise<number> {
  const { rowCount } = await sql.query(
    `insert into reconciliations (destination, day, ordered_at, ordered_by, due_at)
     select $1, day, $3, $4, $3 from generate_series(
       greatest((select coalesce(min(day), $2) from reconciliations where destination = $1 and day <= $2),
                $2::date - $5::integer + 1,
                (select first_day from taken_changes_horizon where destination = $1)), $2::date, interval '1 day') day
     on conflict do nothing`,
    [order.destination, order.day, order.at, order.by, most],
  );
  return rowCount ?? 0;
}

/** Names the destinations among `ids` with a comparison that is due. */
export async function dueReconciliations(sql: Sql, ids: readonly string[], now: Date): Promise<string[]> {
  const { rows } = await sql.query<{ destination: string }>(
    'select distinct destination from reconciliations where destination = any($1) and due_at <= $2',
    [ids, now],
  );
  return rows.map(({ destination }) => destination);
}

/** Gives the comparison of a destination that has been due longest. */
export async function nextReconciliation(
  sql: Sql,
  destination: string,
  now: Date,
): Promise<DueReconciliation | undefined> {
  const { rows } = await sql.query(
    `select destination, day::text, failures from reconciliations
     where destination = $1 and due_at <= $2 order by due_at, day limit 1`,
    [destination, now],
  );
  return rows[0] as unknown as DueReconciliation | undefined;
}

/** Notes that a comparison could not be made, and when it is tried again. */
export async function postponeReconciliation(
  sql: Sql,
  due: DueReconciliation,
  failed: { readonly error: string; readonly dueAt: Date },
): Promise<void> {
  await sql.query(
    `update reconciliations set failures = failures + 1, error = $3, due_at = $4
     where destination = $1 and day = $2 and due_at is not null`,
    [due.destination, due.day, failed.error, failed.dueAt],
  );
}

/** Notes what came of a comparison. */
export async function endReconciliation(
  sql: Sql,
  due: DueReconciliation,
  end: {
    readonly result: ReconciliationResult;
    readonly comparedAt: Date;
    readonly tables: readonly ComparedTable[];
  },
): Promise<void> {
  await sql.query(
    `update reconciliations set result = $3, compared_at = $4, tables = $5, due_at = null, failures = 0, error = null
     where destination = $1 and day = $2`,
    [due.destination, due.day, end.result, end.comparedAt, JSON.stringify(end.tables)],
  );
}

const RECONCILIATIONS = `
  select day::text as date, ordered_at as "orderedAt", ordered_by as "orderedBy", due_at as "dueAt", failures, error,
    result, compared_at as "comparedAt", tables, d.open, d.closed
  from reconciliations r
  cross join lateral (
    select count(*) filter (where closed_at is null) as open, count(closed_at) as closed
    from reconciliation_differences f where f.destination = r.destination and f.day = r.day) d`;

/** Lists the days of a destination before one, the latest first, at most `limit`. */
export async function listReconciliations(
  sql: Sql,
  destination: string,
  page: { readonly before: string | undefined; readonly limit: number },
): Promise<Reconciliation[]> {
  const { rows } = await sql.query(
    `${RECONCILIATIONS} where destination = $1 and ($2::date is null or day < $2) order by day desc limit $3`,
    [destination, page.before ?? null, page.limit],
  );
  return rows as unknown as Reconciliation[];
}

/** Reads one day of a destination; undefined where it was never ordered. */
export async function readReconciliation(
  sql: Sql,
  destination: string,
  day: string,
): Promise<Reconciliation | undefined> {
  const { rows } = await sql.query(`${RECONCILIATIONS} where destination = $1 and day = $2`, [
    destination,
    day,
  ]);
  return rows[0] as unknown as Reconciliation | undefined;
}
