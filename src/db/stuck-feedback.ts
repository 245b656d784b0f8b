// Answers to notices that the city does not take: put off, and called stuck where the city denies them, or takes other
// things between their tries. A stuck one is tried on; it is so until the city takes it or refuses it in words.
import type { FeedbackClaim } from './notice-feedback.js';
import type { Sql } from './pool.js';

export interface FailedFeedback {
  /** The end of the try. */
  readonly at: Date;
  readonly error: string;
  /** Whether this try alone makes it stuck. */
  readonly isDenied: boolean;
  /** After how many faults it is stuck; undefined where this try cannot be one. */
  readonly maxFaults: number | undefined;
  /** When it is due again, and when where it is stuck. */
  readonly dueAt: { readonly usual: Date; readonly stuck: Date };
}

/** Ends a claim with a failed try; gives whether the answer is stuck and when it is due, undefined where the claim was lost. */
export async function postponeFeedback(
  sql: Sql,
  claim: FeedbackClaim,
  failed: FailedFeedback,
): Promise<{ readonly isStuck: boolean; readonly dueAt: Date } | undefined> {
  const { rows } = await sql.query(
    `update notice_feedback f
     set error = $4, claimed_by = null, claimed_until = null, failing_since = coalesce(f.failing_since, $3), tried_at = $3,
       faults = judged.faults, stuck_at = judged.stuck_at,
       due_at = case when judged.stuck_at is null then $7::timestamptz else $8::timestamptz end
     from (
       select c.id, c.faults, coalesce(c.stuck_at, case when $5 or c.faults >= $6 then $3::timestamptz end) as stuck_at
       from (
         select b.id, b.stuck_at, b.faults + case when $6::integer is not null and (
             exists (select from messages m where m.destination = n.destination and m.state = 'answered'
               and m.answered_at >= b.tried_at)
             or exists (select from notice_feedback other join notices o on o.id = other.notice_id
               where other.state = 'sent' and other.sent_at >= b.tried_at and o.destination = n.destination))
           then 1 else 0 end as faults
         from notice_feedback b join notices n on n.id = b.notice_id where b.id = $1) c) judged
     where f.id = judged.id and f.claimed_by = $2 and f.state = 'due'
     returning f.stuck_at is not null as "isStuck", f.due_at as "dueAt"`,
    [
      claim.id,
      claim.token,
      failed.at,
      failed.error,
      failed.isDenied,
      failed.maxFaults ?? null,
      failed.dueAt.usual,
      failed.dueAt.stuck,
    ],
  );
  return rows[0] as unknown as { isStuck: boolean; dueAt: Date } | undefined;
}

export interface StuckFeedback {
  readonly destination: string;
  readonly feedbacks: number;
  readonly since: Date;
  /** Of the one that has failed longest. */
  readonly notice: string;
  readonly agency: string;
  readonly attempts: number;
  readonly reason: string;
}

/**
 * Counts for each destination the answers that are stuck, or have failed since before `before`. While it is parked none
 * of them is tried, which is told by itself; while it is paused time proves nothing.
 */
export async function findStuckFeedback(sql: Sql, before: Date): Promise<StuckFeedback[]> {
  const { rows } = await sql.query(
    `select distinct on (n.destination) n.destination, count(*) over of_destination as feedbacks,
       f.failing_since as since, f.notice_id as notice, f.agency, f.attempts, f.error as reason
     from notice_feedback f join notices n on n.id = f.notice_id left join destinations d on d.id = n.destination
     where f.state = 'due' and f.failing_since is not null and d.parked_at is null
       and (f.stuck_at is not null or (f.failing_since < $1 and d.paused_at is null))
     window of_destination as (partition by n.destination)
     order by n.destination, f.failing_since, f.id`,
    [before],
  );
  return rows as unknown as StuckFeedback[];
}
