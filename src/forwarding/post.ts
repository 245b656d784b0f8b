// One try of a message: compose ─▶ post ─▶ read the answer. What comes out is a value, whatever happened.
import { bearerToken } from '../core/authorization.js';
import type { Clock } from '../core/clock.js';
import type { Destination } from '../core/configuration.js';
import { GatewayError, isGatewayError } from '../core/errors.js';
import { readChangesAt, type Change } from '../db/changes.js';
import type { Message } from '../db/messages.js';
import type { Database } from '../db/pool.js';
import type { HttpClient } from '../platform/http-client.js';
import type { Logger } from '../platform/logger.js';
import { readCityAnswer, type CityAnswer } from './answer.js';
import { composeMessage, type ComposeNeeds } from './compose.js';

export interface PostNeeds extends Omit<ComposeNeeds, 'showsPersonalNumbers'> {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly http: Pick<HttpClient, 'send'>;
  readonly city: { readonly url: string; readonly token: string };
  readonly signal: AbortSignal;
}

export interface Tried {
  readonly answer: CityAnswer;
  readonly changes: readonly Change[];
  readonly startedAt: Date;
  readonly tookMs: number;
  readonly httpStatus: number | null;
  /** Whether the destination answered in a way that shows it to be in order; undefined where it was not asked. */
  readonly isReached: boolean | undefined;
}

/** Tries a message once. */
export async function postMessage(
  message: Message,
  destination: Destination,
  needs: PostNeeds,
): Promise<Tried> {
  const startedAt = needs.clock();
  const changes = await readChanges(message, needs.database);
  const { answer, httpStatus } = await exchange(message, { changes, destination }, needs);
  return {
    answer,
    changes,
    startedAt,
    tookMs: Math.max(0, needs.clock().getTime() - startedAt.getTime()),
    httpStatus,
    isReached: answer.kind !== 'again' || httpStatus === 429,
  };
}

async function readChanges(message: Message, database: Database): Promise<Change[]> {
  const changes = await readChangesAt(database, message.positions);
  // The city's answer goes by index: a hole would put its words on another record.
  if (changes.length !== message.positions.length)
    throw new GatewayError('internal.unexpected', 'A message names positions that cannot be read.', {
      details: { message: message.id, positions: message.positions.length, found: changes.length },
    });
  return changes;
}

async function exchange(
  message: Message,
  sent: { changes: readonly Change[]; destination: Destination },
  needs: PostNeeds,
): Promise<{ answer: CityAnswer; httpStatus: number | null }> {
  const { city, clock } = needs;
  const { changes, destination } = sent;
  const { showsPersonalNumbers } = destination;
  const body = composeMessage(message, changes, { ...needs, showsPersonalNumbers });
  try {
    const answer = await needs.http.send({
      method: 'POST',
      url: `${city.url.replace(/\/+$/, '')}/records`,
      headers: {
        ...bearerToken(city.token),
        'content-type': 'application/json; charset=utf-8',
        'idempotency-key': message.id,
      },
      body,
      timeoutMs: destination.timeoutMs,
      signal: needs.signal,
    });
    return { answer: readCityAnswer(answer, changes.length, clock()), httpStatus: answer.status };
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    const { reason: said } = error.details;
    const reason = typeof said === 'string' ? said : error.code;
    return { answer: { kind: 'again', reason, retryAfterMs: undefined }, httpStatus: null };
  }
}
