// An operator's order and its entry in the audit log: both or neither.
import { actorOf, type AuditAction, type AuditDetails } from '../core/audit-entry.js';
import { appendAudit } from '../db/audit.js';
import type { Connection } from '../db/pool.js';
import type { Caller } from '../http/deps.js';
import type { Foundation } from './gateway.js';

export interface Order<T = unknown> {
  /** The id of what is ordered about. */
  readonly object: string;
  readonly at: Date;
  readonly caller: Caller;
  readonly reason: string | undefined;
  readonly action: AuditAction;
  /** Facts beside the reason, from what was done; undefined where nothing was, and nothing is written down. */
  readonly details?: (done: T) => AuditDetails | undefined;
}

/** Carries an order out and writes it down, in one transaction. */
export async function carryOut<T>(
  { object, at, caller, reason, action, details }: Order<T>,
  { storage }: Pick<Foundation, 'storage'>,
  work: (sql: Connection) => Promise<T>,
): Promise<T> {
  return storage.database.transaction(async (sql) => {
    const done = await work(sql);
    const facts = details === undefined ? {} : details(done);
    if (facts === undefined) return done;
    const actor = actorOf(caller);
    await appendAudit(sql, { at, actor, action, object, details: { reason: reason ?? null, ...facts } });
    return done;
  });
}
