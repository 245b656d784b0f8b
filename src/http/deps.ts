// What the API needs of the gateway: narrow functions, bound once in app.
import type { Readable, Writable } from 'node:stream';
import type { ConditionSeverity } from '../core/conditions.js';
import type { RecordCriteria, RecordsFound } from '../core/record-criteria.js';
import type { Format, Role } from '../core/words.js';
import type { DeliveredStretch } from '../db/batch-replays.js';
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
  readonly caller: Caller;
  /** What the media type says; undefined where it says nothing. */
  readonly format: Format | undefined;
  /** The `charset` of the media type as written; undefined where there is none. */
  readonly charset: string | undefined;
  readonly body: Readable;
  /** Base64 by algorithm. */
  readonly expectedDigests: ReadonlyMap<string, string>;
  readonly idempotencyKey: string | undefined;
  readonly fileName?: string;
}

export interface FeedQuery {
  readonly caller: Caller;
  readonly lastEventId: string | undefined;
  readonly limit: number;
  /** 0 answers at once. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface RecordSearch {
  readonly caller: Caller;
  /** At least one is there. */
  readonly criteria: RecordCriteria;
  /** The `next` of an earlier page. */
  readonly after: number;
  readonly limit: number;
}

export interface RecordRequest {
  readonly caller: Caller;
  readonly recordId: string;
  /** The version behind which the story goes on. */
  readonly after: number;
  readonly limit: number;
}

export interface PageQuery {
  readonly after: string | undefined;
  readonly limit: number;
}

export interface Decision {
  readonly batchId: string;
  readonly keyId: string;
  readonly role: Role;
  readonly reason: string | undefined;
}

/** What somebody decides about a record, and why. */
export interface RecordDecision {
  readonly recordId: string;
  readonly caller: Caller;
  readonly reason: string;
}

/** Why a source is stopped, and who stopped it when. */
export interface PauseView {
  /** RFC 3339. */
  readonly since: string;
  readonly by: string;
  readonly reason: string;
}

export interface ScorecardRequest {
  /** As asked for; `YYYY-MM` where it can be read. */
  readonly month: string;
  readonly agency: string | null;
  readonly source: string | null;
}

export interface NoDataStatement {
  readonly source: string;
  readonly period: string;
  readonly caller: Caller;
}

/** What a destination is sent once more: all that meets every word, or the records that are named. */
export interface ReplaySelection {
  readonly positions?: { readonly from: number; readonly to?: number };
  readonly recordType?: string;
  readonly agency?: string;
  readonly batch?: string;
  readonly records?: readonly { readonly id: string; readonly version?: number }[];
}

/** What becomes of a message that is set aside: `retry` under its id, `replay` in halves under new ids. */
export interface SetAsideOrder {
  /** Undefined where it can be none. */
  readonly messageId: string | undefined;
  readonly way: 'retry' | 'replay';
  readonly reason: string;
  readonly caller: Caller;
}

/** A count and what it is of: ids of the configuration and words of closed lists. */
interface MetricCount {
  readonly of: readonly string[];
  readonly count: number;
}

/** What `/metrics` tells, as the tables have it. */
export interface MetricFigures {
  readonly now: Date;
  readonly sources: readonly {
    readonly id: string;
    readonly succeededAt: Date | null;
    readonly isPaused: boolean;
    readonly failures: number;
  }[];
  /** By source and verdict. */
  readonly rows: readonly MetricCount[];
  /** By source and state. */
  readonly settled: readonly MetricCount[];
  readonly batches: readonly (readonly [state: string, count: number])[];
  readonly queues: readonly {
    readonly queue: string;
    readonly waiting: number;
    readonly since: Date | null;
  }[];
  readonly destinations: readonly {
    readonly id: string;
    readonly records: number;
    readonly since: Date | null;
  }[];
  /** By destination and outcome. */
  readonly attempts: readonly MetricCount[];
  /** By outcome. */
  readonly webhooks: readonly MetricCount[];
  readonly conditions: readonly ConditionSeverity[];
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
  /** Says what would become of an upload; nothing of it is stored. */
  readonly validate: (upload: Upload) => Promise<object>;
  /** Tells why no upload can be taken just now; null where nothing speaks against it. */
  readonly pressure: () => Promise<{
    readonly reason: 'disk' | 'backlog';
    readonly retryAfterSeconds: number;
  } | null>;
  /** Tells what is wrong just now. */
  readonly readStatus: () => Promise<object>;
  readonly readMetrics: () => Promise<MetricFigures>;
  /** Whether programs on this machine read the metrics without a key. */
  readonly areMetricsOpen: boolean;
  readonly listSources: (agency: string | null) => Promise<readonly object[]>;
  readonly runSource: (
    id: string,
    order: { isFull: boolean; isSweep: boolean; caller: Caller },
  ) => Promise<void>;
  readonly pauseSource: (id: string, order: { reason: string; caller: Caller }) => Promise<PauseView>;
  readonly resumeSource: (id: string, order: { reason: string | undefined; caller: Caller }) => Promise<void>;
  readonly listDestinations: () => Promise<readonly object[]>;
  readonly pauseDestination: (id: string, order: { reason: string; caller: Caller }) => Promise<PauseView>;
  readonly resumeDestination: (
    id: string,
    order: { reason: string | undefined; caller: Caller },
  ) => Promise<void>;
  /** Counts what a replay would select, and what of it a later version takes the place of: null where that is not looked at. */
  readonly previewReplay: (destination: string, selection: ReplaySelection) => Promise<object>;
  readonly orderReplay: (
    destination: string,
    order: { id: string; selection: ReplaySelection; reason: string; caller: Caller },
  ) => Promise<{ readonly replay: object; readonly isNew: boolean }>;
  readonly listReplays: (
    destination: string,
    page: { before: number | undefined; limit: number },
  ) => Promise<object>;
  /** `id` is undefined where it can be none. */
  readonly cancelReplay: (
    destination: string,
    order: { id: string | undefined; reason: string; caller: Caller },
  ) => Promise<object>;
  readonly listRefusals: (
    destination: string,
    page: { after: number | undefined; limit: number; code: string | undefined },
  ) => Promise<object>;
  readonly listSetAside: (
    destination: string,
    page: { after: number | undefined; limit: number },
  ) => Promise<object>;
  readonly endSetAside: (destination: string, order: SetAsideOrder) => Promise<void>;
  /** Orders the comparison of a day, of yesterday where none is named. */
  readonly orderReconciliation: (
    destination: string,
    order: { date: string | undefined; caller: Caller },
  ) => Promise<object>;
  readonly listReconciliations: (
    destination: string,
    page: { before: string | undefined; limit: number },
  ) => Promise<object>;
  readonly listDifferences: (
    destination: string,
    date: string,
    page: { after: number; limit: number },
  ) => Promise<object>;
  readonly repairDifferences: (
    destination: string,
    date: string,
    order: { reason: string; caller: Caller },
  ) => Promise<object>;
  readonly readScorecard: (request: ScorecardRequest) => Promise<readonly object[]>;
  readonly scorecardCsv: (request: ScorecardRequest) => Promise<string>;
  /** Notes that a source had nothing to report in a period. */
  readonly stateNoData: (statement: NoDataStatement) => Promise<object>;
  /** Finds records that the caller may see. */
  readonly searchRecords: (search: RecordSearch) => Promise<RecordsFound>;
  /** Tells the whole story of a record; null where the caller has no such record. */
  readonly tellRecord: (request: RecordRequest) => Promise<object | null>;
  readonly releaseBatch: (decision: Decision) => Promise<object>;
  readonly dropBatch: (decision: Decision) => Promise<object>;
  /** Both throw `record.unknown` for another agency's record. */
  readonly withdrawRecord: (decision: RecordDecision) => Promise<object>;
  readonly reinstateRecord: (decision: RecordDecision) => Promise<object>;
  /** Tells what judging a batch once more would change; nothing is written. */
  readonly previewBatchReplay: (id: string) => Promise<object>;
  /** Has a batch judged once more, as a batch of its own; gives the one that is under way where there is one. */
  readonly replayBatch: (
    id: string,
    order: { caller: Caller; reason: string },
  ) => Promise<{ readonly isNew: boolean; readonly batch: { readonly id: string } }>;
  readonly previewSourceReplay: (stretch: DeliveredStretch) => Promise<object>;
  readonly replaySource: (
    stretch: DeliveredStretch,
    order: { caller: Caller; reason: string },
  ) => Promise<{ readonly isNew: boolean; readonly replay: { readonly id: string } }>;
  readonly readSourceReplay: (source: string, id: string) => Promise<object | undefined>;
  readonly problemsCsv: (batchId: string, caller: Caller) => AsyncIterable<string>;
  readonly writeCorrection: (
    batchId: string,
    options: { readonly onlyFaulty: boolean; readonly caller: Caller },
    out: Writable,
  ) => Promise<void>;
  /** Signs the account of a settled batch, as a compact JWS. */
  readonly signReceipt: (batchId: string) => Promise<string>;
  /** The public keys with which signatures of this gateway are checked, as a JWK set. */
  readonly publicKeys: object;
  readonly readBatch: (id: string) => Promise<{ readonly id: string; readonly agency: string } | null>;
  readonly readProblems: (batchId: string, page: PageQuery & { readonly caller: Caller }) => Promise<object>;
  readonly csvTemplate: (type: string) => string;
  readonly writeTemplate: (type: string, out: Writable) => Promise<void>;
  /** The running digest of what the city gets, at an event or at the last one. */
  readonly readFeedDigest: (lastEventId: string | undefined) => Promise<object>;
  /** Gives events as JSON texts. */
  readonly followFeed: (query: FeedQuery) => Promise<readonly { readonly json: string }[]>;
  readonly acceptNotice: (
    notice: unknown,
    caller: Caller,
  ) => Promise<{ readonly noticeId: string; readonly isNew: boolean }>;
  readonly listMailbox: (
    agency: string,
    page: { after: number; limit: number; caller: Caller },
  ) => Promise<object>;
  readonly acknowledge: (from: { noticeId: string; agency: string; caller: Caller }) => Promise<object>;
  readonly giveFeedback: (from: {
    noticeId: string;
    agency: string;
    caller: Caller;
    feedback: unknown;
  }) => Promise<object>;
  /** Tells whether requests can be served: started, and the database answers. */
  readonly isReady: () => Promise<boolean>;
}
