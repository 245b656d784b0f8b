// Delivers one reminder to its agency's endpoint: claim ─▶ try ─▶ settle, with the waits of notices. Where
// there is no endpoint, or none that takes it, the reminder is shown with the source and nothing else.
import { randomUUID } from 'node:crypto';
import { disableEndpoint } from '../db/notice-deliveries.js';
import { claimReminder, settleReminder, type ReminderClaim } from '../db/reminders.js';
import { CLAIM_MARGIN_MS, usableEndpoint, type DeliverDeps } from './deliver.js';
import { decideDelivery, type DeliveryFate } from './delivery-fate.js';
import { sendWebhook, type Endpoint, type TryOutcome } from './webhook.js';

interface Tried {
  readonly fate: DeliveryFate;
  readonly outcome: TryOutcome;
}

/** Works on a reminder if it is due and nobody else does: the handler of the queue `deliver-reminder`. */
export async function deliverReminder(id: string, deps: DeliverDeps): Promise<void> {
  const now = deps.clock();
  const until = new Date(now.getTime() + deps.settings.timeoutMs + CLAIM_MARGIN_MS);
  const claim = await claimReminder(deps.database, { id, token: randomUUID(), now, until });
  if (claim === undefined) return;
  const endpoint = await usableEndpoint(claim.agency, deps);
  if (endpoint === undefined) {
    await settleReminder(deps.database, claim, { state: 'shown', dueAt: now, error: null });
    return;
  }
  await settle(claim, { ...(await tryOnce(claim, endpoint, deps)), endpoint }, deps);
}

async function tryOnce(claim: ReminderClaim, endpoint: Endpoint, deps: DeliverDeps): Promise<Tried> {
  const { send, settings, random } = deps;
  const message = {
    id: claim.id,
    type: 'source.silent',
    timestamp: claim.raisedAt,
    data: { source: claim.source, period: claim.period, firstDay: claim.firstDay, lastDay: claim.lastDay },
  };
  const how = { send, timeoutMs: settings.timeoutMs, now: deps.clock() };
  const outcome = await sendWebhook(message, endpoint, how);
  return { outcome, fate: decideDelivery(claim.attempt, outcome, { settings, random }) };
}

async function settle(
  claim: ReminderClaim,
  { fate, outcome, endpoint }: Tried & { endpoint: Endpoint },
  { database, clock, log }: DeliverDeps,
): Promise<void> {
  const at = clock();
  const { source, agency, period, attempt } = claim;
  const fields = { source, agency, period, attempt, error: outcome.error };
  const dueAt = fate.state === 'due' ? new Date(at.getTime() + fate.waitMs) : at;
  const state = fate.state === 'mailbox' ? 'shown' : fate.state;
  await settleReminder(database, claim, { state, dueAt, error: outcome.error });
  if (fate.state === 'delivered') log.info(fields, 'Reminder delivered');
  else if (fate.state === 'due') log.info({ ...fields, waitMs: fate.waitMs }, 'Reminder not delivered yet');
  else {
    if (fate.why === 'gone') await disableEndpoint(database, { agency, url: endpoint.url, at });
    log.error({ ...fields, why: fate.why }, 'Reminder could not be delivered and is shown with its source');
  }
}
