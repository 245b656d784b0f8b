// An operator's order and its entry in the audit log: both or neither.
import { actorOf, type AuditAction } from '../core/audit-entry.js';
import { appendAudit } from '../db/audit.js';
import type { Connection } from '../db/pool.js';
import type { Caller } from '../http/deps.js';
import type { Foundation } from './gateway.js';

export interface Order {
  /** The id of what is ordered about. */
  readonly object: string;
  readonly at: Date;
  readonly caller: Caller;
  readonly reason: string | undefined;
  readonly action: AuditAction;
}

/** Carries an order out and writes it down, in one transaction. */
export async function carryOut(
  { object, at, caller, reason, action }: Order,
  { storage }: Pick<Foundation, 'storage'>,
  work: (sql: Connection) => Promise<void>,
): Promise<void> {
  await storage.database.transaction(async (sql) => {
    await work(sql);
    await appendAudit(sql, {
      at,
      actor: actorOf(caller),
      action,
      object,
      details: { reason: reason ?? null },
    });
  });
}
