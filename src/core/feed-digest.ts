// The running digest of the feed: a chain over its events, each line made of what an event keeps for good, so that one
// that is served without its data counts the same.
import { hash } from 'node:crypto';

/** What an event is folded by; `id` as the feed gives it. */
export interface FoldedEvent {
  readonly id: string;
  readonly subject: string;
  readonly recordversion: number;
  readonly method: 'PUT' | 'DELETE';
  readonly recorddigest: string;
}

/** The digest over no event. */
export const EMPTY_DIGEST = '0'.repeat(64);

/** Gives the digest behind an event: SHA-256, lower-case hex, over the digest before it and the event's line. */
export function foldEvent(digest: string, event: FoldedEvent): string {
  const { id, subject, recordversion, method, recorddigest } = event;
  return hash('sha256', `${digest}${id},${subject},${recordversion},${method},${recorddigest}\n`, 'hex');
}
