// Orders to send to a destination once more what it was sent before: made once, planned step by step (see
// resend-plan.ts), ended when everything is answered.
import { canonicalDigest } from '../core/canonical-json.js';
import { GatewayError } from '../core/errors.js';
import type { Openness } from '../core/openness.js';
import { plannedTo as readPlannedTo } from './destinations.js';
import { lockPlanning } from './message-plan.js';
import type { Connection, Sql } from './pool.js';
import { measureRange, findRecordPositions, type ResendReach } from './resend-selection.js';

/** What is to go out again: all that meets every word, or the records that are named and nothing else. */
export interface ResendSelection {
  /** To the last one that was planned where `to` is absent. */
  readonly positions?: { readonly from: number; readonly to?: number };
  readonly recordType?: string;
  readonly agency?: string;
  readonly batch?: string;
  /** The version, else the last one that was planned and says something to the destination. */
  readonly records?: readonly { readonly id: string; readonly version?: number }[];
}

export interface ResendRequest {
  /** Chosen by who orders: the same id is the same order. */
  readonly id: string;
  readonly destination: string;
  /** What the destination may see. */
  readonly openness: Openness;
  readonly selection: ResendSelection;
  readonly reason: string;
  /** As in the audit log. */
  readonly by: string;
  readonly at: Date;
}

export interface ResendOrder {
  readonly id: string;
  readonly number: number;
  readonly destination: string;
  /** Of named records their number. */
  readonly selection: Omit<ResendSelection, 'records'> & { readonly records?: number };
  readonly state: 'planned' | 'done' | 'cancelled';
  readonly reason: string;
  readonly by: string;
  readonly orderedAt: Date;
  readonly finishedAt: Date | null;
  /** Selected at the time of the order; each of them comes to be planned or skipped. */
  readonly changes: number;
  readonly planned: number;
  readonly skipped: number;
  /** Of the skipped ones those in the place of which a later version was planned. */
  readonly superseded: number;
  /** Of the planned ones those that the destination has answered for. */
  readonly answered: number;
}

/** Orders a resend in the caller's transaction; the order that is pending with the same selection where there is one. */
export async function orderResend(
  sql: Connection,
  request: ResendRequest,
): Promise<{ readonly order: ResendOrder; readonly isNew: boolean }> {
  const { id, destination, openness, selection } = request;
  const selectionDigest = canonicalDigest(selection);
  // Held to the end, so that no other order and no planning comes between.
  await lockPlanning(sql, destination);
  const plannedTo = await readPlannedTo(sql, destination);
  const known = await findKnown(sql, { id, destination, selectionDigest });
  if (known !== undefined) return { order: known, isNew: false };
  const found = await measureResend(sql, selection, { plannedTo, openness });
  if (found.changes === 0)
    throw new GatewayError(
      'replay.nothing-selected',
      'Nothing that was ever planned for this destination is selected.',
      { detailZh: '所选范围内没有曾向该目的地转发的内容。' },
    );
  const { records, ...words } = selection;
  await sql.query(
    `insert into resend_orders (id, destination, selection, selection_digest, positions, last_position, planned_to,
       changes, reason, ordered_by, ordered_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      id,
      destination,
      JSON.stringify(records === undefined ? words : { records: records.length }),
      selectionDigest,
      found.positions,
      found.last,
      found.first - 1,
      found.changes,
      request.reason,
      request.by,
      request.at,
    ],
  );
  return { order: await mustRead(sql, destination, id), isNew: true };
}

export interface MeasuredResend {
  readonly changes: number;
  readonly first: number;
  readonly last: number;
  /** Of named records; null where words select. */
  readonly positions: readonly number[] | null;
}

/** Tells what a selection comes to: all of its changes as far as the destination is planned, also those that planning will skip. */
export async function measureResend(
  sql: Sql,
  selection: ResendSelection,
  reach: ResendReach,
): Promise<MeasuredResend> {
  const { plannedTo } = reach;
  const { records, positions: range, ...words } = selection;
  const first = range?.from ?? 1;
  const last = Math.min(range?.to ?? plannedTo, plannedTo);
  if (records === undefined)
    return { first, last, positions: null, changes: await measureRange(sql, { ...words, first, last }) };
  const positions = await findRecordPositions(sql, records, reach);
  return { first: 1, last: plannedTo, positions, changes: positions.length };
}

async function findKnown(
  sql: Sql,
  asked: { id: string; destination: string; selectionDigest: string },
): Promise<ResendOrder | undefined> {
  const { rows } = await sql.query<{ id: string; isSame: boolean }>(
    `select id, destination = $2 and selection_digest = $3 as "isSame" from resend_orders
     where id = $1 or (destination = $2 and selection_digest = $3 and state = 'planned')
     order by id = $1 desc limit 1`,
    [asked.id, asked.destination, asked.selectionDigest],
  );
  const [known] = rows;
  if (known === undefined) return undefined;
  if (known.isSame) return mustRead(sql, asked.destination, known.id);
  throw new GatewayError('replay.id-reused', 'This id was given to another replay; choose a new one.', {
    detailZh: '该编号已用于其他补发，请另行指定。',
  });
}

const ORDERS = `
  select id, number, destination, selection, state, reason, ordered_by as by, ordered_at as "orderedAt",
    finished_at as "finishedAt", changes, planned, skipped, superseded,
    answered_before + (select coalesce(sum(cardinality(m.positions)), 0)::bigint from messages m
     where m.resend_order = o.id and m.state in ('answered', 'refused')) as answered
  from resend_orders o`;

/** Reads an order of a destination; undefined where there is no such one. */
export async function readResendOrder(
  sql: Sql,
  destination: string,
  id: string,
): Promise<ResendOrder | undefined> {
  const { rows } = await sql.query(`${ORDERS} where destination = $1 and id = $2`, [destination, id]);
  return rows[0] as unknown as ResendOrder | undefined;
}

async function mustRead(sql: Sql, destination: string, id: string): Promise<ResendOrder> {
  const order = await readResendOrder(sql, destination, id);
  if (order === undefined) throw new GatewayError('internal.unexpected', 'A resend order is gone.');
  return order;
}

/** Lists the orders of a destination, the latest first, at most `limit` before the number `before`. */
export async function listResendOrders(
  sql: Sql,
  destination: string,
  page: { readonly before: number | undefined; readonly limit: number },
): Promise<ResendOrder[]> {
  const { rows } = await sql.query(
    `${ORDERS} where destination = $1 and number < coalesce($2, 9223372036854775807) order by number desc limit $3`,
    [destination, page.before ?? null, page.limit],
  );
  return rows as unknown as ResendOrder[];
}

/**
 * Ends an order early: what is planned of it goes out, also where it waits, for another order may have passed it over as
 * on its way; the rest does not. False where it had ended.
 */
export async function cancelResend(
  sql: Connection,
  order: { readonly destination: string; readonly id: string; readonly at: Date },
): Promise<boolean> {
  await lockPlanning(sql, order.destination);
  const { rowCount } = await sql.query(
    `update resend_orders set state = 'cancelled', finished_at = $3
     where destination = $1 and id = $2 and state = 'planned'`,
    [order.destination, order.id, order.at],
  );
  return rowCount === 1;
}
