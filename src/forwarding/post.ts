// One try of a message: compose ─▶ post ─▶ read the answer. What comes out is a value, whatever happened.
import { bearerToken } from '../core/authorization.js';
import { shanghaiDay, type Clock } from '../core/clock.js';
import type { Destination } from '../core/configuration.js';
import { GatewayError, isGatewayError } from '../core/errors.js';
import { readChangesAt, type Change } from '../db/changes.js';
import type { Message } from '../db/messages.js';
import type { NoteReading } from '../db/person-reading.js';
import type { Database } from '../db/pool.js';
import { isCertificateFault, type HttpClient } from '../platform/http-client.js';
import type { Logger } from '../platform/logger.js';
import { readCityAnswer, type CityAnswer } from './answer.js';
import { composeMessage, opensNumbers, type ComposeNeeds } from './compose.js';

export interface PostNeeds extends Omit<ComposeNeeds, 'showsPersonalNumbers'> {
  readonly database: Database;
  readonly clock: Clock;
  /** Told before the personal numbers of a message are opened. */
  readonly personReading: NoteReading;
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
  /** Whether the destination answered in a way that shows it to be in order; undefined where that cannot be told. */
  readonly isReached: boolean | undefined;
}

/** Tries a message once. */
export async function postMessage(
  message: Message,
  destination: Destination,
  needs: PostNeeds,
): Promise<Tried> {
  const startedAt = needs.clock();
  const changes = await readChanges(message, destination, needs);
  const { answer, httpStatus } = await exchange(message, { changes, destination }, needs);
  return {
    answer,
    changes,
    startedAt,
    tookMs: Math.max(0, needs.clock().getTime() - startedAt.getTime()),
    httpStatus,
    isReached: answer.kind === 'denied' ? undefined : answer.kind !== 'again' || httpStatus === 429,
  };
}

async function readChanges(
  message: Message,
  { openness }: Destination,
  { database, clock }: PostNeeds,
): Promise<Change[]> {
  const today = shanghaiDay(clock());
  const changes = await readChangesAt(database, message.positions, { openness, today });
  // The city's answer goes by index: a hole would put its words on another record.
  if (changes.length !== message.positions.length)
    throw new GatewayError('internal.unexpected', 'A message names positions that cannot be read.', {
      details: { message: message.id, positions: message.positions.length, found: changes.length },
    });
  return changes;
}

/** Once for each try of a message, for each one opens them anew. */
async function noteReading(
  message: Message,
  { changes, destination }: { changes: readonly Change[]; destination: Destination },
  { database, clock, personReading }: PostNeeds,
): Promise<void> {
  const { showsPersonalNumbers: shows, id } = destination;
  const records = changes.filter((change) => opensNumbers(change, shows)).length;
  if (shows === false || records === 0) return;
  const { agency, recordType, attempt } = message;
  await personReading(database, {
    at: clock(),
    actor: id,
    action: 'person.sent',
    object: message.id,
    details: { agency, recordType, records, attempt, legalBasis: shows.legalBasis },
  });
}

async function exchange(
  message: Message,
  sent: { changes: readonly Change[]; destination: Destination },
  needs: PostNeeds,
): Promise<{ answer: CityAnswer; httpStatus: number | null }> {
  const { city, clock } = needs;
  const { changes, destination } = sent;
  const { showsPersonalNumbers } = destination;
  await noteReading(message, sent, needs);
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
      gzip: destination.gzip ?? false,
      timeoutMs: destination.timeoutMs,
      signal: needs.signal,
    });
    return { answer: readCityAnswer(answer, changes.length, clock()), httpStatus: answer.status };
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    const { reason: said } = error.details;
    const reason = typeof said === 'string' ? said : error.code;
    if (isCertificateFault(reason)) return { answer: { kind: 'denied', reason }, httpStatus: null };
    return { answer: { kind: 'again', reason, retryAfterMs: undefined }, httpStatus: null };
  }
}
