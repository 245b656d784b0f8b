// Ends a try of a message: taken and booked, put off, set aside, or refused and narrowed down. All of it is one
// transaction, which only the holder of the claim can make.
import { randomUUID } from 'node:crypto';
import { shanghaiDay } from '../core/clock.js';
import { bookAnswer } from '../db/book-answer.js';
import { halve } from '../core/halve.js';
import type { Change } from '../db/changes.js';
import { addAttempt, insertParts, postponeMessage, settleMessage, type Message } from '../db/messages.js';
import type { Database, Sql } from '../db/pool.js';
import { closeByResend } from '../db/reconciliation-differences.js';
import { countFault, setAside } from '../db/set-aside.js';
import { keepTaken } from '../db/taken-changes.js';
import type { Answer } from './adapter.js';
import type { Tried } from './post.js';

type Taken = Extract<Answer, { kind: 'taken' }>;
type Refused = Extract<Answer, { kind: 'refused' }>;

export interface Ending {
  readonly at: Date;
  /** When a message that was not taken is due again. */
  readonly dueAt: Date;
  /** After how many faults it is set aside; undefined where this try cannot be one. */
  readonly maxFaults?: number | undefined;
}

/** `lost`: the claim was another's by then, and only the try itself was kept. */
export type Settled = 'stored' | 'set-aside' | 'lost';

/** Stores what came of a try. */
export async function settle(
  message: Message,
  tried: Tried,
  { database, at, dueAt, maxFaults }: Ending & { database: Database },
): Promise<Settled> {
  const { answer, changes } = tried;
  return database.transaction(async (sql) => {
    await addAttempt(sql, message, {
      startedAt: tried.startedAt,
      tookMs: tried.tookMs,
      httpStatus: tried.httpStatus,
      cityCode: cityCodeOf(answer),
      error: answer.kind === 'again' || answer.kind === 'denied' ? answer.reason : null,
    });
    switch (answer.kind) {
      case 'again':
      case 'denied':
        if (maxFaults !== undefined && (await countFault(sql, message)) >= maxFaults)
          return (await setAside(sql, message, { at, reason: answer.reason })) ? 'set-aside' : 'lost';
        return storedOr(await postponeMessage(sql, message, dueAt));
      case 'taken':
        return storedOr(await book(sql, message, { answer, changes, lines: tried.lines, at }));
      case 'refused':
        return storedOr(await refuse(sql, message, { answer, changes, at }));
    }
  });
}

function storedOr(isStored: boolean): Settled {
  return isStored ? 'stored' : 'lost';
}

function cityCodeOf(answer: Answer): string | null {
  switch (answer.kind) {
    case 'again':
    case 'denied':
      return null;
    case 'taken':
      return '200';
    case 'refused':
      return answer.code;
  }
}

async function book(
  sql: Sql,
  message: Message,
  got: { answer: Taken; changes: readonly Change[]; lines: Tried['lines']; at: Date },
): Promise<boolean> {
  const { answer, changes, at } = got;
  const isSettled = await settleMessage(sql, message, {
    at,
    state: 'answered',
    receiptId: answer.receiptId,
    cityReceivedAt: answer.receivedAt,
    cityCode: '200',
    cityMessage: null,
  });
  if (!isSettled) return false;
  const refusals = answer.failures.flatMap(({ index, code, message: words }) => {
    const change = changes[index];
    return change === undefined ? [] : [{ change, code, message: words }];
  });
  await account(sql, message, got);
  await bookAnswer(sql, message, { changes, refusals, at });
  return true;
}

/** Keeps what was taken for the day on which the city says that it came; a resend makes good what it had lost. */
async function account(
  sql: Sql,
  message: Message,
  { answer, lines, at }: { answer: Taken; lines: Tried['lines']; at: Date },
): Promise<void> {
  const refused = new Set(answer.failures.map(({ index }) => index));
  const { id: messageId, destination, tableCode, resend } = message;
  const taken = {
    ...{ messageId, destination, tableCode, resend },
    day: shanghaiDay(answer.receivedAt ?? at),
    answeredAt: at,
    lines: lines.filter((_, index) => !refused.has(index)),
  };
  await keepTaken(sql, taken);
  if (resend) await closeByResend(sql, taken);
}

/** A refused message is narrowed down by halves, each under a new id, until a single record stands refused. */
async function refuse(
  sql: Sql,
  message: Message,
  got: { answer: Refused; changes: readonly Change[]; at: Date },
): Promise<boolean> {
  const { answer, changes, at } = got;
  const isSingle = changes.length <= 1;
  const isSettled = await settleMessage(sql, message, {
    at,
    state: isSingle ? 'refused' : 'narrowed',
    receiptId: null,
    cityReceivedAt: null,
    cityCode: answer.code,
    cityMessage: answer.message,
  });
  if (!isSettled) return false;
  if (isSingle) {
    const refusals = changes.map((change) => ({ change, code: answer.code, message: answer.message }));
    await bookAnswer(sql, message, { changes, refusals, at });
    return true;
  }
  const parts = halve(changes).map((half) => ({ id: randomUUID(), changes: half }));
  await insertParts(sql, message.id, { parts, at, mayBeTaken: false });
  return true;
}
