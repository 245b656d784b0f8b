// A message says the same at every try. Where it cannot, it goes under a new id, marked as a resend: the destination may
// have taken it in the words of before. So it is where something of it was over by itself meanwhile, or where mappings, fields or
// the destination's entry are others than at its first try.
import { randomUUID } from 'node:crypto';
import { shanghaiDay } from '../core/clock.js';
import type { Destination } from '../core/configuration.js';
import { readChangesAt, type Change } from '../db/changes.js';
import { insertParts, settleMessage, type Message } from '../db/messages.js';
import type { Database } from '../db/pool.js';
import type { Logger } from '../platform/logger.js';
import type { WordingOf } from './wording.js';

export interface RenewNeeds {
  readonly database: Database;
  readonly log: Logger;
  readonly wordingOf: WordingOf;
}

/** Gives a claimed message a new id where it has to have one; true where it did, or where the claim was lost. */
export async function renewMessage(
  message: Message,
  { destination, at }: { destination: Destination; at: Date },
  needs: RenewNeeds,
): Promise<boolean> {
  const { database, log } = needs;
  const today = shanghaiDay(at);
  const isReworded = message.wording !== needs.wordingOf(destination);
  if (message.day === today && !isReworded) return false;
  const read = (day: string): Promise<Change[]> =>
    readChangesAt(database, message.positions, { openness: destination.openness, day });
  const changes = await read(today);
  if (changes.length !== message.positions.length) return false;
  if (!isReworded && saySame(changes, await read(message.day))) return false;
  const id = randomUUID();
  const isOurs = await database.transaction(async (sql) => {
    const ended = { at, state: 'narrowed', receiptId: null, cityReceivedAt: null } as const;
    const isSettled = await settleMessage(sql, message, { ...ended, cityCode: null, cityMessage: null });
    if (isSettled)
      await insertParts(sql, message.id, {
        parts: [{ id, changes }],
        at,
        mayBeTaken: true,
        keepsFaults: true,
      });
    return isSettled;
  });
  if (isOurs)
    log.info(
      { message: message.id, as: id },
      isReworded
        ? 'Message is worded otherwise by now and goes under a new id'
        : 'Message holds what is over by now and goes under a new id',
    );
  return true;
}

function saySame(changes: readonly Change[], before: readonly Change[]): boolean {
  return changes.every(({ operation }, index) => operation === before[index]?.operation);
}
