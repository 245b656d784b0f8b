// Keeps messages flowing to a destination: plan, claim, send, several at once. A slow answer holds up its
// own message only; when one is answered, the next is looked for. A claim is kept while its answer is awaited.
import { shanghaiDay } from '../core/clock.js';
import type { Destination } from '../core/configuration.js';
import { claimMessages, renewClaims } from '../db/claims.js';
import { nextDueAt } from '../db/destinations.js';
import type { Message } from '../db/messages.js';
import { later, type Later } from '../platform/later.js';
import type { PlanNeeds } from './is-for-destination.js';
import { planMessages } from './plan.js';
import { sendMessage, type SendNeeds } from './send.js';

export interface ForwarderNeeds extends SendNeeds {
  readonly destination: Destination;
  /** Tells whether the catalogue lists a record type; changes of others never go out. */
  readonly opennessOf?: PlanNeeds['opennessOf'];
  /** Wakes the worker of the destination again. */
  readonly wake: (destination: string) => Promise<void>;
  readonly later?: Later;
  /** How long a claim holds without being renewed. */
  readonly claimMs?: number;
}

export interface Forwarder {
  /** Sets everything in motion that there is to do; returns while answers are still awaited. */
  forward(): Promise<void>;
  /** Resolves when nothing is being sent any more; new sends are stopped by the signal. */
  drain(): Promise<void>;
}

interface Line {
  readonly destination: Destination;
  /** What is being sent, by its claim. */
  readonly running: Map<string, Promise<void>>;
  planning: Promise<void> | undefined;
  /** About how many messages are planned and not claimed. */
  ahead: number;
  cancelWake: () => void;
  cancelRenewal: (() => void) | undefined;
}

type Needs = ForwarderNeeds & { readonly later: Later; readonly claimMs: number };

const CLAIM_MS = 10_000;

/** Makes the forwarder of a destination in this process. */
export function createForwarder(given: ForwarderNeeds): Forwarder {
  const needs: Needs = { ...given, later: given.later ?? later, claimMs: given.claimMs ?? CLAIM_MS };
  const line = newLine(needs.destination);
  return {
    forward: async () => {
      while (roomOf(line) > 0 && !needs.signal.aborted) {
        if (await launchClaimed(line, needs)) continue;
        if (line.planning !== undefined) {
          // It may have looked before there was what there is now: what comes of it is not the last word.
          await Promise.allSettled([line.planning]);
          continue;
        }
        await plan(line, needs);
        // Claimed even where nothing was planned here: another process may have planned just before.
        if (!(await launchClaimed(line, needs))) break;
      }
      planAhead(line, needs);
      await wakeWhenDue(line, needs);
    },
    drain: async () => {
      line.cancelWake();
      const underWay = (): Promise<void>[] => [
        ...(line.planning === undefined ? [] : [line.planning]),
        ...line.running.values(),
      ];
      while (underWay().length > 0) await Promise.allSettled(underWay());
    },
  };
}

function newLine(destination: Destination): Line {
  const nothing = { planning: undefined, ahead: 0, cancelRenewal: undefined };
  return { destination, running: new Map(), cancelWake: () => undefined, ...nothing };
}

function roomOf({ destination, running }: Line): number {
  return destination.messagesInFlight - running.size;
}

/** Sends what can be claimed; gives false where there was nothing. */
async function launchClaimed(line: Line, needs: Needs): Promise<boolean> {
  const { destination } = line;
  const { id, breaker, messagesInFlight } = destination;
  if (needs.signal.aborted) return false;
  const now = needs.clock();
  const room = roomOf(line);
  const messages = await claimMessages(needs.database, id, {
    now,
    until: new Date(now.getTime() + needs.claimMs),
    today: shanghaiDay(now),
    wording: needs.wordingOf(destination),
    room,
    messagesInFlight,
    breaker,
  });
  line.ahead = messages.length < room ? 0 : Math.max(0, line.ahead - room);
  for (const message of messages) launch(message, line, needs);
  return messages.length > 0;
}

/** Plans, where no planning is under way. */
async function plan(line: Line, needs: Needs): Promise<void> {
  line.planning ??= planMessages(needs)
    .then((planned) => {
      line.ahead += planned;
    })
    .finally(() => {
      line.planning = undefined;
    });
  await line.planning;
}

/** Plans while answers are awaited, so that the next message need not wait for it. */
function planAhead(line: Line, needs: Needs): void {
  if (roomOf(line) > 0 || line.ahead >= line.destination.messagesInFlight || needs.signal.aborted) return;
  plan(line, needs).catch((error: unknown) => {
    needs.log.warn({ err: error, destination: line.destination.id }, 'Planning ahead failed');
  });
}

function launch(message: Message, line: Line, needs: Needs): void {
  const { destination, running } = line;
  const sending = sendMessage(message, destination, needs)
    .catch((error: unknown) => {
      needs.log.error(
        { err: error, message: message.id },
        'Message could not be settled; its claim will lapse',
      );
    })
    .finally(() => {
      running.delete(message.claim);
      if (running.size === 0) restRenewal(line);
      if (!needs.signal.aborted) wake(destination.id, needs);
    });
  running.set(message.claim, sending);
  renewLater(line, needs);
}

function wake(destination: string, needs: Needs): void {
  needs.wake(destination).catch((error: unknown) => {
    needs.log.warn({ err: error, destination }, 'Wake-up failed, the sweep will find the work');
  });
}

async function wakeWhenDue(line: Line, needs: Needs): Promise<void> {
  const { id, breaker } = line.destination;
  line.cancelWake();
  if (roomOf(line) <= 0) return;
  const at = await nextDueAt(needs.database, id, breaker);
  if (needs.signal.aborted || at === undefined || roomOf(line) <= 0) return;
  const afterMs = at.getTime() - needs.clock().getTime();
  // What is due already waits for a message in flight here or elsewhere; its answer or the sweep wakes.
  if (afterMs > 0) line.cancelWake = needs.later(afterMs, () => wake(id, needs));
}

function restRenewal(line: Line): void {
  line.cancelRenewal?.();
  line.cancelRenewal = undefined;
}

function renewLater(line: Line, needs: Needs): void {
  if (line.cancelRenewal !== undefined) return;
  line.cancelRenewal = needs.later(needs.claimMs / 3, () => {
    line.cancelRenewal = undefined;
    if (line.running.size === 0) return;
    const until = new Date(needs.clock().getTime() + needs.claimMs);
    renewClaims(needs.database, [...line.running.keys()], until)
      .catch((error: unknown) => needs.log.warn({ err: error }, 'Claims could not be renewed'))
      .finally(() => {
        if (line.running.size > 0) renewLater(line, needs);
      });
  });
}
