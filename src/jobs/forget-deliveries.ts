// The steps that delete what is known of deliveries to destinations, each by its own period of `config/retention.yaml`.
import type { AuditAction } from '../core/audit-entry.js';
import { shanghaiDay } from '../core/clock.js';
import type { GeneralKind } from '../core/keeping.js';
import {
  deleteAttempts,
  deleteDifferences,
  deleteDigestPlaces,
  deleteMessages,
  deleteReconciliations,
  deleteTaken,
} from '../db/past-deliveries.js';
import { deleteResendOrders, deleteSourceReplayOrders } from '../db/past-orders.js';
import type { Connection } from '../db/pool.js';
import { audit, cutoffOf, NEVER, ROWS_AT_ONCE, type RetentionNeeds, type Step } from './retention-step.js';

/** A message stands for up to a thousand changes. */
const MESSAGES_AT_ONCE = 500;
/** An order of a source stands for up to a thousand batches. */
const SOURCE_ORDERS_AT_ONCE = 10;

interface Kind {
  readonly kind: GeneralKind;
  readonly action: AuditAction;
  readonly object: string;
  readonly most: number;
  /** Deletes up to `limit` of what is from before `cutoff`. */
  readonly work: (
    sql: Connection,
    past: { readonly cutoff: string; readonly limit: number; readonly views: readonly string[] },
  ) => Promise<number | { readonly count: number; readonly attempts: number }>;
}

// Parts of what others refer to come first: differences before their comparisons, messages before their orders.
const KINDS: readonly Kind[] = [
  {
    kind: 'takenChanges',
    action: 'taken-changes.deleted',
    object: 'destinations',
    most: MESSAGES_AT_ONCE,
    work: (sql, { cutoff, limit }) => deleteTaken(sql, shanghaiDay(new Date(cutoff)), limit),
  },
  {
    kind: 'messageAttempts',
    action: 'message-attempts.deleted',
    object: 'destinations',
    most: ROWS_AT_ONCE,
    work: (sql, { cutoff, limit }) => deleteAttempts(sql, cutoff, limit),
  },
  {
    kind: 'messages',
    action: 'messages.deleted',
    object: 'destinations',
    most: MESSAGES_AT_ONCE,
    work: (sql, { cutoff, limit }) => deleteMessages(sql, cutoff, limit),
  },
  {
    kind: 'messages',
    action: 'resend-orders.deleted',
    object: 'destinations',
    most: ROWS_AT_ONCE,
    work: (sql, { cutoff, limit }) => deleteResendOrders(sql, cutoff, limit),
  },
  {
    kind: 'messages',
    action: 'source-replays.deleted',
    object: 'sources',
    most: SOURCE_ORDERS_AT_ONCE,
    work: (sql, { cutoff, limit }) => deleteSourceReplayOrders(sql, cutoff, limit),
  },
  {
    kind: 'reconciliationDifferences',
    action: 'differences.deleted',
    object: 'destinations',
    most: ROWS_AT_ONCE,
    work: (sql, { cutoff, limit }) => deleteDifferences(sql, cutoff, limit),
  },
  {
    kind: 'reconciliations',
    action: 'reconciliations.deleted',
    object: 'destinations',
    most: ROWS_AT_ONCE,
    work: (sql, { cutoff, limit }) => deleteReconciliations(sql, cutoff, limit),
  },
  {
    kind: 'feedDigests',
    action: 'digests.deleted',
    object: 'feed',
    most: ROWS_AT_ONCE,
    work: (sql, past) => deleteDigestPlaces(sql, past),
  },
];

/** One step for each of those kinds. */
export const DELIVERY_STEPS: readonly Step[] = KINDS.map(
  (of) => (connection, needs) => forget(connection, needs, of),
);

async function forget(
  connection: Connection,
  needs: RetentionNeeds,
  { kind, action, object, most, work }: Kind,
): Promise<boolean> {
  const cutoff = cutoffOf(needs.retention[kind].days, needs.clock());
  if (cutoff === NEVER) return false;
  const done = await work(connection, { cutoff, limit: needs.rowsAtOnce ?? most, views: needs.views });
  const counts = typeof done === 'number' ? { count: done } : done;
  await audit(connection, needs, { action, object, ...counts });
  return counts.count > 0;
}
