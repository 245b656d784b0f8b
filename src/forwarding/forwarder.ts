// Keeps messages flowing to the destinations: plan, claim, send, several at once. A slow answer holds up its
// own message only; when one is answered, the next is looked for. A claim is kept while its answer is awaited.
import { randomUUID } from 'node:crypto';
import { shanghaiDay } from '../core/clock.js';
import type { Destination } from '../core/configuration.js';
import { askPassage, holdDestination, nextDueAt } from '../db/destinations.js';
import { claimMessage, hasClaimableMessage, renewClaims, type Message } from '../db/messages.js';
import { later, type Later } from '../platform/later.js';
import type { PlanNeeds } from './is-for-destination.js';
import { planMessages } from './plan.js';
import { sendMessage, type SendNeeds } from './send.js';

export interface ForwarderNeeds extends SendNeeds {
  readonly destinations: readonly Destination[];
  /** Tells whether the catalogue lists a record type; changes of others never go out. */
  readonly opennessOf?: PlanNeeds['opennessOf'];
  /** Wakes the worker of a destination again. */
  readonly wake: (destination: string) => Promise<void>;
  readonly later?: Later;
  /** How long a claim holds without being renewed. */
  readonly claimMs?: number;
}

export interface Forwarder {
  /** Sets everything in motion that a destination has to do; returns while answers are still awaited. */
  forward(destination: string): Promise<void>;
  /** Resolves when nothing is being sent any more; new sends are stopped by the signal. */
  drain(): Promise<void>;
}

interface Line {
  readonly destination: Destination;
  /** What is being sent, by its claim. */
  readonly running: Map<string, Promise<void>>;
  cancelWake: () => void;
  cancelRenewal: (() => void) | undefined;
}

type Needs = ForwarderNeeds & { readonly later: Later; readonly claimMs: number };

const CLAIM_MS = 10_000;

/** Makes the forwarder of this process. */
export function createForwarder(given: ForwarderNeeds): Forwarder {
  const needs: Needs = { ...given, later: given.later ?? later, claimMs: given.claimMs ?? CLAIM_MS };
  const lines = new Map(needs.destinations.map((destination) => [destination.id, newLine(destination)]));
  return {
    forward: async (id) => {
      const line = lines.get(id);
      if (line === undefined) return;
      while (line.running.size < line.destination.messagesInFlight && !needs.signal.aborted) {
        const message = await nextMessage(line.destination, needs);
        if (message === undefined) break;
        launch(message, line, needs);
      }
      await wakeWhenDue(line, needs);
    },
    drain: async () => {
      for (const line of lines.values()) line.cancelWake();
      const sending = (): Promise<void>[] =>
        [...lines.values()].flatMap(({ running }) => [...running.values()]);
      while (sending().length > 0) await Promise.all(sending());
    },
  };
}

function newLine(destination: Destination): Line {
  return { destination, running: new Map(), cancelWake: () => undefined, cancelRenewal: undefined };
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
  const at = await nextDueAt(needs.database, id, breaker);
  if (needs.signal.aborted || at === undefined || line.running.size >= line.destination.messagesInFlight)
    return;
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

async function nextMessage(destination: Destination, needs: Needs): Promise<Message | undefined> {
  const claimed = await claim(destination, needs);
  if (claimed !== undefined) return claimed;
  // Claimed even where nothing was planned here: another process may have planned just before.
  await planMessages({ ...needs, destination });
  return claim(destination, needs);
}

async function claim(destination: Destination, needs: Needs): Promise<Message | undefined> {
  const { id, breaker, messagesInFlight } = destination;
  const now = needs.clock();
  if (!(await hasClaimableMessage(needs.database, id, now))) return undefined;
  return needs.database.transaction(async (sql) => {
    const passage = await askPassage(sql, id, { now, breaker, messagesInFlight });
    if (passage === 'open') return undefined;
    const message = await claimMessage(sql, id, {
      claim: randomUUID(),
      now,
      until: new Date(now.getTime() + needs.claimMs),
      // A probe need not be due: it asks for all that wait.
      due: passage === 'probe' ? 'any' : 'now',
      today: shanghaiDay(now),
    });
    // Where it is parked, a probe that is denied again puts the next one off for longer.
    if (message !== undefined && passage === 'probe')
      await holdDestination(sql, id, new Date(now.getTime() + breaker.probeEveryMs));
    return message;
  });
}
