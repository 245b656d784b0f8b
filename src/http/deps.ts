// What the API needs of the gateway: narrow functions, bound once in app.
import type { Readable } from 'node:stream';
import type { Role } from '../core/words.js';
import type { Logger } from '../platform/logger.js';

export interface Caller {
  readonly keyId: string;
  readonly role: Role;
  readonly agency: string | null;
}

export interface SourceView {
  readonly id: string;
  readonly agency: string;
  readonly maxUploadBytes: number;
}

export interface Upload {
  readonly sourceId: string;
  /** The `charset` of the media type as written; undefined where there is none. */
  readonly charset: string | undefined;
  readonly body: Readable;
  /** Base64 by algorithm. */
  readonly expectedDigests: ReadonlyMap<string, string>;
  readonly idempotencyKey: string | undefined;
}

export interface FeedQuery {
  readonly caller: Caller;
  readonly lastEventId: string | undefined;
  readonly limit: number;
  /** 0 answers at once. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface PageQuery {
  readonly after: string | undefined;
  readonly limit: number;
}

export interface HttpDeps {
  readonly log: Logger;
  readonly requestsPerSecond: number;
  /** The longest time without a byte of a body. */
  readonly uploadIdleTimeoutMs: number;
  /** The longest time for the headers of a request; 30 s where it is not given. */
  readonly headersTimeoutMs?: number;
  readonly feedLimit: number;
  readonly authenticate: (key: string) => Promise<Caller | undefined>;
  readonly source: (id: string) => SourceView | undefined;
  /** Tells whether uploads in this encoding can be read. */
  readonly isCharset: (name: string) => boolean;
  readonly receiveBatch: (upload: Upload) => Promise<{ readonly id: string; readonly status: string }>;
  readonly readBatch: (id: string) => Promise<{ readonly id: string; readonly agency: string } | null>;
  readonly readProblems: (batchId: string, page: PageQuery) => Promise<object>;
  readonly csvTemplate: (type: string) => string;
  readonly followFeed: (query: FeedQuery) => Promise<readonly object[]>;
  readonly acceptNotice: (notice: unknown) => Promise<{ readonly noticeId: string; readonly isNew: boolean }>;
  readonly listMailbox: (agency: string, page: { after: number; limit: number }) => Promise<object>;
  readonly acknowledge: (from: { noticeId: string; agency: string }) => Promise<object>;
  readonly giveFeedback: (from: { noticeId: string; agency: string; feedback: unknown }) => Promise<object>;
  /** Tells whether requests can be served: started, and the database answers. */
  readonly isReady: () => Promise<boolean>;
}
