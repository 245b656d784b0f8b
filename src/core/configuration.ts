// The shapes of `config/`, as ajv has checked them against schemas/config and as the code reads them.
import type { CatalogueEntry, NamedList } from './catalogue.js';
import type { Openness } from './openness.js';
import type { PeriodRules } from './periods.js';
import type { PeriodKind } from './reporting-period.js';
import type { ReadingLimits } from './reading-limits.js';
import type { Schedules } from './schedules.js';
import type { Severity } from './words.js';
import type { Calendar } from './working-days.js';

export interface RetryPolicy {
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** Longest wait that a `Retry-After` may ask for. */
  readonly maxRetryAfterMs: number;
}

export interface GatewaySettings {
  readonly maxUploadBytes: number;
  readonly uploadIdleTimeoutMs: number;
  readonly requestsPerSecond: number;
  readonly feedLimit: number;
  readonly chunkRows: number;
  readonly batchAttempts: number;
  readonly claimMs: number;
  readonly sweepEveryMs: number;
  /** What one file may ask of its reader; a source may set its own. */
  readonly limits: ReadingLimits;
  readonly hold: {
    /** A batch is held where more than this share of its first chunk would be rejected … */
    readonly aboveRejectedShare: number;
    /** … and the chunk has at least so many rows. */
    readonly fromRows: number;
    /** A key-set sweep is held where it would withdraw more than this share of its source. */
    readonly aboveWithdrawnShare: number;
  };
  readonly backPressure: {
    /** Uploads are refused for a while where the disk of `DATA_DIR` has less room. */
    readonly minFreeBytes: number;
    /** Uploads are refused for a while where so many batches wait for their processing. */
    readonly maxWaitingBatches: number;
    readonly retryAfterSeconds: number;
  };
  readonly pull: {
    /** CIDR ranges that a pull may call although they are not public. */
    readonly allowedRanges: readonly string[];
    /** Waits before a failed pull is tried again; after the last one its schedule brings the next. */
    readonly retryWaitsMs: readonly number[];
  };
  readonly webhook: {
    readonly timeoutMs: number;
    /** Waits between the tries; one more try than waits. */
    readonly waitsMs: readonly number[];
    readonly maxRetryAfterMs: number;
    /** CIDR ranges that may be called although they are not public. */
    readonly allowedRanges: readonly string[];
  };
  readonly reminders: {
    /** An agency is reminded of a period that it passed over once so many days have gone since its end. */
    readonly graceDays: number;
  };
  readonly status: {
    /** How often it is looked for what is wrong, to tell it once. */
    readonly lookEverySeconds: number;
    /** A batch or pull that has not moved for so long is stuck. */
    readonly stuckAfterMinutes: number;
    /** A destination is lagging whose oldest pending change is so old. */
    readonly laggingAfterMinutes: number;
    /** A way in is failing once so many runs in a row have failed. */
    readonly failingAfterRuns: number;
  };
  readonly metrics: {
    /** Who reads `/metrics` without a key: programs on this machine, or nobody. */
    readonly openTo: 'loopback' | 'nobody';
  };
}

export interface Agency {
  readonly id: string;
  readonly name: string;
  readonly nameZh: string;
  /** Unified social credit code, GB 32100-2015. */
  readonly creditCode: string;
  readonly webhook?: { readonly url: string; readonly secretFile: string };
}

export interface Source {
  readonly id: string;
  readonly agency: string;
  readonly type: string;
  /** Names of files in `mappings/`; the headings of a file decide which of them is used. */
  readonly mappings: readonly string[];
  readonly quality?: Readonly<Record<string, Severity | 'off'>>;
  readonly maxUploadBytes?: number;
  readonly limits?: Partial<ReadingLimits>;
  readonly holdAboveRejectedShare?: number;
  /** The sheet of a workbook that holds the rows; the first visible one where it is absent. */
  readonly sheet?: string;
  /** Names (dotted paths) under which a JSON object holds the array of rows. */
  readonly rowsAt?: readonly string[];
  /** The path of XML row elements; `DATAS/DATA` and `ROWDATA/ROW` are always known. */
  readonly rowPath?: string;
  readonly folder?: FolderSettings;
  readonly httpPull?: HttpPullSettings;
  readonly databasePull?: DatabasePullSettings;
  /** How often something has to come; nothing is missed where it is absent. */
  readonly expects?: Expectation;
}

export interface Expectation {
  readonly every: PeriodKind;
  /** The day from which on it is expected, `YYYY-MM-DD`; periods that began before do not count. */
  readonly from?: string;
}

/** A folder in which an agency, or an SFTP server for it, lays files down. */
export interface FolderSettings {
  /** Absolute, or relative to `DATA_DIR`. */
  readonly path: string;
  /** node-cron expression with six fields. */
  readonly schedule: string;
  /** A file is complete when its size and time have not changed for so long, or when `NAME.done` lies beside it. */
  readonly stableMs: number;
  /** Files in `done/` and `refused/` are removed after so many days; kept for good where it is absent. */
  readonly keepDays?: number;
}

export type PullAuthorization =
  | { readonly kind: 'api-key'; readonly header: string; readonly secretFile: string }
  | { readonly kind: 'basic'; readonly user: string; readonly secretFile: string }
  | {
      readonly kind: 'oauth2';
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly secretFile: string;
      readonly scope?: string;
      /** How the client shows its secret: in the header (RFC 6749, 2.3.1), or in the form; in the header where it is absent. */
      readonly clientAuthentication?: 'basic' | 'post';
    };

export type PullPaging =
  | {
      readonly kind: 'page';
      readonly parameter: string;
      /** The number of the first page. */
      readonly first: number;
      readonly sizeParameter?: string;
      /** Rows that the service really gives a page: a shorter one is the last. */
      readonly size?: number;
      /** Dotted path of the number of all rows; it alone decides where the last page is, where it is given. */
      readonly total?: string;
    }
  | {
      readonly kind: 'cursor';
      /** Query parameter of the cursor; what stands at `next` is a link where it is absent. */
      readonly parameter?: string;
      /** Dotted path of the next cursor, or of a link to the next page, in an answer. */
      readonly next: string;
    };

/** An agency's HTTP service that is asked for rows. */
export interface HttpPullSettings {
  readonly url: string;
  /** node-cron expression with six fields. */
  readonly schedule: string;
  readonly timeoutMs: number;
  readonly authorization?: PullAuthorization;
  readonly paging?: PullPaging;
  /** Dotted path of the array of rows in an answer; the answer itself where it is absent. */
  readonly rows?: string;
  readonly since?: {
    /** Query parameter. */
    readonly parameter: string;
    /** Key of a row that says when it was changed; local times are those of Asia/Shanghai. */
    readonly column: string;
    /** How far behind the newest row seen the next pull begins: rows that were committed late. */
    readonly overlapSeconds: number;
  };
  /** What an answer with status 200 must say to be a success. */
  readonly success?: { readonly at: string; readonly equals: readonly (string | number | boolean)[] };
  readonly maxPages: number;
}

/** An agency's front-end database (前置库). */
export interface DatabasePullSettings {
  readonly kind: 'postgres' | 'mysql';
  /** File that holds the connection address, with its password. */
  readonly urlFile: string;
  /** Table or view, with its schema where it needs one. */
  readonly table: string;
  readonly keyColumns: readonly string[];
  /** Column that grows with each change, and how far behind its highest value the next pull begins. */
  readonly cursor: {
    readonly column: string;
    readonly kind: 'time' | 'number';
    /** Seconds for a time, a count for a number. */
    readonly overlap: number;
  };
  /** node-cron expression with six fields. */
  readonly schedule: string;
  /** When the whole set of keys is compared; never where it is absent. */
  readonly sweepSchedule?: string;
  /** Whether a row that is gone from the table withdraws its record. */
  readonly withdrawsMissing: boolean;
  /** Table in that database to which the verdict of every row is written (反馈库); made where it is not there. */
  readonly feedbackTable?: string;
}

export interface PersonalNumberGrounds {
  readonly types: readonly string[];
  readonly legalBasis: string;
}

/** PEM files, absolute or relative to `CONFIG_DIR`; a certificate has its key beside it. */
export interface ClientIdentitySettings {
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Authorities by which the server is known, instead of the usual ones. */
  readonly caFile?: string;
}

export interface Destination {
  readonly id: string;
  /** How it is spoken to. */
  readonly adapter: 'city-http';
  readonly tables: Readonly<Record<string, { readonly code: string; readonly version: string }>>;
  /** False, or the record types that go out unmasked and the ground on which they do. */
  readonly showsPersonalNumbers: false | PersonalNumberGrounds;
  /** The narrowest openness of what still goes there. */
  readonly openness: Openness;
  readonly messageSize: number;
  readonly messagesInFlight: number;
  readonly timeoutMs: number;
  /** What is shown to a server that asks for a certificate. */
  readonly clientIdentity?: ClientIdentitySettings;
  /** Whether bodies go out packed. */
  readonly gzip: boolean;
  readonly retry: RetryPolicy;
  readonly breaker: { readonly failures: number; readonly probeEveryMs: number };
  /** How often a parked destination is probed. */
  readonly parked: { readonly probeEveryMs: number };
  /** After so many failed tries, between which it took others, a message is set aside. */
  readonly maxFaults: number;
}

export interface Measure {
  readonly id: string;
  readonly titleZh: string;
  readonly title: string;
  readonly legalBasis: string;
}

export interface Route {
  readonly measures: readonly string[];
  readonly agencies: readonly string[];
}

/** How long something is kept where the catalogue says nothing else of its record type; what a site leaves out is as in its schema. */
interface DefaultKeeping {
  readonly days: number | 'unlimited';
}

export interface Retention {
  /** The bytes of a delivery, from its settling on. */
  readonly originals: DefaultKeeping;
  readonly rejectedRows: DefaultKeeping;
  readonly problems: DefaultKeeping;
  /** What a version said, from the day on which the next one took its place. */
  readonly oldVersions: DefaultKeeping;
  readonly feed: DefaultKeeping;
  /** Settled messages to destinations, and orders that are over. */
  readonly messages: DefaultKeeping;
  /** Tries of settled messages, from their beginning on; with their message at the latest. */
  readonly messageAttempts: DefaultKeeping;
  /** What destinations took, from its day on; for so long a day can be compared. @minimum 35 */
  readonly takenChanges: DefaultKeeping;
  /** Comparisons that are done, from the last one of a day on. @minimum 35 */
  readonly reconciliations: DefaultKeeping;
  /** Differences, from their closing on. */
  readonly reconciliationDifferences: DefaultKeeping;
  /** Noted places of the feed's digest that nobody needs, from their event on. */
  readonly feedDigests: DefaultKeeping;
}

export interface Configuration {
  readonly gateway: GatewaySettings;
  readonly schedules: Schedules;
  readonly agencies: readonly Agency[];
  readonly sources: readonly Source[];
  readonly destinations: readonly Destination[];
  readonly catalogue: readonly CatalogueEntry[];
  readonly lists: readonly NamedList[];
  readonly measures: readonly Measure[];
  readonly routes: readonly Route[];
  /** In the order of `from`. */
  readonly periods: readonly PeriodRules[];
  readonly retention: Retention;
  /** The calendars of working days, one a year. */
  readonly calendars: readonly Calendar[];
}
