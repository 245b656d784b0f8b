// Waiting for locks of others, for so long and no longer; and who has them, for whoever has to do something about it.
import type { Database, Sql } from './pool.js';

const LOCK_NOT_AVAILABLE = '55P03';

export interface OpenTransaction {
  /** Of its process in PostgreSQL. */
  readonly pid: number;
  readonly since: Date;
}

/** Gives the same database with statements and transactions that wait `atMostMs` for each lock, and then fail. */
export function boundLocks(database: Database, atMostMs: number): Database {
  const transaction: Database['transaction'] = (work) =>
    database.transaction(async (sql) => {
      await sql.query(`set local lock_timeout = ${atMostMs}`);
      return work(sql);
    });
  return {
    query: (text, values) => transaction((sql) => sql.query(text, values as unknown[]) as never),
    transaction,
    close: database.close,
  };
}

/** Tells whether a statement failed because somebody else had a lock for too long. */
export function isLockTimeout(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === LOCK_NOT_AVAILABLE;
}

/** Lists the transactions of this database that are open longest, at most three. */
export async function oldestTransactions(sql: Sql): Promise<OpenTransaction[]> {
  const { rows } = await sql.query(
    `select pid, xact_start as since from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null
     order by xact_start limit 3`,
  );
  return rows as unknown as OpenTransaction[];
}
