// Whether the audit log can be written, found out by writing to it and taking it back: its numbers come from the
// last entry, so that no gap is left.
import { GATEWAY } from '../core/audit-entry.js';
import { isGatewayError } from '../core/errors.js';
import { appendAudit } from './audit.js';
import type { Database } from './pool.js';

/** Tells whether an entry can be appended just now; what keeps the database itself from being asked is thrown. */
export async function isAuditWritable(database: Database, at: Date): Promise<boolean> {
  const takenBack = new Error('The entry of the probe is taken back.');
  try {
    await database.transaction(async (sql) => {
      await appendAudit(sql, { at, actor: GATEWAY, action: 'batch.received', object: 'probe' });
      throw takenBack;
    });
  } catch (thrown) {
    if (thrown === takenBack) return true;
    if (isGatewayError(thrown, 'audit.unavailable')) return false;
    throw thrown;
  }
  return true;
}
