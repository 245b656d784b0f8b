// The way of one claimed message: try ─▶ settle ─▶ tell the breaker. Whatever happens is a row of its attempts.
import type { Destination } from '../core/configuration.js';
import { retryDelayMs } from '../core/retry-delay.js';
import { holdDestination, noteReached, noteUnreached, parkDestination } from '../db/destinations.js';
import type { Message } from '../db/messages.js';
import { postMessage, type PostNeeds, type Tried } from './post.js';
import { renewMessage, type RenewNeeds } from './renew.js';
import { settle } from './settle.js';

export interface SendNeeds extends PostNeeds, RenewNeeds {
  /** Gives [0, 1). */
  readonly random: () => number;
}

const NOT_TRIED = 'not-tried';

/** Sends a claimed message and stores what came of it. */
export async function sendMessage(
  message: Message,
  destination: Destination,
  needs: SendNeeds,
): Promise<void> {
  const startedAt = needs.clock();
  if (await renewMessage(message, { destination, at: startedAt }, needs)) return;
  const tried = await postMessage(message, destination, needs).catch((error: unknown) =>
    ownFailure(error, { message, startedAt }, needs),
  );
  const { answer } = tried;
  const at = needs.clock();
  const waitMs =
    answer.kind === 'again' ? waitBefore(message, answer.retryAfterMs, { destination, needs }) : 0;
  const dueAt = new Date(at.getTime() + waitMs);
  // Before the message can be claimed again.
  if (answer.kind === 'denied') await park(answer.reason, { destination, at }, needs);
  const maxFaults = mayBeItsFault(tried, needs) ? destination.maxFaults : undefined;
  const settled = await settle(message, tried, { database: needs.database, at, dueAt, maxFaults });
  const fields = { message: message.id, destination: destination.id, attempt: message.attempt };
  if (settled === 'lost') needs.log.info(fields, 'Message was taken over by another worker');
  else if (settled === 'set-aside' && (answer.kind === 'again' || answer.kind === 'denied'))
    needs.log.error({ ...fields, reason: answer.reason }, 'Message fails while others pass and is set aside');
  else if (answer.kind === 'again' || answer.kind === 'denied')
    needs.log.info({ ...fields, reason: answer.reason, waitMs }, 'Message not taken yet');
  else needs.log.debug({ ...fields, records: tried.changes.length, answer: answer.kind }, 'Message answered');
  // Denied for its own sake: it must not leave its destination parked, where nothing may be left to probe with.
  const isItsOwn = settled === 'set-aside' && answer.kind === 'denied';
  const told = isItsOwn ? { ...tried, isReached: true, startedAt: at } : tried;
  await tellBreaker(told, { destination, at }, needs);
}

/** What is neither the message's fault nor the destination's: the database, the audit log. Kept, put off, and told once. */
function ownFailure(error: unknown, tried: { message: Message; startedAt: Date }, { log }: SendNeeds): Tried {
  const { message, startedAt } = tried;
  const fields = { err: error, message: message.id, attempt: message.attempt };
  if (message.attempt === 1) log.error(fields, 'Message cannot be tried');
  else log.info(fields, 'Message still cannot be tried');
  const answer = { kind: 'again', reason: NOT_TRIED, retryAfterMs: undefined } as const;
  return { answer, changes: [], lines: [], startedAt, tookMs: 0, httpStatus: null, isReached: undefined };
}

/** What is denied may be (it counts where others pass); neither what a destination asks patience for, nor what we broke off ourselves, nor what was not tried at all. */
function mayBeItsFault({ answer, httpStatus }: Tried, { signal }: SendNeeds): boolean {
  if (signal.aborted) return false;
  if (answer.kind !== 'again') return answer.kind === 'denied';
  return answer.retryAfterMs === undefined && httpStatus !== 429 && answer.reason !== NOT_TRIED;
}

function waitBefore(
  message: Message,
  retryAfterMs: number | undefined,
  { destination, needs }: { destination: Destination; needs: SendNeeds },
): number {
  // Given back by a process that stops: whoever comes next may send it at once.
  if (needs.signal.aborted) return 0;
  const { retry: policy } = destination;
  return retryDelayMs({
    attempt: message.attempt,
    policy,
    random: needs.random,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Told once: what is wrong with our token or a certificate is wrong for every message. */
async function park(
  reason: string,
  { destination, at }: { destination: Destination; at: Date },
  { database, log }: SendNeeds,
): Promise<void> {
  const { id, parked } = destination;
  const probeAt = new Date(at.getTime() + parked.probeEveryMs);
  if (await parkDestination(database, id, { at, reason, probeAt }))
    log.error(
      { destination: id, reason },
      'Destination does not accept us and is parked; check the token and certificates',
    );
}

async function tellBreaker(
  tried: Tried,
  { destination, at }: { destination: Destination; at: Date },
  { database, log, signal }: SendNeeds,
): Promise<void> {
  const { id, breaker, retry } = destination;
  if (tried.isReached === undefined) return;
  if (tried.isReached) {
    if (await noteReached(database, id, { now: at, breaker, startedAt: tried.startedAt }))
      log.info({ destination: id }, 'Destination is back');
  } else if (!signal.aborted && (await noteUnreached(database, id, { now: at, breaker })))
    log.error({ destination: id }, 'Destination does not answer; sending only probes');
  // Who asks for patience gets it from all messages, not from one of them.
  if (tried.answer.kind === 'again' && tried.answer.retryAfterMs !== undefined) {
    const waitMs = Math.min(tried.answer.retryAfterMs, retry.maxRetryAfterMs);
    await holdDestination(database, id, new Date(at.getTime() + waitMs));
  }
}
