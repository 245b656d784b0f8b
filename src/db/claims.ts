// Claims of messages: who sends one holds it under a lease, and whoever lost the lease settles nothing.
import type { Breaker } from './destinations.js';
import type { Message } from './messages.js';
import type { Sql } from './pool.js';

export interface ClaimRequest {
  readonly now: Date;
  /** Until when the claims hold without being renewed. */
  readonly until: Date;
  /** The day in Asia/Shanghai, `YYYY-MM-DD`; a message keeps that of its first try. */
  readonly today: string;
  /** What decides how messages are written today; a message keeps that of its first try. */
  readonly wording: string;
  /** How many the caller can send now. */
  readonly room: number;
  /** How many all processes together may have claimed. */
  readonly messagesInFlight: number;
  readonly breaker: Breaker;
}

/**
 * Claims the oldest due messages of a destination. None where it is paused or waits; where its breaker is open or it is
 * parked, one now and then to try it with.
 */
export async function claimMessages(
  sql: Sql,
  destination: string,
  request: ClaimRequest,
): Promise<Message[]> {
  const { now, until, today, wording, room, messagesInFlight, breaker } = request;
  const probeAt = new Date(now.getTime() + breaker.probeEveryMs);
  const { rows } = await sql.query(
    `select id, destination, agency, record_type as "recordType", table_code as "tableCode",
       table_version as "tableVersion", positions, resend, resend_order is not null as "byOrder", day::text,
       wording, attempts as attempt, claimed_by as claim
     from claim_messages($1, $2, $3, $4, $5, $6, $7, $8, $9) order by number`,
    [destination, now, until, today, wording, room, messagesInFlight, breaker.failures, probeAt],
  );
  // Elements of arrays come as text.
  return (rows as unknown as Message[]).map((row) => ({ ...row, positions: row.positions.map(Number) }));
}

/** Keeps claims for longer; a claim that was lost stays lost. */
export async function renewClaims(sql: Sql, claims: readonly string[], until: Date): Promise<void> {
  await sql.query(
    `update messages set claimed_until = $2 where claimed_by = any($1::uuid[]) and state = 'planned'`,
    [claims, until],
  );
}
