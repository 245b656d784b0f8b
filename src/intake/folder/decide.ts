// What is next for a complete file: it waits, is taken in, or goes with the account of a batch that settled.
import { SETTLED_FOR_PULLS, type BatchState } from '../../core/words.js';

export interface KnownBatch {
  readonly id: string;
  readonly status: BatchState;
}

export type Next =
  | { readonly what: 'wait' }
  | { readonly what: 'take' }
  | { readonly what: 'settle'; readonly batch: KnownBatch }
  | { readonly what: 'skip'; readonly batch: KnownBatch };

export interface Standing {
  /** The batch as which this file was taken in. */
  readonly own: KnownBatch | null;
  /** The last batch of the source with the same bytes. */
  readonly last: KnownBatch | undefined;
  /** Somebody ordered that everything be read again. */
  readonly isFull: boolean;
}

/**
 * Decides. A file whose own batch has failed waits until these bytes have another batch, or until a full pull is
 * ordered: taken in again at every look it would fail again at every look.
 */
export function decide({ own, last, isFull }: Standing): Next {
  if (own !== null && isSettled(own)) return { what: 'settle', batch: own };
  if (own !== null && own.status !== 'failed') return { what: 'wait' };
  if (last !== undefined && isSettled(last)) return { what: 'skip', batch: last };
  if (last !== undefined && last.status !== 'failed') return { what: 'wait' };
  return own === null || isFull ? { what: 'take' } : { what: 'wait' };
}

function isSettled({ status }: KnownBatch): boolean {
  return SETTLED_FOR_PULLS.includes(status);
}
