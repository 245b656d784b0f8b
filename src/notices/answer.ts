// What an agency does with a notice: finds it in its mailbox, acknowledges it, answers it once and for all.
// Each answer becomes a row on its way to the city. The notice of another agency does not exist for it.
import { randomUUID } from 'node:crypto';
import { GATEWAY } from '../core/audit-entry.js';
import type { Clock } from '../core/clock.js';
import { shanghaiDay } from '../core/clock.js';
import { GatewayError } from '../core/errors.js';
import { maskPersonalNumbersIn } from '../core/mask.js';
import type { FeedbackOutcome } from '../core/words.js';
import { appendAudit } from '../db/audit.js';
import { lockDelivery, noteAnswer, readMailbox, type MailboxEntry } from '../db/notice-deliveries.js';
import { insertFeedback, readFeedback, type FeedbackRow } from '../db/notice-feedback.js';
import { addStep } from '../db/notices.js';
import type { Connection, Database } from '../db/pool.js';
import type { Logger } from '../platform/logger.js';
import type { SchemaCheck } from './schema-check.js';
import { wakeAll, type Wake } from './wake-all.js';

export interface AnswerDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly wake: Wake;
  /** `compileSchemaCheck('feedback')`. */
  readonly checkFeedback: SchemaCheck;
  /** Who answers, for the audit log. */
  readonly actor?: string;
}

export interface Feedback {
  readonly outcome: Exclude<FeedbackOutcome, 'acknowledged'>;
  readonly measure?: string;
  readonly document?: string;
  readonly date?: string;
  readonly text?: string;
}

export interface Answer {
  readonly noticeId: string;
  readonly agency: string;
  readonly outcome: FeedbackOutcome;
  readonly at: Date;
}

export interface MailboxPage {
  readonly notices: readonly MailboxEntry[];
  /** Give it as `after` for the next page; null where there is none. */
  readonly next: number | null;
}

const MAX_LIMIT = 1000;

/** Lists the notices of an agency, oldest first; `limit` is held between 1 and 1,000. One that cannot be written down is not read: throws `audit.unavailable`. */
export async function listMailbox(
  deps: Pick<AnswerDeps, 'database' | 'clock' | 'actor'>,
  agency: string,
  page: { after?: number; limit?: number } = {},
): Promise<MailboxPage> {
  const limit = Math.min(Math.max(page.limit ?? MAX_LIMIT, 1), MAX_LIMIT);
  const found = await readMailbox(deps.database, { agency, after: page.after ?? 0, limit: limit + 1 });
  const shown = found.slice(0, limit);
  await writeDownReading(deps, agency, shown);
  return {
    notices: shown,
    next: found.length > limit ? (shown.at(-1)?.number ?? null) : null,
  };
}

/** One entry for an answer, however many notices are in it; none for an empty one. */
async function writeDownReading(
  { database, clock, actor = GATEWAY }: Pick<AnswerDeps, 'database' | 'clock' | 'actor'>,
  agency: string,
  shown: readonly MailboxEntry[],
): Promise<void> {
  const [first, last] = [shown[0], shown.at(-1)];
  if (first === undefined || last === undefined) return;
  const details = { count: shown.length, first: first.number, last: last.number };
  await database.transaction((sql) =>
    appendAudit(sql, { at: clock(), actor, action: 'mailbox.read', object: agency, details }),
  );
}

/** Notes that the agency has the notice; the first time counts, again gives the same answer. Throws `notice.unknown`. */
export async function acknowledge(
  deps: AnswerDeps,
  from: { noticeId: string; agency: string },
): Promise<Answer> {
  return answer(deps, { ...from, outcome: 'acknowledged', body: {} });
}

/** Takes the agency's answer; throws `notice.unknown`, `feedback.invalid`, or `notice.conflict` for a second, different one. */
export async function giveFeedback(
  deps: AnswerDeps,
  from: { noticeId: string; agency: string; feedback: unknown },
): Promise<Answer> {
  const { noticeId, agency } = from;
  const today = shanghaiDay(deps.clock());
  const reasons = deps.checkFeedback(from.feedback, today);
  if (reasons.length > 0)
    throw new GatewayError(
      'feedback.invalid',
      `The answer cannot be taken. ${reasons.map((each) => `${each.path}: ${each.message}`).join('; ')}.`,
      { details: { reasons } },
    );
  const { outcome, ...rest } = from.feedback as Feedback;
  const body = Object.fromEntries(
    Object.entries(rest).map(([field, value]) => [field, maskPersonalNumbersIn(value, today)]),
  );
  return answer(deps, { noticeId, agency, outcome, body });
}

type Given = { readonly noticeId: string; readonly agency: string } & Pick<FeedbackRow, 'outcome' | 'body'>;

async function answer(deps: AnswerDeps, given: Given): Promise<Answer> {
  const { row, isNew } = await deps.database.transaction(async (sql) => {
    // The lock makes answers of one agency to one notice come one after another.
    const delivery = await lockDelivery(sql, given.noticeId, given.agency);
    if (delivery === undefined) throw new GatewayError('notice.unknown', 'There is no such notice.');
    const earlier = await readFeedback(sql, given.noticeId, given.agency);
    const same = earlierAnswer(earlier, given, delivery.acknowledgedAt);
    return same === undefined
      ? { row: await take(sql, given, deps), isNew: true }
      : { row: same, isNew: false };
  });
  if (isNew) {
    deps.log.info(
      { notice: given.noticeId, agency: given.agency, outcome: given.outcome },
      'Notice answered',
    );
    await wakeAll(deps, 'send-feedback', [row.id]);
  }
  return { noticeId: given.noticeId, agency: given.agency, outcome: given.outcome, at: row.givenAt };
}

/** Finds the same answer given before; throws `notice.conflict` where a different final one was. */
function earlierAnswer(
  earlier: readonly FeedbackRow[],
  given: Given,
  acknowledgedAt: Date | null,
): Pick<FeedbackRow, 'id' | 'givenAt'> | undefined {
  if (given.outcome === 'acknowledged') {
    const row = earlier.find((each) => each.outcome === 'acknowledged');
    // Who has answered has acknowledged: telling the city so afterwards would be out of order.
    return row ?? (acknowledgedAt === null ? undefined : { id: '', givenAt: acknowledgedAt });
  }
  const final = earlier.find((each) => each.outcome !== 'acknowledged');
  if (final === undefined) return undefined;
  if (final.outcome === given.outcome && isEqual(final.body, given.body)) return final;
  throw new GatewayError('notice.conflict', 'This notice has already been answered, and differently.', {
    details: { outcome: final.outcome },
  });
}

async function take(sql: Connection, given: Given, deps: AnswerDeps): Promise<FeedbackRow> {
  const at = deps.clock();
  const { noticeId, agency, outcome, body } = given;
  const row = { id: randomUUID(), outcome, body, givenAt: at };
  const isFinal = outcome !== 'acknowledged';
  await insertFeedback(sql, { ...row, noticeId, agency });
  await noteAnswer(sql, { noticeId, agency, at, isFinal });
  await addStep(sql, {
    noticeId,
    step: isFinal ? 'fed-back' : 'acknowledged',
    agency,
    at,
    details: isFinal ? { outcome } : {},
  });
  await appendAudit(sql, {
    at,
    actor: deps.actor ?? GATEWAY,
    action: isFinal ? 'notice.answered' : 'notice.acknowledged',
    object: noticeId,
    details: { agency, outcome },
  });
  return row;
}

function isEqual(left: Readonly<Record<string, unknown>>, right: Readonly<Record<string, unknown>>): boolean {
  const text = (value: Readonly<Record<string, unknown>>): string =>
    JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  return text(left) === text(right);
}
