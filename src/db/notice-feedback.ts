// Answers of the agencies on their way to the city, each under an id that never changes. What an agency
// acknowledged goes out before what it did about it.
import { CITY } from '../core/city.js';
import type { FeedbackOutcome } from '../core/words.js';
import type { Sql } from './pool.js';

export interface FeedbackRow {
  readonly id: string;
  readonly outcome: FeedbackOutcome;
  readonly body: Readonly<Record<string, unknown>>;
  readonly givenAt: Date;
}

export interface FeedbackClaim extends FeedbackRow {
  readonly noticeId: string;
  readonly agency: string;
  /** Number of this try, from 1. */
  readonly attempt: number;
  readonly token: string;
}

const COLUMNS = 'f.id, f.outcome, f.body, f.given_at as "givenAt"';

/** True of a feedback row `f` that no unsent acknowledgement of the same agency stands before. */
const IS_NEXT = `(f.outcome = 'acknowledged' or not exists (
  select 1 from notice_feedback a where a.notice_id = f.notice_id and a.agency = f.agency
    and a.outcome = 'acknowledged' and a.state = 'due'))`;

/** Answers go to the city's address: they wait as its records do while it is paused, or does not accept us. */
const MAY_GO = `not exists (select from destinations
  where id = '${CITY}' and (paused_at is not null or parked_at is not null))`;

/** Stores an answer that is due at once. */
export async function insertFeedback(
  sql: Sql,
  feedback: FeedbackRow & { readonly noticeId: string; readonly agency: string },
): Promise<void> {
  await sql.query(
    `insert into notice_feedback (id, notice_id, agency, outcome, body, due_at, given_at)
     values ($1, $2, $3, $4, $5, $6, $6)`,
    [
      feedback.id,
      feedback.noticeId,
      feedback.agency,
      feedback.outcome,
      JSON.stringify(feedback.body),
      feedback.givenAt,
    ],
  );
}

/** Reads what an agency has answered to a notice, in the order given. */
export async function readFeedback(sql: Sql, noticeId: string, agency: string): Promise<FeedbackRow[]> {
  const { rows } = await sql.query(
    `select ${COLUMNS} from notice_feedback f where notice_id = $1 and agency = $2
     order by given_at, (outcome <> 'acknowledged')`,
    [noticeId, agency],
  );
  return rows as unknown as FeedbackRow[];
}

/** Counts the answers that have not reached the city. */
export async function countWaitingFeedback(sql: Sql): Promise<number> {
  const { rows } = await sql.query<{ count: number }>(
    `select count(*) as count from notice_feedback where state = 'due'`,
  );
  return rows[0]?.count ?? 0;
}

/** Names the answers that are due and not being worked on, oldest first; none while the city is paused or parked. */
export async function dueFeedback(sql: Sql, now: Date, limit = 1000): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(
    `select f.id from notice_feedback f where f.state = 'due' and f.due_at <= $1
       and (f.claimed_until is null or f.claimed_until <= $1) and ${IS_NEXT} and ${MAY_GO}
     order by f.due_at limit $2`,
    [now, limit],
  );
  return rows.map((row) => row.id);
}

/** Claims a due answer until `until`; undefined where it is not due, not next, may not go now, or another has it. */
export async function claimFeedback(
  sql: Sql,
  claim: { id: string; token: string; now: Date; until: Date },
): Promise<FeedbackClaim | undefined> {
  const { rows } = await sql.query(
    `update notice_feedback f set claimed_by = $2, claimed_until = $4, attempts = f.attempts + 1
     where f.id = (
       select f.id from notice_feedback f where f.id = $1 and f.state = 'due' and f.due_at <= $3
         and (f.claimed_until is null or f.claimed_until <= $3) and ${IS_NEXT} and ${MAY_GO}
         for update skip locked)
     returning ${COLUMNS}, f.notice_id as "noticeId", f.agency, f.attempts as attempt, f.claimed_by as token`,
    [claim.id, claim.token, claim.now, claim.until],
  );
  return rows[0] as unknown as FeedbackClaim | undefined;
}

/** Ends a claim: sent, or refused by the city; false where the claim was lost. */
export async function settleFeedback(
  sql: Sql,
  claim: FeedbackClaim,
  to: { state: 'sent' | 'refused'; at: Date; error: string | null },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update notice_feedback set state = $3, error = $5, claimed_by = null, claimed_until = null,
       sent_at = case when $3 = 'sent' then $4::timestamptz end
     where id = $1 and claimed_by = $2 and state = 'due'`,
    [claim.id, claim.token, to.state, to.at, to.error],
  );
  return rowCount === 1;
}

/** Names what the same agency answered next and still waits: it may go now. */
export async function followingFeedback(sql: Sql, claim: FeedbackClaim): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(
    `select id from notice_feedback where notice_id = $1 and agency = $2 and state = 'due' and id <> $3`,
    [claim.noticeId, claim.agency, claim.id],
  );
  return rows.map((row) => row.id);
}
