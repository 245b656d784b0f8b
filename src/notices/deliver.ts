// Delivers one notice to one recipient: claim ─▶ try ─▶ settle. The claim outlives the time-out, and the
// network is never waited for inside a transaction, so that a dead endpoint delays no other.
import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.js';
import type { GatewaySettings } from '../core/configuration.js';
import {
  addDeliveryAttempt,
  claimDelivery,
  disableEndpoint,
  isEndpointDisabled,
  settleDelivery,
  type DeliveryClaim,
} from '../db/notice-deliveries.js';
import { addStep } from '../db/notices.js';
import type { Database } from '../db/pool.js';
import type { Logger } from '../platform/logger.js';
import { decideDelivery, type DeliveryFate } from './delivery-fate.js';
import type { SendHttp } from './send-http.js';
import { sendWebhook, type Endpoint, type TryOutcome } from './webhook.js';

export interface DeliverDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly send: SendHttp;
  readonly settings: GatewaySettings['webhook'];
  /** Gives [0, 1). */
  readonly random: () => number;
  /** Where an agency takes notices; undefined where it fetches them from its mailbox. */
  readonly endpointOf: (agency: string) => Endpoint | undefined;
}

interface Tried {
  readonly outcome: TryOutcome;
  readonly startedAt: Date;
  readonly fate: DeliveryFate;
}

const CLAIM_MARGIN_MS = 15_000;

/** Works on a delivery if it is due and nobody else does: the handler of the queue `deliver-notice`. */
export async function deliverNotice(id: string, deps: DeliverDeps): Promise<void> {
  const now = deps.clock();
  const until = new Date(now.getTime() + deps.settings.timeoutMs + CLAIM_MARGIN_MS);
  const claim = await claimDelivery(deps.database, { id, token: randomUUID(), now, until });
  if (claim === undefined) return;
  const endpoint = await usableEndpoint(claim.agency, deps);
  if (endpoint === undefined) return putInMailbox(claim, deps);
  const tried = await tryOnce(claim, endpoint, deps);
  const isFirst = await settle(claim, { ...tried, endpoint }, deps);
  tellOperator(claim, { ...tried, isFirst }, deps.log);
}

async function usableEndpoint(agency: string, deps: DeliverDeps): Promise<Endpoint | undefined> {
  const endpoint = deps.endpointOf(agency);
  if (endpoint === undefined) return undefined;
  return (await isEndpointDisabled(deps.database, agency, endpoint.url)) ? undefined : endpoint;
}

async function putInMailbox(claim: DeliveryClaim, deps: DeliverDeps): Promise<void> {
  const at = deps.clock();
  await deps.database.transaction(async (sql) => {
    if (!(await settleDelivery(sql, claim, { state: 'mailbox', dueAt: at }))) return;
    await addStep(sql, { noticeId: claim.noticeId, step: 'put-in-mailbox', agency: claim.agency, at });
  });
}

async function tryOnce(claim: DeliveryClaim, endpoint: Endpoint, deps: DeliverDeps): Promise<Tried> {
  const { send, settings, random } = deps;
  const startedAt = deps.clock();
  const outcome = await sendWebhook(claim, endpoint, { send, timeoutMs: settings.timeoutMs, now: startedAt });
  return { outcome, startedAt, fate: decideDelivery(claim.attempt, outcome, { settings, random }) };
}

/** Writes the try, its steps and what follows in one transaction; true where this disabled the endpoint. */
async function settle(
  claim: DeliveryClaim,
  tried: Tried & { endpoint: Endpoint },
  deps: DeliverDeps,
): Promise<boolean> {
  const { outcome, startedAt, fate, endpoint } = tried;
  const { id, noticeId, agency, attempt } = claim;
  const at = deps.clock();
  const dueAt = fate.state === 'due' ? new Date(at.getTime() + fate.waitMs) : at;
  return deps.database.transaction(async (sql) => {
    const tookMs = at.getTime() - startedAt.getTime();
    const { status: httpStatus, error } = outcome;
    await addDeliveryAttempt(sql, claim, { startedAt, tookMs, httpStatus, error });
    const details = { deliveryId: id, attempt, httpStatus, error };
    await addStep(sql, { noticeId, step: 'delivery-attempted', agency, at, details });
    // Who lost the claim has a successor that settles; the try is a fact all the same.
    if (!(await settleDelivery(sql, claim, { state: fate.state, dueAt }))) return false;
    if (fate.state === 'delivered') await addStep(sql, { noticeId, step: 'delivered', agency, at });
    if (fate.state !== 'mailbox') return false;
    await addStep(sql, { noticeId, step: 'put-in-mailbox', agency, at, details: { why: fate.why } });
    return fate.why === 'gone' && (await disableEndpoint(sql, { agency, url: endpoint.url, at }));
  });
}

function tellOperator(claim: DeliveryClaim, tried: Tried & { isFirst: boolean }, log: Logger): void {
  const { fate, outcome } = tried;
  const fields = {
    notice: claim.noticeId,
    agency: claim.agency,
    attempt: claim.attempt,
    error: outcome.error,
  };
  if (fate.state === 'delivered') log.info(fields, 'Notice delivered');
  else if (fate.state === 'due') log.info({ ...fields, waitMs: fate.waitMs }, 'Notice not delivered yet');
  else if (fate.why !== 'gone') log.error({ ...fields, why: fate.why }, 'Notice waits in the mailbox');
  else if (tried.isFirst) log.error(fields, 'The endpoint is gone and will not be called again');
}
