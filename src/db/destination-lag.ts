// How far each destination is behind the change log, and whether it answers. What counts as pending is what is not
// planned, in flight, or waiting behind an earlier change of its record; not what goes out again.
import type { Sql } from './pool.js';

export interface DestinationLag {
  readonly id: string;
  readonly records: number;
  /** Of them, those in messages that are not answered yet. */
  readonly inFlight: number;
  /** When the oldest pending change was committed that is neither set aside nor waits for one that is; null where there is none. */
  readonly since: Date | null;
  /** Tries in a row that nobody answered. */
  readonly failures: number;
}

const LAG = `
  select w.id, coalesce(d.failures, 0) as failures, p.in_flight as "inFlight",
    greatest(l.last_position - coalesce(d.planned_to, 0), 0) + p.in_flight + p.waiting as records,
    (select c.committed_at from chunks c where c.changes > 0 and c.first_position <= least(
       case when coalesce(d.planned_to, 0) < l.last_position then coalesce(d.planned_to, 0) + 1 end,
       p.oldest_in_flight, p.oldest_waiting) order by c.first_position desc limit 1) as since
  from unnest($1::text[]) as w (id) cross join change_log l left join destinations d on d.id = w.id
  cross join lateral (select
    (select count(*) from changes_in_flight f where f.destination = w.id and not f.resend) as in_flight,
    (select min(f.position) from changes_in_flight f
      where f.destination = w.id and not f.resend and not f.set_aside) as oldest_in_flight,
    (select count(*) from changes_waiting q where q.destination = w.id and q.resend_order is null) as waiting,
    (select min(q.position) from changes_waiting q where q.destination = w.id and q.resend_order is null
      and not exists (select from changes_in_flight f
        where f.destination = w.id and f.record_id = q.record_id and f.set_aside)) as oldest_waiting) p`;

/** Tells how far these destinations are behind. */
export async function readDestinationLag(sql: Sql, ids: readonly string[]): Promise<DestinationLag[]> {
  const { rows } = await sql.query(LAG, [ids]);
  return rows as unknown as DestinationLag[];
}
