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

export const OPERATIONS = ['upsert', 'delete'] as const;
export type Operation = (typeof OPERATIONS)[number];

export const ROLES = ['agency', 'city', 'operator', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

export const SEVERITIES = ['error', 'warning'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const FEEDBACK_OUTCOMES = ['acknowledged', 'acted', 'not-applicable', 'objected'] as const;
export type FeedbackOutcome = (typeof FEEDBACK_OUTCOMES)[number];
