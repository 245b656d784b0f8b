// Delivers one notice to one recipient: claim ─▶ try ─▶ settle. The claim outlives the time-out, and the
// network is never waited for inside a transaction, so that a dead endpoint delays no other.
import { randomUUID } from 'node:crypto';
import { GATEWAY, type AuditAct } from '../core/audit-entry.js';
import type { Clock } from '../core/clock.js';
import type { GatewaySettings } from '../core/configuration.js';
import { appendAudit } from '../db/audit.js';
import {
  addDeliveryAttempt,
  claimDelivery,
  disableEndpoint,
  isEndpointDisabled,
  settleDelivery,
  type DeliveryClaim,
} from '../db/notice-deliveries.js';
import { addStep } from '../db/notices.js';
import type { Connection, Database } from '../db/pool.js';
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

/** How much longer than a try its claim holds. */
export const CLAIM_MARGIN_MS = 15_000;

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

/** Gives the endpoint of an agency, unless it has none or it is gone. */
export async function usableEndpoint(agency: string, deps: DeliverDeps): Promise<Endpoint | undefined> {
  const endpoint = deps.endpointOf(agency);
  if (endpoint === undefined) return undefined;
  return (await isEndpointDisabled(deps.database, agency, endpoint.url)) ? undefined : endpoint;
}

async function putInMailbox(claim: DeliveryClaim, deps: DeliverDeps): Promise<void> {
  const at = deps.clock();
  await deps.database.transaction(async (sql) => {
    if (!(await settleDelivery(sql, claim, { state: 'mailbox', dueAt: at }))) return;
    await addStep(sql, { noticeId: claim.noticeId, step: 'put-in-mailbox', agency: claim.agency, at });
    await writeDown(sql, claim, { at, action: 'notice.put-in-mailbox', why: 'no-endpoint' });
  });
}

/** One entry for where a delivery has ended; tries are steps of the notice. */
async function writeDown(
  sql: Connection,
  { id, noticeId, agency, attempt }: DeliveryClaim,
  { why, ...act }: Pick<AuditAct, 'at' | 'action'> & { why?: string },
): Promise<void> {
  const details = { agency, deliveryId: id, attempt, ...(why === undefined ? {} : { why }) };
  await appendAudit(sql, { ...act, actor: GATEWAY, object: noticeId, details });
}

async function tryOnce(claim: DeliveryClaim, endpoint: Endpoint, deps: DeliverDeps): Promise<Tried> {
  const { send, settings, random } = deps;
  const startedAt = deps.clock();
  const message = {
    id: claim.id,
    type: 'notice.issued',
    timestamp: claim.receivedAt,
    data: { ...claim.body, deliveryId: claim.id },
  };
  const how = { send, timeoutMs: settings.timeoutMs, now: startedAt };
  const outcome = await sendWebhook(message, endpoint, how);
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
    if (fate.state === 'due') return false;
    if (fate.state === 'delivered') {
      await addStep(sql, { noticeId, step: 'delivered', agency, at });
      await writeDown(sql, claim, { at, action: 'notice.delivered' });
      return false;
    }
    const { why } = fate;
    await addStep(sql, { noticeId, step: 'put-in-mailbox', agency, at, details: { why } });
    const isFirst = why === 'gone' && (await disableEndpoint(sql, { agency, url: endpoint.url, at }));
    await writeDown(sql, claim, { at, action: 'notice.put-in-mailbox', why });
    return isFirst;
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
