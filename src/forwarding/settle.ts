// Ends a try of a message: taken and booked, put off, or refused and narrowed down. All of it is one
// transaction, which only the holder of the claim can make.
import { randomUUID } from 'node:crypto';
import { bookAnswer } from '../db/book-answer.js';
import type { Change } from '../db/changes.js';
import { addAttempt, insertParts, postponeMessage, settleMessage, type Message } from '../db/messages.js';
import type { Database, Sql } from '../db/pool.js';
import type { CityAnswer } from './answer.js';
import type { Tried } from './post.js';

type Taken = Extract<CityAnswer, { kind: 'taken' }>;
type Refused = Extract<CityAnswer, { kind: 'refused' }>;

export interface Ending {
  readonly at: Date;
  /** When a message that was not taken is due again. */
  readonly dueAt: Date;
}

/** Stores what came of a try; false where the claim was lost, and then only the try itself is kept. */
export async function settle(
  message: Message,
  tried: Tried,
  { database, at, dueAt }: Ending & { database: Database },
): Promise<boolean> {
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
        return postponeMessage(sql, message, dueAt);
      case 'taken':
        return book(sql, message, { answer, changes, at });
      case 'refused':
        return refuse(sql, message, { answer, changes, at });
    }
  });
}

function cityCodeOf(answer: CityAnswer): string | null {
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
  got: { answer: Taken; changes: readonly Change[]; at: Date },
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
  await bookAnswer(sql, message, { changes, refusals, at });
  return true;
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
  const middle = Math.ceil(message.positions.length / 2);
  const halves = [message.positions.slice(0, middle), message.positions.slice(middle)];
  const parts = halves.map((positions) => ({ id: randomUUID(), positions }));
  await insertParts(sql, message, { parts, at });
  return true;
}
