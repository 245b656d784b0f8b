// What goes out again by order: the next changes of the oldest order that is not planned to its end.
import { shanghaiDay } from '../core/clock.js';
import type { Connection } from '../db/pool.js';
import type { PlannedChange } from '../db/message-plan.js';
import {
  finishResends,
  nextPendingResend,
  noteResendStep,
  readResendStep,
  type PendingResend,
} from '../db/resend-plan.js';
import { isForDestination, type PlanNeeds } from './is-for-destination.js';

export interface OpenResend {
  /** Takes the next changes of the order, at most `most`; none where everything looked at was left out. */
  next(most: number): Promise<PlannedChange[]>;
}

/** Steps of which nothing goes out that are looked at in one go. */
const EMPTY_STEPS = 20;

/** Gives what is still to be planned by order; ends the orders that are answered in full. */
export async function openResend(sql: Connection, needs: PlanNeeds): Promise<OpenResend | undefined> {
  const { destination, clock } = needs;
  await finishResends(sql, destination.id, clock());
  const order = await nextPendingResend(sql, destination.id);
  return order && { next: (most) => takeNext(sql, { order, most }, needs) };
}

async function takeNext(
  sql: Connection,
  from: { order: PendingResend; most: number },
  needs: PlanNeeds,
): Promise<PlannedChange[]> {
  let { order } = from;
  for (let step = 0; step < EMPTY_STEPS && order.plannedTo < order.lastPosition; step += 1) {
    if (from.most <= 0) break;
    const { plannedTo, changes } = await takeStep(sql, { ...from, order }, needs);
    if (changes.length > 0) return changes;
    order = { ...order, plannedTo };
  }
  return [];
}

async function takeStep(
  sql: Connection,
  { order, most }: { order: PendingResend; most: number },
  needs: PlanNeeds,
): Promise<{ plannedTo: number; changes: PlannedChange[] }> {
  const { id, openness } = needs.destination;
  const today = shanghaiDay(needs.clock());
  const step = await readResendStep(sql, order, { destination: id, openness, today, limit: most });
  const going = step.filter((change) => !change.isLeftOut && isForDestination(change, needs));
  const plannedTo = step.length < most ? order.lastPosition : (step.at(-1)?.position ?? order.lastPosition);
  await noteResendStep(sql, order.id, {
    plannedTo,
    planned: going.length,
    skipped: step.length - going.length,
    superseded: step.filter(({ isSuperseded }) => isSuperseded).length,
  });
  const changes = going.map(({ position, recordId, agency, recordType }) => ({
    ...{ position, recordId, agency, recordType },
    resendOrder: order.id,
  }));
  return { plannedTo, changes };
}
