// What an answered message leaves behind: refusals are kept in the destination's words, and each batch is counted. The last word counts: what is taken at another time is refused no longer.
import type { Change } from './changes.js';
import type { Message } from './messages.js';
import type { Sql } from './pool.js';
import { release } from './withheld.js';

export interface Refusal {
  readonly change: Change;
  readonly code: string;
  readonly message: string;
}

interface Booked {
  readonly changes: readonly Change[];
  readonly refusals: readonly Refusal[];
  readonly at: Date;
}

/** By how much the counts of a batch move. */
interface Move {
  readonly batchId: string | null;
  readonly delivered: number;
  readonly refused: number;
}

const DELIVERED = { delivered: 1, refused: 0 };
const REFUSED = { delivered: 0, refused: 1 };

/** Keeps what was refused of an answered message and counts for each batch. */
export async function bookAnswer(sql: Sql, message: Message, booked: Booked): Promise<void> {
  const moves = message.byOrder
    ? await bookAgain(sql, message, booked)
    : await bookFirst(sql, message, booked);
  await moveCounts(sql, message.destination, moves);
}

async function bookFirst(sql: Sql, { destination }: Message, booked: Booked): Promise<Move[]> {
  await keepRefusals(sql, destination, booked);
  const refused = positionsOf(booked.refusals);
  return booked.changes.map(({ batchId, position }) => ({
    batchId,
    ...(refused.has(position) ? REFUSED : DELIVERED),
  }));
}

/** Was answered for before: only what is another answer now moves a count. */
async function bookAgain(sql: Sql, { destination }: Message, booked: Booked): Promise<Move[]> {
  const refused = positionsOf(booked.refusals);
  const taken = booked.changes.map(({ position }) => position).filter((position) => !refused.has(position));
  const lifted = await sql.query<{ batchId: string | null }>(
    `delete from refusals where destination = $1 and position = any($2::bigint[]) returning batch_id as "batchId"`,
    [destination, taken],
  );
  const added = await keepRefusals(sql, destination, booked);
  const released = await release(sql, destination, booked.changes);
  return [
    ...released.map((batchId) => ({ batchId, delivered: 1, refused: 0 })),
    ...lifted.rows.map(({ batchId }) => ({ batchId, delivered: 1, refused: -1 })),
    ...added.map((batchId) => ({ batchId, delivered: -1, refused: 1 })),
  ];
}

function positionsOf(refusals: readonly Refusal[]): Set<number> {
  return new Set(refusals.map(({ change }) => change.position));
}

/** Gives the batches of what was not refused before. */
async function keepRefusals(
  sql: Sql,
  destination: string,
  { refusals, at }: Booked,
): Promise<(string | null)[]> {
  if (refusals.length === 0) return [];
  const { rows } = await sql.query<{ batchId: string | null; isNew: boolean }>(
    `insert into refusals (destination, position, record_id, version, batch_id, row_number, city_code, city_message, refused_at)
     select $1, *, $2 from unnest($3::bigint[], $4::uuid[], $5::int[], $6::uuid[], $7::bigint[], $8::text[], $9::text[])
     on conflict (destination, position) do update set city_code = excluded.city_code,
       city_message = excluded.city_message, refused_at = excluded.refused_at
     returning batch_id as "batchId", xmax = 0 as "isNew"`,
    [
      destination,
      at,
      refusals.map(({ change }) => change.position),
      refusals.map(({ change }) => change.recordId),
      refusals.map(({ change }) => change.version),
      refusals.map(({ change }) => change.batchId),
      refusals.map(({ change }) => change.row),
      refusals.map(({ code }) => code),
      refusals.map(({ message }) => message),
    ],
  );
  return rows.filter(({ isNew }) => isNew).map(({ batchId }) => batchId);
}

async function moveCounts(sql: Sql, destination: string, moves: readonly Move[]): Promise<void> {
  const counts = new Map<string, { delivered: number; refused: number }>();
  for (const { batchId, delivered, refused } of moves) {
    if (batchId === null) continue;
    const count = counts.get(batchId) ?? { delivered: 0, refused: 0 };
    count.delivered += delivered;
    count.refused += refused;
    counts.set(batchId, count);
  }
  // Last, as other messages of these batches wait for it; in one order everywhere, so that none waits in a circle.
  const batches = [...counts.keys()].sort();
  await sql.query(
    `insert into batch_deliveries as booked (batch_id, destination, delivered, refused)
     select batch_id, $2, delivered, refused
       from unnest($1::uuid[], $3::bigint[], $4::bigint[]) as n (batch_id, delivered, refused) order by batch_id
     on conflict (batch_id, destination) do update
       set delivered = booked.delivered + excluded.delivered, refused = booked.refused + excluded.refused`,
    [
      batches,
      destination,
      batches.map((id) => counts.get(id)?.delivered ?? 0),
      batches.map((id) => counts.get(id)?.refused ?? 0),
    ],
  );
}
