// Messages to a destination: sent under a claim, and settled once. Whoever lost the claim settles nothing.
import type { Change } from './changes.js';
import type { Sql } from './pool.js';

export interface Message {
  readonly id: string;
  readonly destination: string;
  readonly agency: string;
  readonly recordType: string;
  readonly tableCode: string;
  readonly tableVersion: string;
  readonly positions: readonly number[];
  /** Marked so: the destination may have what it says already. */
  readonly resend: boolean;
  /** Ordered by an operator: each of its changes was answered for before. */
  readonly byOrder: boolean;
  /** The day in Asia/Shanghai of its first try, `YYYY-MM-DD`: what was over by then has no data, at every try. */
  readonly day: string;
  /** What decided how it was written at its first try. */
  readonly wording: string;
  /** Number of this try, from 1. */
  readonly attempt: number;
  /** Names this claim: what ends the message must show it. */
  readonly claim: string;
}

export interface Attempt {
  readonly startedAt: Date;
  readonly tookMs: number;
  readonly httpStatus: number | null;
  readonly cityCode: string | null;
  readonly error: string | null;
}

/** Keeps a try of a message. */
export async function addAttempt(sql: Sql, message: Message, attempt: Attempt): Promise<void> {
  await sql.query(
    `insert into message_attempts (message_id, attempt, started_at, took_ms, http_status, city_code, error)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      message.id,
      message.attempt,
      attempt.startedAt,
      attempt.tookMs,
      attempt.httpStatus,
      attempt.cityCode,
      attempt.error,
    ],
  );
}

/** Gives a message back to be sent again from `dueAt` on, under its own id. */
export async function postponeMessage(sql: Sql, message: Message, dueAt: Date): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update messages set due_at = $3, claimed_by = null, claimed_until = null
     where id = $1 and claimed_by = $2 and state = 'planned'`,
    [message.id, message.claim, dueAt],
  );
  return rowCount === 1;
}

export interface Settlement {
  readonly at: Date;
  readonly state: 'answered' | 'refused' | 'narrowed';
  readonly receiptId: string | null;
  readonly cityReceivedAt: Date | null;
  readonly cityCode: string | null;
  readonly cityMessage: string | null;
}

/** Ends a message; false where the lease was lost, and then nothing may be stored. */
export async function settleMessage(sql: Sql, message: Message, end: Settlement): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update messages set state = $3, answered_at = $4, receipt_id = $5, city_received_at = $6, city_code = $7,
       city_message = $8, claimed_by = null, claimed_until = null, record_ids = '{}'
     where id = $1 and claimed_by = $2 and state = 'planned'`,
    [
      message.id,
      message.claim,
      end.state,
      end.at,
      end.receiptId,
      end.cityReceivedAt,
      end.cityCode,
      end.cityMessage,
    ],
  );
  return rowCount === 1;
}

/** A change as a message names it. */
export type MessageChange = Pick<Change, 'position' | 'recordId'>;

/** Splits a message that has ended under new ids; its records stay in flight, now of the parts. */
export async function insertParts(
  sql: Sql,
  messageId: string,
  narrowed: {
    readonly parts: readonly { readonly id: string; readonly changes: readonly MessageChange[] }[];
    readonly at: Date;
    /** Where the destination may have taken the message without our knowing: the parts are marked as a resend. */
    readonly mayBeTaken: boolean;
    /** Where a part is the message itself over again: what failed so often before is set aside no later. */
    readonly keepsFaults?: boolean;
  },
): Promise<void> {
  const { parts, at, mayBeTaken, keepsFaults = false } = narrowed;
  for (const part of parts)
    await sql.query(
      `insert into messages (id, destination, agency, record_type, table_code, table_version, positions, record_ids,
         narrowed_from, resend, resend_order, due_at, planned_at, faults)
       select $2, destination, agency, record_type, table_code, table_version, $3, $4, id, resend or $6, resend_order, $5, $5,
         case when $7 then faults else 0 end
       from messages where id = $1`,
      [
        messageId,
        part.id,
        part.changes.map(({ position }) => position),
        part.changes.map(({ recordId }) => recordId),
        at,
        mayBeTaken,
        keepsFaults,
      ],
    );
}
