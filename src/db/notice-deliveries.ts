// Deliveries of notices: one per notice and recipient, its id the webhook-id of every try. A claim is a
// lease with a token of its own, so that a worker that lost it can no longer settle anything.
import type { Sql } from './pool.js';

export interface DeliveryClaim {
  readonly id: string;
  readonly noticeId: string;
  readonly agency: string;
  /** Number of this try, from 1. */
  readonly attempt: number;
  readonly receivedAt: Date;
  readonly body: Readonly<Record<string, unknown>>;
  readonly token: string;
}

export interface MailboxEntry {
  readonly number: number;
  readonly deliveryId: string;
  readonly noticeId: string;
  readonly delivery: 'due' | 'delivered' | 'mailbox';
  readonly receivedAt: Date;
  readonly acknowledgedAt: Date | null;
  readonly fedBackAt: Date | null;
  readonly notice: Readonly<Record<string, unknown>>;
}

export interface AttemptRow {
  readonly startedAt: Date;
  readonly tookMs: number;
  readonly httpStatus: number | null;
  readonly error: string | null;
}

/** Stores deliveries of a notice that are due at once; a recipient that has one already gets no second. */
export async function insertDeliveries(
  sql: Sql,
  plan: { noticeId: string; at: Date; recipients: readonly { id: string; agency: string }[] },
): Promise<void> {
  await sql.query(
    `insert into notice_deliveries (id, notice_id, agency, state, due_at)
     select r.id, $1, r.agency, 'due', $2 from unnest($3::uuid[], $4::text[]) as r (id, agency)
     on conflict do nothing`,
    [
      plan.noticeId,
      plan.at,
      plan.recipients.map((each) => each.id),
      plan.recipients.map((each) => each.agency),
    ],
  );
}

/** Names the deliveries that are due and not being worked on, oldest first. */
export async function dueDeliveries(sql: Sql, now: Date, limit = 1000): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(
    `select id from notice_deliveries where state = 'due' and due_at <= $1
       and (claimed_until is null or claimed_until <= $1) order by due_at limit $2`,
    [now, limit],
  );
  return rows.map((row) => row.id);
}

/** Claims a due delivery until `until`, and counts the try; undefined where it is not due or another has it. */
export async function claimDelivery(
  sql: Sql,
  claim: { id: string; token: string; now: Date; until: Date },
): Promise<DeliveryClaim | undefined> {
  const { rows } = await sql.query(
    `update notice_deliveries d set claimed_by = $2, claimed_until = $4, attempts = d.attempts + 1
     from notices n
     where n.id = d.notice_id and d.id = (
       select id from notice_deliveries where id = $1 and state = 'due' and due_at <= $3
         and (claimed_until is null or claimed_until <= $3) for update skip locked)
     returning d.id, d.notice_id as "noticeId", d.agency, d.attempts as attempt,
       n.received_at as "receivedAt", n.body, d.claimed_by as token`,
    [claim.id, claim.token, claim.now, claim.until],
  );
  return rows[0] as unknown as DeliveryClaim | undefined;
}

/** Writes down one try. */
export async function addDeliveryAttempt(sql: Sql, claim: DeliveryClaim, row: AttemptRow): Promise<void> {
  await sql.query(
    `insert into delivery_attempts (delivery_id, attempt, started_at, took_ms, http_status, error)
     values ($1, $2, $3, $4, $5, $6)`,
    [claim.id, claim.attempt, row.startedAt, row.tookMs, row.httpStatus, row.error],
  );
}

/** Ends a claim: delivered, waiting in the mailbox, or due again at `dueAt`; false where the claim was lost. */
export async function settleDelivery(
  sql: Sql,
  claim: DeliveryClaim,
  to: { state: 'due' | 'delivered' | 'mailbox'; dueAt: Date },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update notice_deliveries set state = $3, due_at = $4, claimed_by = null, claimed_until = null
     where id = $1 and claimed_by = $2 and state = 'due'`,
    [claim.id, claim.token, to.state, to.dueAt],
  );
  return rowCount === 1;
}

/** Tells whether an endpoint has answered 410 before. */
export async function isEndpointDisabled(sql: Sql, agency: string, url: string): Promise<boolean> {
  const { rowCount } = await sql.query('select 1 from disabled_endpoints where agency = $1 and url = $2', [
    agency,
    url,
  ]);
  return rowCount === 1;
}

/** Disables an endpoint; true for the first to do so. */
export async function disableEndpoint(
  sql: Sql,
  endpoint: { agency: string; url: string; at: Date },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    'insert into disabled_endpoints (agency, url, disabled_at) values ($1, $2, $3) on conflict do nothing',
    [endpoint.agency, endpoint.url, endpoint.at],
  );
  return rowCount === 1;
}

/** Reads the notices of an agency behind `after`, in the order of their numbers. */
export async function readMailbox(
  sql: Sql,
  page: { agency: string; after: number; limit: number },
): Promise<MailboxEntry[]> {
  const { rows } = await sql.query(
    `select n.number, d.id as "deliveryId", n.id as "noticeId", d.state as delivery,
       n.received_at as "receivedAt", d.acknowledged_at as "acknowledgedAt", d.fed_back_at as "fedBackAt",
       n.body as notice
     from notice_deliveries d join notices n on n.id = d.notice_id
     where d.agency = $1 and n.number > $2 order by n.number limit $3`,
    [page.agency, page.after, page.limit],
  );
  return rows as unknown as MailboxEntry[];
}

/** Locks an agency's delivery of a notice for an answer; undefined where this agency is no recipient. */
export async function lockDelivery(
  sql: Sql,
  noticeId: string,
  agency: string,
): Promise<{ acknowledgedAt: Date | null; fedBackAt: Date | null } | undefined> {
  const { rows } = await sql.query<{ acknowledgedAt: Date | null; fedBackAt: Date | null }>(
    `select acknowledged_at as "acknowledgedAt", fed_back_at as "fedBackAt" from notice_deliveries
     where notice_id = $1 and agency = $2 for update`,
    [noticeId, agency],
  );
  return rows[0];
}

/** Notes that an agency has the notice, and, where `isFinal`, has answered it; the first time stays. */
export async function noteAnswer(
  sql: Sql,
  answer: { noticeId: string; agency: string; at: Date; isFinal: boolean },
): Promise<void> {
  await sql.query(
    `update notice_deliveries set acknowledged_at = coalesce(acknowledged_at, $3),
       fed_back_at = case when $4 then coalesce(fed_back_at, $3) else fed_back_at end
     where notice_id = $1 and agency = $2`,
    [answer.noticeId, answer.agency, answer.at, answer.isFinal],
  );
}
