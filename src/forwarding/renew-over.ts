// A message keeps the day of its first try, and nobody is shown what is over. So one that was tried on another day, and holds
// what is over by now, is sent no more: its changes go under a new id, marked as a resend, for they may have been taken.
import { randomUUID } from 'node:crypto';
import { shanghaiDay } from '../core/clock.js';
import type { Destination } from '../core/configuration.js';
import { readChangesAt, type Change } from '../db/changes.js';
import { insertParts, settleMessage, type Message } from '../db/messages.js';
import type { Database } from '../db/pool.js';
import type { Logger } from '../platform/logger.js';

/** Gives a claimed message a new id where it has to have one; true where it did, or where the claim was lost. */
export async function renewOver(
  message: Message,
  { destination, at }: { destination: Destination; at: Date },
  { database, log }: { database: Database; log: Logger },
): Promise<boolean> {
  const today = shanghaiDay(at);
  if (message.day === today) return false;
  const read = (day: string): Promise<Change[]> =>
    readChangesAt(database, message.positions, { openness: destination.openness, day });
  const [before, changes] = [await read(message.day), await read(today)];
  if (changes.length !== message.positions.length) return false;
  if (changes.every(({ operation }, n) => operation === before[n]?.operation)) return false;
  const id = randomUUID();
  const isOurs = await database.transaction(async (sql) => {
    const ended = { at, state: 'narrowed', receiptId: null, cityReceivedAt: null } as const;
    const isSettled = await settleMessage(sql, message, { ...ended, cityCode: null, cityMessage: null });
    if (isSettled) await insertParts(sql, message.id, { parts: [{ id, changes }], at, mayBeTaken: true });
    return isSettled;
  });
  if (isOurs)
    log.info({ message: message.id, as: id }, 'Message holds what is over by now and goes under a new id');
  return true;
}
