// Messages that fail again and again while others pass. What sets them apart from an outage: between two of their
// tries the destination took another message. They are kept whole until somebody says what becomes of them.
import type { Message, MessageChange } from './messages.js';
import type { Sql } from './pool.js';

/** Counts a failed try as a fault where the destination took another message since the one before; gives the faults in all. */
export async function countFault(sql: Sql, { id, claim, attempt }: Message): Promise<number> {
  const { rows } = await sql.query<{ faults: number }>(
    `update messages m set faults = faults + 1
     from message_attempts before
     where m.id = $1 and m.claimed_by = $2 and m.state = 'planned'
       and before.message_id = m.id and before.attempt = $3
       and exists (select from messages other where other.destination = m.destination and other.state = 'answered'
         and other.answered_at >= before.started_at + before.took_ms * interval '1 millisecond')
     returning m.faults`,
    [id, claim, attempt - 1],
  );
  return rows[0]?.faults ?? 0;
}

/** Sets a claimed message aside with its changes; false where the claim was lost. */
export async function setAside(
  sql: Sql,
  { id, claim }: Message,
  { at, reason }: { at: Date; reason: string },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update messages set state = 'set-aside', set_aside_at = $3, set_aside_reason = $4, claimed_by = null,
       claimed_until = null
     where id = $1 and claimed_by = $2 and state = 'planned'`,
    [id, claim, at, reason],
  );
  return rowCount === 1;
}

export interface SetAsideMessage {
  readonly id: string;
  readonly number: number;
  readonly agency: string;
  readonly recordType: string;
  readonly records: number;
  readonly resend: boolean;
  readonly attempts: number;
  readonly reason: string;
  readonly since: Date;
  /** The last tries, the latest first. */
  readonly lastAttempts: readonly {
    readonly attempt: number;
    readonly startedAt: string;
    readonly httpStatus: number | null;
    readonly error: string | null;
  }[];
}

const SHOWN_ATTEMPTS = 5;

/** Lists what is set aside of a destination in the order of planning, at most `limit` behind the number `after`. */
export async function listSetAside(
  sql: Sql,
  destination: string,
  page: { readonly after: number | undefined; readonly limit: number },
): Promise<SetAsideMessage[]> {
  const { rows } = await sql.query(
    `select id, number, agency, record_type as "recordType", cardinality(positions) as records, resend, attempts,
       set_aside_reason as reason, set_aside_at as since, tried.last as "lastAttempts"
     from messages m cross join lateral (
       select coalesce(jsonb_agg(jsonb_build_object('attempt', attempt, 'startedAt',
           to_char(started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
           'httpStatus', http_status, 'error', error) order by attempt desc), '[]') as last
       from (select * from message_attempts a where a.message_id = m.id order by attempt desc limit ${SHOWN_ATTEMPTS}) a
     ) tried
     where destination = $1 and state = 'set-aside' and number > $2 order by number limit $3`,
    [destination, page.after ?? 0, page.limit],
  );
  return rows as unknown as SetAsideMessage[];
}

export interface SetAsideFigure {
  readonly id: string;
  readonly messages: number;
  readonly records: number;
  readonly since: Date;
}

/** Tells of which of these destinations something is set aside. */
export async function countSetAside(sql: Sql, ids: readonly string[]): Promise<SetAsideFigure[]> {
  const { rows } = await sql.query(
    `select destination as id, count(*) as messages, sum(cardinality(positions))::bigint as records,
       min(set_aside_at) as since
     from messages where state = 'set-aside' and destination = any($1::text[]) group by destination order by 1`,
    [ids],
  );
  return rows as unknown as SetAsideFigure[];
}

/** Gives a message back to be sent under its own id from `at` on, its faults forgotten; false where it is not set aside. */
export async function takeUpAgain(
  sql: Sql,
  of: { readonly destination: string; readonly id: string; readonly at: Date },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update messages set state = 'planned', set_aside_at = null, set_aside_reason = null, faults = 0, due_at = $3
     where id = $1 and destination = $2 and state = 'set-aside'`,
    [of.id, of.destination, of.at],
  );
  return rowCount === 1;
}

/** Ends a message that is set aside, to be sent in parts; gives its changes, undefined where it is not set aside. */
export async function endSetAside(
  sql: Sql,
  of: { readonly destination: string; readonly id: string; readonly at: Date },
): Promise<readonly MessageChange[] | undefined> {
  const { rows } = await sql.query<{ positions: readonly string[]; recordIds: readonly string[] }>(
    `with before as (select id, positions, record_ids from messages
       where id = $1 and destination = $2 and state = 'set-aside' for update)
     update messages m set state = 'narrowed', set_aside_at = null, set_aside_reason = null, answered_at = $3, record_ids = '{}'
     from before where m.id = before.id returning before.positions, before.record_ids as "recordIds"`,
    [of.id, of.destination, of.at],
  );
  const ended = rows[0];
  return ended?.positions.map((position, n) => ({
    position: Number(position),
    recordId: ended.recordIds[n] as string,
  }));
}
