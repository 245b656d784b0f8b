// What a kind of destination has to provide: how a message is written, and how it is sent and its answer read.
import type { Destination } from '../core/configuration.js';
import type { ReconciledLine } from '../core/reconciliation.js';
import type { Change } from '../db/changes.js';
import type { Message } from '../db/messages.js';

/** What came of a message, as a value; an answer that cannot be understood is no answer. */
export type Answer =
  | {
      readonly kind: 'taken';
      readonly receiptId: string | null;
      readonly receivedAt: Date | null;
      readonly failures: readonly Failure[];
    }
  /** To be tried again under the same id. */
  | { readonly kind: 'again'; readonly reason: string; readonly retryAfterMs: number | undefined }
  /** Says nothing of the records: whatever is sent now would be answered so. */
  | { readonly kind: 'denied'; readonly reason: string }
  /** Refused as a whole. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

export interface Failure {
  /** Place of the record in the message, from 0. */
  readonly index: number;
  readonly code: string;
  readonly message: string;
}

export interface Parcel {
  readonly message: Message;
  /** In the order of the message. */
  readonly changes: readonly Change[];
  readonly destination: Destination;
}

export interface Composed {
  readonly body: string | Buffer;
  /** What it says of each change, in their order, for the comparison with the destination's own account. */
  readonly lines: readonly ReconciledLine[];
}

export interface Outcome {
  readonly answer: Answer;
  /** Null where nobody answered. */
  readonly httpStatus: number | null;
}

export interface Adapter {
  /** Writes the body; throws where these records cannot be written. */
  readonly compose: (parcel: Parcel) => Composed;
  /** Sends it and reads the answer; throws only where the fault is neither the message's nor the destination's. */
  readonly send: (parcel: Parcel, body: string | Buffer) => Promise<Outcome>;
}
