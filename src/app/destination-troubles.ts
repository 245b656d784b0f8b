// What does not get through to a destination: what it refuses, which is for the agencies to mend, and what is set
// aside, which is ours; an operator has that tried again as it is, or in smaller parts.
import { randomUUID } from 'node:crypto';
import { halve } from '../core/halve.js';
import { GatewayError } from '../core/errors.js';
import { insertParts } from '../db/messages.js';
import type { Connection } from '../db/pool.js';
import { countRefusals, listRefusals } from '../db/refusals.js';
import { endSetAside, listSetAside, takeUpAgain } from '../db/set-aside.js';
import type { HttpDeps, SetAsideOrder } from '../http/deps.js';
import { mustBeKnown } from './destination-pauses.js';
import type { Foundation } from './gateway.js';
import { wakeQueue } from './notice-binding.js';
import { carryOut } from './recorded-order.js';

type Bound = Pick<HttpDeps, 'listRefusals' | 'listSetAside' | 'endSetAside'>;

/** Binds the routes; throws `destination.unknown` and `message.not-set-aside`. */
export function bindTroubles(foundation: Foundation): Bound {
  const { site, storage } = foundation;
  const { database } = storage;
  const { destinations } = site.configuration;
  return {
    listRefusals: async (destination, page) => {
      mustBeKnown(destination, destinations);
      const found = await listRefusals(database, destination, { ...page, limit: page.limit + 1 });
      const { shown, next } = cut(found, page.limit, ({ position }) => position);
      return { refusals: shown, byCode: await countRefusals(database, destination), next };
    },
    listSetAside: async (destination, page) => {
      mustBeKnown(destination, destinations);
      const found = await listSetAside(database, destination, { ...page, limit: page.limit + 1 });
      const { shown, next } = cut(found, page.limit, ({ number }) => number);
      return { messages: shown, next };
    },
    endSetAside: async (destination, order) => {
      mustBeKnown(destination, destinations);
      await endOne(destination, order, foundation);
      await wakeQueue(foundation)('forward', destination);
    },
  };
}

async function endOne(destination: string, order: SetAsideOrder, foundation: Foundation): Promise<void> {
  const { messageId: id, way, reason, caller } = order;
  if (id === undefined) throw notSetAside();
  const at = foundation.clock();
  const action = way === 'retry' ? 'destination.message-retried' : 'destination.message-replayed';
  const details = (): { message: string } => ({ message: id });
  await carryOut({ object: destination, at, caller, reason, action, details }, foundation, async (sql) => {
    const of = { destination, id, at };
    const isDone = way === 'retry' ? await takeUpAgain(sql, of) : await replay(sql, of);
    if (!isDone) throw notSetAside();
  });
}

/**
 * Under new ids and in halves, so that what is wrong with one record does not hold the others up for ever. Marked as a
 * resend: what was taken of it without our knowing belongs to the day of the new receipt on both sides.
 */
async function replay(sql: Connection, of: { destination: string; id: string; at: Date }): Promise<boolean> {
  const changes = await endSetAside(sql, of);
  if (changes === undefined) return false;
  const parts = halve(changes).map((half) => ({ id: randomUUID(), changes: half }));
  await insertParts(sql, of.id, { parts, at: of.at, mayBeTaken: true });
  return true;
}

function cut<T>(
  found: readonly T[],
  limit: number,
  placeOf: (last: T) => number,
): { shown: readonly T[]; next: number | null } {
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  return { shown, next: found.length > shown.length && last !== undefined ? placeOf(last) : null };
}

function notSetAside(): GatewayError {
  return new GatewayError(
    'message.not-set-aside',
    'There is no such message of this destination that is set aside.',
    {
      detailZh: '该目的地没有此搁置报文。',
    },
  );
}
