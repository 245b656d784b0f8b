// Decides what goes out next, and commits it before anything is sent: changes in position order, at most
// one of each record, and none while an earlier one of its record is unanswered.
import { randomUUID } from 'node:crypto';
import type { Destination } from '../core/configuration.js';
import {
  addWaiting,
  insertMessages,
  lockPlanning,
  movePlannedTo,
  readBusyRecords,
  readFreeWaiting,
  readPlanState,
  readPlannableChanges,
  removeWaiting,
  type FreshChange,
  type NewMessage,
  type PlannableChanges,
  type PlannedChange,
  type PlanState,
} from '../db/message-plan.js';
import type { Connection } from '../db/pool.js';
import { withhold } from '../db/withheld.js';
import { isForDestination, type PlanNeeds } from './is-for-destination.js';
import { openResend } from './plan-resend.js';

/** Messages planned ahead, for each one that may be in flight. */
const PLANNED_AHEAD = 3;
/** Changes looked at in one go at most. */
const MAX_PLANNED = 10_000;
/** How many messages' worth of changes may wait before no further ones are looked at. */
const WAITING_MESSAGES = 20;

/** Plans messages as far as there is room; gives how many. */
export async function planMessages(needs: PlanNeeds): Promise<number> {
  for (;;) {
    const { planned, isMoved } = await planOnce(needs);
    // Where nothing of what was looked at is for this destination, what comes behind it may be.
    if (planned > 0 || !isMoved || needs.signal?.aborted === true) return planned;
  }
}

interface Planned {
  readonly planned: number;
  /** Whether changes were looked at for the first time. */
  readonly isMoved: boolean;
}

function planOnce(needs: PlanNeeds): Promise<Planned> {
  return needs.database.transaction(async (sql) => {
    const { destination } = needs;
    await lockPlanning(sql, destination.id);
    const state = await readPlanState(sql, destination.id);
    const room = roomOf(state, destination);
    if (room <= 0) return { planned: 0, isMoved: false };
    const waiting = state.hasWaiting ? await readFreeWaiting(sql, destination.id, room) : [];
    const most = isFull(state, destination) ? 0 : Math.min(room - waiting.length, MAX_PLANNED);
    const resend = state.hasResend ? await openResend(sql, needs) : undefined;
    // Neither may starve the other: what is new has half of the room where something is to go out again.
    const { changes: fresh, lookedTo } = await readFresh(sql, {
      plannedTo: state.plannedTo,
      most: resend === undefined ? most : halfOf(most, destination),
      destination,
    });
    const [open, closed] = sorted(fresh, needs);
    const again = resend === undefined ? [] : await resend.next(most - fresh.length);
    const firsts = open.map((change) => ({ ...change, resendOrder: null }));
    // What goes out again was before what is new of its record.
    const chosen = await choose(sql, { waiting, next: [...again, ...firsts] }, destination.id);
    await removeWaiting(sql, destination.id, waiting);
    await addWaiting(sql, destination.id, chosen.postponed);
    const messages = groupMessages(chosen.taken, needs);
    await insertMessages(sql, messages);
    // These two last: answers that are being booked wait for what `withhold` counts, claims for the row that moves.
    await withhold(sql, destination.id, closed);
    if (lookedTo !== undefined)
      await movePlannedTo(sql, destination.id, { from: state.plannedTo, to: lookedTo });
    return { planned: messages.length, isMoved: lookedTo !== undefined };
  });
}

/** In changes. */
function roomOf({ unanswered }: PlanState, { messagesInFlight, messageSize }: Destination): number {
  return (messagesInFlight * PLANNED_AHEAD - unanswered) * messageSize;
}

/** Many changes of few records must not fill the waiting table: then those go out first. */
function isFull({ waiting }: PlanState, { messageSize }: Destination): boolean {
  return waiting >= WAITING_MESSAGES * messageSize;
}

function sorted(
  fresh: readonly FreshChange[],
  needs: PlanNeeds,
): [open: FreshChange[], closed: FreshChange[]] {
  const open: FreshChange[] = [];
  const closed: FreshChange[] = [];
  for (const change of fresh) (isForDestination(change, needs) ? open : closed).push(change);
  return [open, closed];
}

/** In whole messages. */
function halfOf(most: number, { messageSize }: Destination): number {
  return Math.min(most, Math.ceil(most / (2 * messageSize)) * messageSize);
}

async function readFresh(
  sql: Connection,
  from: { plannedTo: number; most: number; destination: Destination },
): Promise<PlannableChanges> {
  const { destination, plannedTo, most } = from;
  if (most <= 0) return { changes: [], lookedTo: undefined };
  return readPlannableChanges(sql, { after: plannedTo, limit: most, openness: destination.openness });
}

interface Chosen {
  readonly taken: readonly PlannedChange[];
  readonly postponed: readonly PlannedChange[];
}

async function choose(
  sql: Connection,
  from: { waiting: readonly PlannedChange[]; next: readonly PlannedChange[] },
  destination: string,
): Promise<Chosen> {
  const busy = await readBusyRecords(sql, destination, [
    ...new Set(from.next.map((change) => change.recordId)),
  ]);
  const taken: PlannedChange[] = [];
  const postponed: PlannedChange[] = [];
  const going = new Set<string>();
  // Of the waiting changes of a record the oldest goes; the others wait on where they are.
  for (const change of from.waiting) {
    if (going.has(change.recordId)) continue;
    going.add(change.recordId);
    taken.push(change);
  }
  for (const change of from.next) {
    if (busy.has(change.recordId) || going.has(change.recordId)) postponed.push(change);
    else taken.push(change);
    going.add(change.recordId);
  }
  return { taken, postponed };
}

/** Messages of one record type, one agency and one order each. */
function groupMessages(taken: readonly PlannedChange[], { destination, clock }: PlanNeeds): NewMessage[] {
  const groups = new Map<string, PlannedChange[]>();
  for (const change of taken) {
    const key = [change.recordType, change.agency, change.resendOrder].join('\n');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [change]);
    else group.push(change);
  }
  const messages: NewMessage[] = [];
  for (const group of groups.values())
    for (let start = 0; start < group.length; start += destination.messageSize) {
      const { agency, recordType, resendOrder } = group[0] as PlannedChange;
      const table = destination.tables[recordType] ?? { code: recordType, version: 'canonical' };
      messages.push({
        ...{ id: randomUUID(), destination: destination.id, agency, recordType, resendOrder },
        tableCode: table.code,
        tableVersion: table.version,
        changes: group.slice(start, start + destination.messageSize).sort((a, b) => a.position - b.position),
        plannedAt: clock(),
      });
    }
  return messages;
}
