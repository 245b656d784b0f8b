// Keeps messages flowing to the destinations: plan, claim, send, several at once. A slow answer holds up
// its own message only; when one is answered, the next is looked for.
import type { Destination } from '../core/configuration.js';
import { passBreaker } from '../db/destinations.js';
import { claimMessage, hasDueMessage, type Message } from '../db/messages.js';
import { planMessages } from './plan.js';
import { sendMessage, type SendNeeds } from './send.js';

export interface ForwarderNeeds extends SendNeeds {
  readonly destinations: readonly Destination[];
  /** Names this process in leases. */
  readonly owner: string;
  /** Wakes the worker of a destination again. */
  readonly wake: (destination: string) => Promise<void>;
}

export interface Forwarder {
  /** Sets everything in motion that a destination has to do; returns while answers are still awaited. */
  forward(destination: string): Promise<void>;
  /** Resolves when nothing is being sent any more; new sends are stopped by the signal. */
  drain(): Promise<void>;
}

const LEASE_MARGIN_MS = 30_000;

/** Makes the forwarder of this process. */
export function createForwarder(needs: ForwarderNeeds): Forwarder {
  const inFlight = new Map<string, Set<Promise<void>>>(needs.destinations.map(({ id }) => [id, new Set()]));
  const launch = (message: Message, destination: Destination): void => {
    const running = inFlight.get(destination.id) as Set<Promise<void>>;
    const sending = sendMessage(message, { owner: needs.owner, destination }, needs)
      .catch((error: unknown) => {
        needs.log.error(
          { err: error, message: message.id },
          'Message could not be settled; its lease will lapse',
        );
      })
      .finally(() => {
        running.delete(sending);
        if (!needs.signal.aborted) wakeAgain(destination.id, needs);
      });
    running.add(sending);
  };
  return {
    forward: async (id) => {
      const destination = needs.destinations.find((entry) => entry.id === id);
      const running = inFlight.get(id);
      if (destination === undefined || running === undefined) return;
      while (running.size < destination.messagesInFlight && !needs.signal.aborted) {
        const message = await nextMessage(destination, needs);
        if (message === undefined) return;
        launch(message, destination);
      }
    },
    drain: async () => {
      await Promise.all([...inFlight.values()].flatMap((running) => [...running]));
    },
  };
}

function wakeAgain(destination: string, needs: ForwarderNeeds): void {
  needs.wake(destination).catch((error: unknown) => {
    needs.log.warn({ err: error, destination }, 'Wake-up failed, the sweep will find the work');
  });
}

async function nextMessage(destination: Destination, needs: ForwarderNeeds): Promise<Message | undefined> {
  const claimed = await claim(destination, needs);
  if (claimed !== undefined) return claimed;
  const planned = await planMessages({ ...needs, destination });
  return planned === 0 ? undefined : claim(destination, needs);
}

async function claim(destination: Destination, needs: ForwarderNeeds): Promise<Message | undefined> {
  const now = needs.clock();
  const until = new Date(now.getTime() + destination.timeoutMs + LEASE_MARGIN_MS);
  return needs.database.transaction(async (sql) => {
    // Whether it may be sent is asked only where there is something to send: a probe is not spent on nothing.
    if (!(await hasDueMessage(sql, destination.id, now))) return undefined;
    if (!(await passBreaker(sql, destination.id, { now, breaker: destination.breaker }))) return undefined;
    return claimMessage(sql, destination.id, { owner: needs.owner, now, until });
  });
}
