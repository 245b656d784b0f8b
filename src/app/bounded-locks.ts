// Work on a database whose other users it never waits for without end: it ends with `data-key.busy`, which says who
// has been at it for longest and what to do.
import { GatewayError } from '../core/errors.js';
import { boundLocks, isLockTimeout, oldestTransactions } from '../db/bounded-locks.js';
import type { Database } from '../db/pool.js';

export interface LockBound {
  readonly database: Database;
  /** For each lock. */
  readonly waitMs?: number | undefined;
  /** What has become of the work so far, in English and Chinese. */
  readonly left: readonly [string, string];
}

export const LOCK_WAIT_MS = 60_000;
export const NOTHING_CHANGED = ['Nothing was changed.', '未作任何更改。'] as const;

/** Gives the work a database that waits for each lock so long at most; throws `data-key.busy` where that was too long. */
export async function withBoundedLocks<T>(
  bound: LockBound,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const { database, waitMs = LOCK_WAIT_MS } = bound;
  try {
    return await work(boundLocks(database, waitMs));
  } catch (error) {
    throw isLockTimeout(error) ? await busy({ ...bound, waitMs }, error) : error;
  }
}

/** Makes the error for a lock that somebody else has had for so long. */
export async function busy(
  { database, waitMs = LOCK_WAIT_MS, left }: LockBound,
  cause?: unknown,
): Promise<GatewayError> {
  const open = (await oldestTransactions(database)).map(
    ({ pid, since }) => `${pid} (${since.toISOString()})`,
  );
  const seconds = Math.round(waitMs / 1000);
  const [who, whoZh] =
    open.length === 0
      ? ['It has just ended', '该事务刚刚结束']
      : [
          `Open for longest: PostgreSQL process ${open.join(', ')}`,
          `最早的未结束事务：PostgreSQL 进程 ${open.join('、')}`,
        ];
  return new GatewayError(
    'data-key.busy',
    `Another transaction has held a lock for ${seconds} s that this waits for. ${left[0]} ${who}. Let it end, or end it with pg_terminate_backend, and run this again.`,
    {
      cause,
      detailZh: `其他事务持锁已超过 ${seconds} 秒，不再等待。${left[1]}${whoZh}。请等其结束，或用 pg_terminate_backend 终止，然后重新运行。`,
    },
  );
}
