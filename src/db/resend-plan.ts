// Planning a resend: what comes next of an order, how far it is, and when it is over. Everything here runs in the
// planning's transaction under its lock.
import { chunkAt } from './chunk-at.js';
import { opennessLevel, type Openness } from '../core/openness.js';
import type { FreshChange } from './message-plan.js';
import type { Sql } from './pool.js';
import type { ResendOrder } from './resend-orders.js';
import { endsLaterFor, operationTo } from './readable-changes.js';
import { IN_RANGE, rangeValues, type SelectedRange } from './resend-selection.js';

export interface PendingResend {
  readonly id: string;
  readonly plannedTo: number;
  readonly lastPosition: number;
  readonly selection: Pick<SelectedRange, 'recordType' | 'agency' | 'batch'>;
  readonly positions: readonly number[] | null;
}

/** A change of an order that has not been looked at yet. */
export interface ResendChange extends Omit<FreshChange, 'batchId'> {
  /** A later version that says something to the destination was planned: it has taken its place there or will. */
  readonly isSuperseded: boolean;
  /** So, or it has ended, what it said is past its retention, or it is on its way already. */
  readonly isLeftOut: boolean;
}

/** Gives the oldest order of which something has not been looked at. */
export async function nextPendingResend(sql: Sql, destination: string): Promise<PendingResend | undefined> {
  const { rows } = await sql.query(
    `select id, planned_to as "plannedTo", last_position as "lastPosition", selection, positions
     from resend_orders where destination = $1 and state = 'planned' and planned_to < last_position
     order by number limit 1`,
    [destination],
  );
  const order = rows[0] as unknown as PendingResend | undefined;
  // Elements of arrays come as text.
  return order && { ...order, positions: order.positions?.map(Number) ?? null };
}

// The chunks that hold the next changes, and no more of them.
const nextOfRange = (limit: string): string => `
  with ahead as (
    select * from (
      select *, sum(left_over) over (order by first_position) - left_over as changes_before from (
        select *, least(last_position, $2) - greatest(first_position, $1) + 1 as left_over
        from chunks where ${IN_RANGE} order by first_position limit ${limit}) next) counted
    where changes_before < ${limit}),
  picked as (
    select c.first_position + v.ordinal as position, c.agency, c.record_type, v.*
    from ahead c cross join lateral (
      select * from record_versions r where r.chunk_id = c.id and r.ordinal between
        greatest($1::bigint - c.first_position, 0)::integer and least($2::bigint - c.first_position, c.changes - 1)::integer
      order by r.ordinal limit ${limit}) v
    order by position limit ${limit})`;

const NEXT_OF_NAMED = `
  with picked as (
    select p.position, c.agency, c.record_type, v.*
    from (select position from unnest($1::bigint[]) p (position)
          where position > $2 and position <= $3 order by position limit $4) p
    cross join lateral ${chunkAt('p.position')} c
    cross join lateral (select * from record_versions r
                        where r.chunk_id = c.id and r.ordinal = (p.position - c.first_position)::integer limit 1) v)`;

/**
 * Tells whether a later version than `v` was planned for the destination `$n` of the level `$m` and says something to it:
 * an old one never goes behind that. `offset 0` keeps it a look-up for each `v`, see current-versions.ts.
 */
const superseded = (destination: string, level: string): string => `exists (
  select from record_versions later where later.record_id = v.record_id and later.version > v.version
    and (select c.first_position from chunks c where c.id = later.chunk_id) + later.ordinal <=
      (select planned_to from destinations d where d.id = ${destination})
    and ${operationTo(level, 'later')} <> '-' offset 0)`;

const judged = ({ destination, level, today }: Record<'destination' | 'level' | 'today', string>): string => `
  select v.position, v.record_id as "recordId", v.agency, v.record_type as "recordType", o.operation, s."isSuperseded",
    s."isSuperseded" or o.operation = 'u' and (v.data = '{}' or ${endsLaterFor(level, today)})
      or exists (select from changes_waiting w where w.destination = ${destination} and w.position = v.position)
      or exists (select from changes_in_flight f where f.destination = ${destination}
                 and f.record_id = v.record_id and f.position = v.position) as "isLeftOut"
  from picked v cross join lateral (select ${operationTo(level)} as operation) o
  cross join lateral (select ${superseded(destination, level)} as "isSuperseded") s order by v.position`;

/** Reads the next changes of an order, in order, at most `limit`; `openness` is that of the destination, `today` the day in Asia/Shanghai. */
export async function readResendStep(
  sql: Sql,
  order: PendingResend,
  by: {
    readonly destination: string;
    readonly openness: Openness;
    readonly today: string;
    readonly limit: number;
  },
): Promise<ResendChange[]> {
  const { plannedTo, lastPosition, positions, selection } = order;
  const level = opennessLevel(by.openness);
  const { rows } =
    positions === null
      ? await sql.query(nextOfRange('$8') + judged({ destination: '$6', level: '$7', today: '$9' }), [
          ...rangeValues({ ...selection, first: plannedTo + 1, last: lastPosition }),
          by.destination,
          level,
          by.limit,
          by.today,
        ])
      : await sql.query(NEXT_OF_NAMED + judged({ destination: '$5', level: '$6', today: '$7' }), [
          positions,
          plannedTo,
          lastPosition,
          by.limit,
          by.destination,
          level,
          by.today,
        ]);
  return rows as unknown as ResendChange[];
}

/** Counts the changes of a selection, at most `limit` of them, in the place of which a later version is sent. */
export async function countSuperseded(
  sql: Sql,
  order: Pick<PendingResend, 'lastPosition' | 'positions' | 'selection'> & { readonly first: number },
  by: { readonly destination: string; readonly openness: Openness; readonly limit: number },
): Promise<number> {
  const { first, lastPosition: last, positions, selection } = order;
  const { destination, limit } = by;
  const level = opennessLevel(by.openness);
  const [picked, values, isSuperseded] =
    positions === null
      ? [
          nextOfRange('$8'),
          [...rangeValues({ ...selection, first, last }), destination, level, limit],
          superseded('$6', '$7'),
        ]
      : [NEXT_OF_NAMED, [positions, first - 1, last, limit, destination, level], superseded('$5', '$6')];
  const { rows } = await sql.query<{ count: number }>(
    `${picked} select count(*) as count from picked v where ${isSuperseded}`,
    values,
  );
  return rows[0]?.count ?? 0;
}

/** Notes how far an order has been looked at, and what came of it. */
export async function noteResendStep(
  sql: Sql,
  id: string,
  step: Pick<ResendOrder, 'planned' | 'skipped' | 'superseded'> & { readonly plannedTo: number },
): Promise<void> {
  await sql.query(
    `update resend_orders set planned_to = $2, planned = planned + $3, skipped = skipped + $4,
       superseded = superseded + $5 where id = $1`,
    [id, step.plannedTo, step.planned, step.skipped, step.superseded],
  );
}

/** Ends the orders of a destination of which everything is planned and answered. */
export async function finishResends(sql: Sql, destination: string, at: Date): Promise<void> {
  await sql.query(
    `update resend_orders o set state = 'done', finished_at = $2
     where destination = $1 and state = 'planned' and planned_to >= last_position
       and not exists (select from messages m where m.resend_order = o.id and m.state in ('planned', 'set-aside'))
       and not exists (select from changes_waiting w where w.destination = $1 and w.resend_order = o.id)`,
    [destination, at],
  );
}
