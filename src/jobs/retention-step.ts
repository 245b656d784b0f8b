// What each step of deleting works with: one transaction, bounded, and its entry in the audit log in the same one.
import { GATEWAY, type AuditAction } from '../core/audit-entry.js';
import type { Clock } from '../core/clock.js';
import type { Retention } from '../core/configuration.js';
import type { KeptDays, TypeKeeping } from '../core/keeping.js';
import type { Connection, Database } from '../db/pool.js';
import type { Originals } from '../platform/originals.js';
import type { Audit } from './audit.js';

export interface RetentionNeeds {
  readonly database: Database;
  readonly originals: Pick<Originals, 'remove'>;
  readonly retention: Retention;
  /** Says what differs for a record type. */
  readonly catalogue: readonly TypeKeeping[];
  /** The views of the feed that somebody has today, by the names of their digests. */
  readonly views: readonly string[];
  readonly clock: Clock;
  readonly audit: Audit;
  readonly signal: AbortSignal;
  /** The most rows of a batch, or chunks of the feed, that one transaction deletes. */
  readonly rowsAtOnce?: number;
}

export const ROWS_AT_ONCE = 10_000;
const DAY_MS = 86_400_000;
/** The cutoff of what is kept for good. */
export const NEVER = '-infinity';

/** One transaction's worth of deleting; false where nothing is left to delete. */
export type Step = (connection: Connection, needs: RetentionNeeds) => Promise<boolean>;

/** Writes down what a step deleted; nothing where it deleted nothing. */
export async function audit(
  connection: Connection,
  needs: RetentionNeeds,
  {
    action,
    object,
    ...counts
  }: { action: AuditAction; object: string; count: number; faults?: number; attempts?: number },
): Promise<void> {
  if (counts.count + (counts.faults ?? 0) === 0) return;
  await needs.audit(connection, [
    { at: needs.clock(), actor: GATEWAY, action, object, details: { ...counts } },
  ]);
}

/** Gives the moment before which something is past its retention; `NEVER` where it is kept for good. */
export function cutoffOf(days: KeptDays, now: Date): string {
  return days === 'unlimited' ? NEVER : new Date(now.getTime() - days * DAY_MS).toISOString();
}
