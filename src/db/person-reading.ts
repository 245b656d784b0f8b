// The entry for each reading of personal numbers by a destination: who reads what, on what ground; never a number.
import type { AuditAct } from '../core/audit-entry.js';
import { appendAudit } from './audit.js';
import type { Database } from './pool.js';

export interface PersonReading extends AuditAct {
  readonly action: 'person.sent';
}

/** Notes a reading before it happens: where it cannot be noted, nothing is read. One for a message, never one for a row. */
export type NoteReading = (database: Database, reading: PersonReading) => Promise<void>;

/** Notes readings in the audit log. */
export const auditReading: NoteReading = (database, reading) =>
  database.transaction((sql) => appendAudit(sql, reading));
