// Sends one answer of an agency to the city: claim ─▶ post ─▶ settle. Its id is the Idempotency-Key at
// every try; it is tried until the city takes it or refuses it in words, seldom once it is stuck.
import { bearerToken } from '../core/authorization.js';
import { randomUUID } from 'node:crypto';
import { GATEWAY } from '../core/audit-entry.js';
import type { Clock } from '../core/clock.js';
import { shanghaiDay } from '../core/clock.js';
import type { Destination } from '../core/configuration.js';
import { retryDelayMs } from '../core/retry-delay.js';
import {
  claimFeedback,
  followingFeedback,
  settleFeedback,
  type FeedbackClaim,
} from '../db/notice-feedback.js';
import { appendAudits } from '../db/audit.js';
import { addStep, closeIfAnswered } from '../db/notices.js';
import type { Database } from '../db/pool.js';
import { postponeFeedback } from '../db/stuck-feedback.js';
import type { Logger } from '../platform/logger.js';
import { judgeCityAnswer, type CityAnswer } from './city-answer.js';
import type { CityAddress } from './fetch-notices.js';
import { readRetryAfter } from '../core/retry-after.js';
import { failureCode, type SendHttp } from './send-http.js';
import { wakeAll, type Wake } from './wake-all.js';

export interface SendFeedbackDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly send: SendHttp;
  readonly city: CityAddress;
  readonly destination: Pick<Destination, 'retry' | 'maxFaults'>;
  /** Gives [0, 1). */
  readonly random: () => number;
  /** The unified social credit code of an agency. */
  readonly creditCodeOf: (agency: string) => string;
  readonly wake: Wake;
}

type Sent = CityAnswer & { readonly retryAfterMs: number | undefined };
type Failed = Extract<Sent, { kind: 'again' | 'denied' }>;
type Ended = Exclude<Sent, Failed>;

const CLAIM_MARGIN_MS = 15_000;

/** Works on an answer if it is due and nobody else does: the handler of the queue `send-feedback`. */
export async function sendFeedback(id: string, deps: SendFeedbackDeps): Promise<void> {
  const now = deps.clock();
  const until = new Date(now.getTime() + deps.city.timeoutMs + CLAIM_MARGIN_MS);
  const claim = await claimFeedback(deps.database, { id, token: randomUUID(), now, until });
  if (claim === undefined) return;
  const sent = await post(claim, deps);
  const following = await settle(claim, sent, deps);
  await wakeAll(deps, 'send-feedback', following);
}

async function post(claim: FeedbackClaim, deps: SendFeedbackDeps): Promise<Sent> {
  const { url, token, timeoutMs } = deps.city;
  try {
    const answer = await deps.send({
      method: 'POST',
      url: `${url.replace(/\/+$/, '')}/notices/${encodeURIComponent(claim.noticeId)}/feedback`,
      headers: {
        ...bearerToken(token),
        'content-type': 'application/json',
        'idempotency-key': claim.id,
      },
      body: JSON.stringify({
        departmentCode: deps.creditCodeOf(claim.agency),
        outcome: claim.outcome,
        ...claim.body,
      }),
      timeoutMs,
    });
    const now = deps.clock();
    return {
      ...judgeCityAnswer(answer, shanghaiDay(now)),
      retryAfterMs: readRetryAfter(answer.headers['retry-after'], now),
    };
  } catch (error) {
    return { kind: 'again', error: failureCode(error), retryAfterMs: undefined };
  }
}

async function settle(claim: FeedbackClaim, sent: Sent, deps: SendFeedbackDeps): Promise<string[]> {
  const { noticeId, agency, outcome } = claim;
  const fields = { notice: noticeId, agency, outcome, attempt: claim.attempt };
  if (sent.kind === 'again' || sent.kind === 'denied') {
    const put = await putOff(claim, sent, deps);
    deps.log.info({ ...fields, error: sent.error, ...put }, 'Feedback not taken yet');
    return [];
  }
  const following = await end(claim, sent, deps);
  if (sent.kind === 'taken') deps.log.info(fields, 'Feedback taken by the city');
  else deps.log.error({ ...fields, error: sent.error }, 'Feedback refused by the city');
  return following;
}

/** Neither what the city asks patience for nor a failure among failures is the fault of this answer. */
async function putOff(
  claim: FeedbackClaim,
  { kind, error, retryAfterMs }: Failed,
  { database, clock, random, destination }: SendFeedbackDeps,
): Promise<object | undefined> {
  const at = clock();
  const after = (attempt: number): Date => {
    const asked = retryAfterMs === undefined ? {} : { retryAfterMs };
    return new Date(at.getTime() + retryDelayMs({ attempt, policy: destination.retry, random, ...asked }));
  };
  const isAsked = retryAfterMs !== undefined || error === 'http-429';
  return postponeFeedback(database, claim, {
    ...{ at, error, isDenied: kind === 'denied', maxFaults: isAsked ? undefined : destination.maxFaults },
    dueAt: { usual: after(claim.attempt), stuck: after(Number.POSITIVE_INFINITY) },
  });
}

async function end(claim: FeedbackClaim, sent: Ended, deps: SendFeedbackDeps): Promise<string[]> {
  const { id, noticeId, agency, outcome } = claim;
  const at = deps.clock();
  return deps.database.transaction(async (sql) => {
    const isTaken = sent.kind === 'taken';
    const error = isTaken ? null : sent.error;
    const state = isTaken ? 'sent' : 'refused';
    if (!(await settleFeedback(sql, claim, { state, at, error }))) return [];
    const step = isTaken ? 'feedback-sent' : 'feedback-refused';
    const details = { feedbackId: id, outcome, ...(error === null ? {} : { error }) };
    await addStep(sql, { noticeId, step, agency, at, details });
    const isClosed = await closeIfAnswered(sql, noticeId);
    if (isClosed) await addStep(sql, { noticeId, step: 'closed', at });
    const following = await followingFeedback(sql, claim);
    const act = { at, actor: GATEWAY, object: noticeId };
    await appendAudits(sql, [
      { ...act, action: `notice.${step}`, details: { agency, outcome } },
      ...(isClosed ? [{ ...act, action: 'notice.closed' as const }] : []),
    ]);
    return following;
  });
}
