// One try of a message: read its changes ─▶ note who is read ─▶ compose ─▶ send. What comes out is a value.
import type { Destination } from '../core/configuration.js';
import { GatewayError } from '../core/errors.js';
import type { ReconciledLine } from '../core/reconciliation.js';
import { readChangesAt, type Change } from '../db/changes.js';
import type { Message } from '../db/messages.js';
import type { NoteReading } from '../db/person-reading.js';
import type { Database } from '../db/pool.js';
import type { Logger } from '../platform/logger.js';
import type { Adapter, Answer, Composed, Outcome, Parcel } from './adapter.js';
import { adapterOf, type AdapterNeeds } from './adapters/adapter-of.js';
import { namesType, opensNumbers } from './compose.js';

export interface PostNeeds extends AdapterNeeds {
  readonly database: Database;
  /** Told before the personal numbers of a message are opened. */
  readonly personReading: NoteReading;
  readonly log: Logger;
}

export interface Tried {
  readonly answer: Answer;
  readonly changes: readonly Change[];
  /** What was said of each change; empty where nothing could be said. */
  readonly lines: readonly ReconciledLine[];
  readonly startedAt: Date;
  readonly tookMs: number;
  readonly httpStatus: number | null;
  /** Whether the destination answered in a way that shows it to be in order; undefined where that cannot be told. */
  readonly isReached: boolean | undefined;
}

/** Tries a message once; throws where the fault is neither the message's nor the destination's. */
export async function postMessage(
  message: Message,
  destination: Destination,
  needs: PostNeeds,
): Promise<Tried> {
  const { clock } = needs;
  const startedAt = clock();
  const changes = await readChangesAt(needs.database, message.positions, {
    openness: destination.openness,
    day: message.day,
    opensNumbers: namesType(destination.showsPersonalNumbers, message.recordType),
  });
  const parcel = { message, changes, destination };
  const adapter = adapterOf(destination, needs);
  await noteReading(parcel, needs);
  const composed = write(parcel, adapter, needs.log);
  const { answer, httpStatus } =
    composed === undefined ? NOT_WRITTEN : await adapter.send(parcel, composed.body);
  return {
    answer,
    changes,
    lines: composed?.lines ?? [],
    startedAt,
    tookMs: Math.max(0, clock().getTime() - startedAt.getTime()),
    httpStatus,
    isReached:
      composed === undefined || answer.kind === 'denied'
        ? undefined
        : answer.kind !== 'again' || httpStatus === 429,
  };
}

const NOT_WRITTEN: Outcome = {
  answer: { kind: 'again', reason: 'not-written', retryAfterMs: undefined },
  httpStatus: null,
};

/** Gives the body; undefined where these records cannot be written, which is told once. */
function write(parcel: Parcel, adapter: Adapter, log: Logger): Composed | undefined {
  const { message, changes } = parcel;
  try {
    // The answer goes by index: a hole would put its words on another record.
    if (changes.length !== message.positions.length)
      throw new GatewayError('internal.unexpected', 'A message names positions that cannot be read.', {
        details: { message: message.id, positions: message.positions.length, found: changes.length },
      });
    return adapter.compose(parcel);
  } catch (error) {
    const fields = { err: error, message: message.id, attempt: message.attempt };
    if (message.attempt === 1) log.error(fields, 'Message cannot be written');
    else log.info(fields, 'Message still cannot be written');
    return undefined;
  }
}

/** Once for each try of a message, for each one opens them anew. */
async function noteReading(
  { message, changes, destination }: Parcel,
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
