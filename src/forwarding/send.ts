// Sends one claimed message: load ─▶ compose ─▶ post ─▶ read the answer ─▶ settle. What it ends with is
// stored in one transaction, by the holder of the lease alone.
import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.js';
import type { Destination } from '../core/configuration.js';
import { isGatewayError } from '../core/errors.js';
import { retryDelayMs } from '../core/retry-delay.js';
import { readChangesAt, type Change } from '../db/changes.js';
import { noteReached, noteUnreached } from '../db/destinations.js';
import {
  addAttempt,
  bookAnswer,
  insertParts,
  postponeMessage,
  settleMessage,
  type Message,
  type Settlement,
} from '../db/messages.js';
import type { Database } from '../db/pool.js';
import type { HttpClient } from '../platform/http-client.js';
import type { Logger } from '../platform/logger.js';
import { readCityAnswer, type CityAnswer } from './answer.js';
import { composeMessage, type ComposeNeeds } from './compose.js';

export interface SendNeeds extends Omit<ComposeNeeds, 'showsPersonalNumbers'> {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly http: HttpClient;
  readonly city: { readonly url: string; readonly token: string };
  /** Gives [0, 1). */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

interface Tried {
  readonly answer: CityAnswer;
  readonly httpStatus: number | null;
  /** False where nobody answered, or only with a failure of the other side. */
  readonly isReached: boolean;
}

/** Sends a message that `owner` holds; whatever happens is a row of its attempts. */
export async function sendMessage(
  message: Message,
  held: { owner: string; destination: Destination },
  needs: SendNeeds,
): Promise<void> {
  const changes = await readChangesAt(needs.database, message.positions);
  const startedAt = needs.clock();
  const tried = await post(message, changes, { ...needs, destination: held.destination });
  const { answer } = tried;
  await addAttempt(needs.database, message, {
    startedAt,
    tookMs: needs.clock().getTime() - startedAt.getTime(),
    httpStatus: tried.httpStatus,
    cityCode: answer.kind === 'refused' ? answer.code : null,
    error: answer.kind === 'again' ? answer.reason : null,
  });
  await noteBreaker(tried, held.destination, needs);
  if (answer.kind === 'again') await postpone(message, answer, { ...held, needs });
  else if (answer.kind === 'taken') await book(message, { changes, answer, owner: held.owner }, needs);
  else await refuse(message, { changes, answer, owner: held.owner }, needs);
}

async function post(
  message: Message,
  changes: readonly Change[],
  needs: SendNeeds & { destination: Destination },
): Promise<Tried> {
  const { city, destination, clock } = needs;
  const body = composeMessage(message, changes, {
    ...needs,
    showsPersonalNumbers: destination.showsPersonalNumbers,
  });
  try {
    const answer = await needs.http.send({
      method: 'POST',
      url: `${city.url.replace(/\/+$/, '')}/records`,
      headers: {
        authorization: `Bearer ${city.token}`,
        'content-type': 'application/json; charset=utf-8',
        'idempotency-key': message.id,
      },
      body,
      timeoutMs: destination.timeoutMs,
      signal: needs.signal,
    });
    const read = readCityAnswer(answer, changes.length, clock());
    const isReached = read.kind !== 'again' || answer.status === 429;
    return { answer: read, httpStatus: answer.status, isReached };
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    const { reason: said } = error.details;
    const reason = typeof said === 'string' ? said : error.code;
    return { answer: { kind: 'again', reason, retryAfterMs: undefined }, httpStatus: null, isReached: false };
  }
}

async function noteBreaker(tried: Tried, destination: Destination, needs: SendNeeds): Promise<void> {
  if (tried.isReached) {
    await noteReached(needs.database, destination.id);
    return;
  }
  if (needs.signal.aborted) return;
  const at = { now: needs.clock(), breaker: destination.breaker };
  if (await noteUnreached(needs.database, destination.id, at))
    needs.log.error({ destination: destination.id }, 'Destination does not answer; sending only probes');
}

async function postpone(
  message: Message,
  answer: Extract<CityAnswer, { kind: 'again' }>,
  held: { owner: string; destination: Destination; needs: SendNeeds },
): Promise<void> {
  const { needs, destination, owner } = held;
  const waitMs = needs.signal.aborted
    ? 0
    : retryDelayMs({
        attempt: message.attempt,
        policy: destination.retry,
        random: needs.random,
        ...(answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs }),
      });
  needs.log.info(
    { message: message.id, attempt: message.attempt, reason: answer.reason, waitMs },
    'Message not taken yet',
  );
  await postponeMessage(needs.database, message, {
    owner,
    dueAt: new Date(needs.clock().getTime() + waitMs),
  });
}

async function book(
  message: Message,
  got: { changes: readonly Change[]; answer: Extract<CityAnswer, { kind: 'taken' }>; owner: string },
  { database, clock }: SendNeeds,
): Promise<void> {
  const { answer, changes } = got;
  const at = clock();
  await database.transaction(async (sql) => {
    const end: Settlement = {
      ...{ owner: got.owner, at, state: 'answered', cityCode: '200', cityMessage: null },
      receiptId: answer.receiptId,
      cityReceivedAt: answer.receivedAt,
    };
    if (!(await settleMessage(sql, message, end))) return;
    const refusals = answer.failures.flatMap(({ index, code, message: words }) => {
      const change = changes[index];
      return change === undefined ? [] : [{ change, code, message: words }];
    });
    await bookAnswer(sql, message, { changes, refusals, at });
  });
}

/** A refused message is narrowed down by halves, each under a new id, until a single record stands refused. */
async function refuse(
  message: Message,
  got: { changes: readonly Change[]; answer: Extract<CityAnswer, { kind: 'refused' }>; owner: string },
  { database, clock }: SendNeeds,
): Promise<void> {
  const { answer, changes } = got;
  const at = clock();
  const isSingle = changes.length <= 1;
  await database.transaction(async (sql) => {
    const end: Settlement = {
      ...{ owner: got.owner, at, receiptId: null, cityReceivedAt: null },
      state: isSingle ? 'refused' : 'narrowed',
      cityCode: answer.code,
      cityMessage: answer.message,
    };
    if (!(await settleMessage(sql, message, end))) return;
    if (isSingle) {
      const refusals = changes.map((change) => ({ change, code: answer.code, message: answer.message }));
      await bookAnswer(sql, message, { changes, refusals, at });
    } else {
      const middle = Math.ceil(message.positions.length / 2);
      const halves = [message.positions.slice(0, middle), message.positions.slice(middle)];
      await insertParts(sql, message, {
        parts: halves.map((positions) => ({ id: randomUUID(), positions })),
        at,
      });
    }
  });
}
