// Two transactions that wrote the next version of one record at the same moment: the version's key lets one of them
// through, and the other one begins again with what it finds then.
import type { Connection, Database } from './pool.js';

const UNIQUE_VIOLATION = '23505';
const DEADLOCK = '40P01';
const ATTEMPTS = 5;

/** Runs `work` in a transaction, afresh where another one was faster; throws what the last attempt threw. */
export async function afreshOnConflict<T>(
  database: Database,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await database.transaction(work);
    } catch (error) {
      const { code } = error as { code?: unknown };
      const isConflict = code === UNIQUE_VIOLATION || code === DEADLOCK;
      if (!isConflict || attempt === ATTEMPTS) throw error;
    }
  }
}
