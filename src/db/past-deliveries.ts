// Deletes what is known of deliveries to destinations once it is past its retention, in bounded portions. What is not
// settled is never touched: unanswered messages, orders under way, days whose comparison is due.
import { chunkAt } from './chunk-at.js';
import type { Connection, Sql } from './pool.js';
import { OUTCOME } from './running-counts.js';

/** Locks the first day of which all that a destination took is kept; true where this day is before it, and not due to be compared. */
export async function isBeforeTaken(sql: Connection, destination: string, day: string): Promise<boolean> {
  await sql.query(
    `insert into taken_changes_horizon (destination, first_day) values ($1, '-infinity') on conflict do nothing`,
    [destination],
  );
  const { rows } = await sql.query<{ isBefore: boolean }>(
    `select $2 < first_day and not exists (select from reconciliations
       where destination = $1 and day = $2 and due_at is not null) as "isBefore"
     from taken_changes_horizon where destination = $1 for share`,
    [destination, day],
  );
  return rows[0]?.isBefore === true;
}

/** Deletes what was taken before `day`, of up to `limit` messages, and nothing from the first day on whose comparison is due; gives of how many. */
export async function deleteTaken(sql: Connection, day: string, limit: number): Promise<number> {
  await sql.query(
    `insert into taken_changes_horizon (destination, first_day) select id, '-infinity' from destinations
     order by id on conflict do nothing`,
  );
  // Whoever orders a comparison holds its row: what is due is asked for once no such order is under way.
  await sql.query('select from taken_changes_horizon order by destination for update');
  await sql.query(
    `update taken_changes_horizon h set first_day = due.first_day
     from (select destination, least($1::date, (select min(day) from reconciliations r
             where r.destination = k.destination and r.due_at is not null)) as first_day
           from taken_changes_horizon k) due
     where due.destination = h.destination and h.first_day < due.first_day`,
    [day],
  );
  return deleted(
    sql,
    `delete from taken_changes where message_id in
       (select t.message_id from taken_changes_horizon h
        join taken_changes t on t.destination = h.destination and t.day < h.first_day
        order by t.day limit $1)`,
    [limit],
  );
}

/** Deletes up to `limit` tries of settled messages that began before `cutoff`; they stay counted. */
export async function deleteAttempts(sql: Sql, cutoff: string, limit: number): Promise<number> {
  return countedAttempts(
    sql,
    `(a.message_id, a.attempt) in
       (select p.message_id, p.attempt from message_attempts p join messages s on s.id = p.message_id
        where p.started_at < $1 and s.state in ('answered', 'refused', 'narrowed')
        order by p.started_at limit $2 for update of p skip locked)`,
    [cutoff, limit],
  );
}

/** Deletes up to `limit` messages that were settled before `cutoff`, parts before what they are parts of, with their tries; the last one that each destination took stays. */
export async function deleteMessages(
  sql: Sql,
  cutoff: string,
  limit: number,
): Promise<{ readonly count: number; readonly attempts: number }> {
  const { rows } = await sql.query<{ id: string }>(
    `select m.id from messages m
     where m.state in ('answered', 'refused', 'narrowed') and m.answered_at < $1
       and not exists (select from messages part where part.narrowed_from = m.id)
       and not exists (select from resend_orders o where o.id = m.resend_order and o.state = 'planned')
       and m.id <> all (array(
         select last.id from destinations d cross join lateral
           (select id from messages t where t.destination = d.id and t.state = 'answered'
            order by t.answered_at desc limit 1) last))
     order by m.answered_at limit $2 for update skip locked`,
    [cutoff, limit],
  );
  if (rows.length === 0) return { count: 0, attempts: 0 };
  const ids = rows.map(({ id }) => id);
  const attempts = await countedAttempts(sql, 'a.message_id = any($1::uuid[])', [ids]);
  await sql.query(
    `update resend_orders o set answered_before = answered_before + gone.changes
     from (select resend_order, sum(cardinality(positions)) as changes from messages
           where id = any($1::uuid[]) and resend_order is not null and state in ('answered', 'refused')
           group by resend_order) gone
     where o.id = gone.resend_order`,
    [ids],
  );
  return { count: await deleted(sql, 'delete from messages where id = any($1::uuid[])', [ids]), attempts };
}

/** Deletes up to `limit` differences that were closed before `cutoff`; what an operator knows of stays known as long as its day can be compared. */
export async function deleteDifferences(sql: Sql, cutoff: string, limit: number): Promise<number> {
  return deleted(
    sql,
    `delete from reconciliation_differences where number in
       (select number from reconciliation_differences f
        where closed_at < $1 and (closed_by <> 'word' or exists (select from taken_changes_horizon h
          where h.destination = f.destination and f.day < h.first_day))
        order by closed_at limit $2 for update skip locked)`,
    [cutoff, limit],
  );
}

/** Deletes up to `limit` comparisons from before `cutoff` of which no difference is left; the latest day of each destination stays, by which nights are made up for. */
export async function deleteReconciliations(sql: Sql, cutoff: string, limit: number): Promise<number> {
  return deleted(
    sql,
    `delete from reconciliations where (destination, day) in
       (select destination, day from reconciliations r
        where due_at is null and coalesce(compared_at, ordered_at) < $1
          and not exists (select from reconciliation_differences f where f.destination = r.destination and f.day = r.day)
          and exists (select from reconciliations later where later.destination = r.destination and later.day > r.day)
        order by day limit $2 for update skip locked)`,
    [cutoff, limit],
  );
}

/** Deletes up to `limit` places of digests at events from before `cutoff`: of views that nobody has today all but the newest, of the others what is before the beginning of the feed. */
export async function deleteDigestPlaces(
  sql: Sql,
  {
    cutoff,
    views,
    limit,
  }: { readonly cutoff: string; readonly views: readonly string[]; readonly limit: number },
): Promise<number> {
  return deleted(
    sql,
    `delete from feed_digests where (view, position) in
       (select p.view, p.position from feed_digests p cross join lateral ${chunkAt('p.position')} c
        where c.committed_at < $1
          and (p.view <> all ($2::text[]) or p.position < (select first_kept - 1 from feed_horizon))
          and exists (select from feed_digests newer where newer.view = p.view and newer.position > p.position)
        order by p.view, p.position limit $3)`,
    [cutoff, views, limit],
  );
}

async function countedAttempts(sql: Sql, which: string, values: readonly unknown[]): Promise<number> {
  const { rows } = await sql.query<{ count: number }>(
    `with gone as (
       delete from message_attempts a using messages m where m.id = a.message_id and ${which}
       returning m.destination, ${OUTCOME} as outcome),
     counted as (
       insert into attempts_counted as known (destination, outcome, attempts)
       select destination, outcome, count(*) from gone group by 1, 2 order by 1, 2
       on conflict (destination, outcome) do update set attempts = known.attempts + excluded.attempts)
     select count(*) as count from gone`,
    values,
  );
  return rows[0]?.count ?? 0;
}

async function deleted(sql: Sql, statement: string, values: readonly unknown[] = []): Promise<number> {
  return (await sql.query(statement, values)).rowCount ?? 0;
}
