// How the gateway's own jobs write down what they did: in the transaction in which they did it, as its last statement.
import type { AuditAct } from '../core/audit-entry.js';
import type { Connection } from '../db/pool.js';

export type Audit = (connection: Connection, acts: readonly AuditAct[]) => Promise<void>;
