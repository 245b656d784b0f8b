// Appends the entries of readings that come at once in one statement, which is a transaction by itself: while one is
// being committed, those that come meanwhile gather for the next. A commit that wakes hundreds of waiting readers so
// costs the log a few transactions, and intake, which needs the same lock, waits for no more than one of them.
import type { AuditAct } from '../core/audit-entry.js';
import { appendAudits } from './audit.js';
import type { Sql } from './pool.js';

/** Resolves once the act is committed; throws `audit.unavailable` where it is not. */
export type WriteDown = (act: AuditAct) => Promise<void>;

interface Waiting {
  readonly act: AuditAct;
  readonly settle: { readonly done: () => void; readonly failed: (error: unknown) => void };
}

const ACTS_AT_ONCE = 500;

/** Gathers the acts of one process. */
export function gatherAudits(database: Sql): WriteDown {
  const waiting: Waiting[] = [];
  let isWriting = false;
  const writeAll = async (): Promise<void> => {
    isWriting = true;
    while (waiting.length > 0) {
      const taken = waiting.splice(0, ACTS_AT_ONCE);
      const acts = taken.map(({ act }) => act);
      try {
        await appendAudits(database, acts);
        for (const { settle } of taken) settle.done();
      } catch (error) {
        for (const { settle } of taken) settle.failed(error);
      }
    }
    isWriting = false;
  };
  return (act) =>
    new Promise((done, failed) => {
      waiting.push({ act, settle: { done, failed } });
      if (!isWriting) void writeAll();
    });
}
