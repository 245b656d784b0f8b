// The closed lists of the domain. One word per idea: the same in code, SQL, API and documents.

export const VERDICTS = [
  'new',
  'amended',
  'unchanged',
  'duplicate',
  'stale',
  'withdrawn',
  'rejected',
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** What became of the rows of a batch; `received` is the sum of the verdicts. */
export type Counts = Readonly<Record<'received' | Verdict, number>>;

/** New records whose type has a time limit, and those of them that came behind it. */
export interface Timeliness {
  readonly measured: number;
  readonly late: number;
}

export const BATCH_STATES = [
  'received',
  'processing',
  'accepted',
  'partially-accepted',
  'rejected',
  'held',
  'failed',
] as const;
export type BatchState = (typeof BATCH_STATES)[number];

/** Bytes that settled so are not taken in again by a folder or a scheduled pull. */
export const SETTLED_FOR_PULLS: readonly BatchState[] = ['accepted', 'partially-accepted', 'rejected'];

/** The forms of file that are read. */
export const FORMATS = ['csv', 'xlsx', 'json', 'ndjson', 'xml'] as const;
export type Format = (typeof FORMATS)[number];

/** Why a batch is held: too many rows would be rejected, or a sweep would withdraw too many records. */
export const HOLD_REASONS = ['rejected-share', 'withdrawn-share'] as const;
export type HoldReason = (typeof HOLD_REASONS)[number];

export const OPERATIONS = ['upsert', 'delete'] as const;
export type Operation = (typeof OPERATIONS)[number];

export const ROLES = ['agency', 'city', 'operator', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

export const SEVERITIES = ['error', 'warning'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const FEEDBACK_OUTCOMES = ['acknowledged', 'acted', 'not-applicable', 'objected'] as const;
export type FeedbackOutcome = (typeof FEEDBACK_OUTCOMES)[number];
