// Puts a new data key in front of the others. The entry of the audit log comes before the file: a key that cannot be
// written down is not put in, and a file that cannot be written takes the entry back.
import { COMMAND_LINE } from '../core/audit-entry.js';
import type { Clock } from '../core/clock.js';
import { appendAudit } from '../db/audit.js';
import type { Database } from '../db/pool.js';
import { withKeysLocked } from '../db/sealed-columns.js';
import { replaceDataKeys } from '../platform/data-key.js';
import { nextDataKeys, type Rotation } from '../platform/rotate-data-key.js';
import { NOTHING_CHANGED, withBoundedLocks } from './bounded-locks.js';

export interface RotateNeeds {
  readonly database: Database;
  readonly dataKeyFile: string;
  readonly clock: Clock;
  /** How long a lock is waited for. */
  readonly lockWaitMs?: number;
}

/** Rotates the data key; does nothing where that was done less than a minute ago. Throws `data-key.busy`. */
export function rotateKeys(needs: RotateNeeds): Promise<Rotation> {
  const { database, lockWaitMs: waitMs } = needs;
  return withBoundedLocks({ database, waitMs, left: NOTHING_CHANGED }, (bounded) =>
    rotateLocked({ ...needs, database: bounded }),
  );
}

function rotateLocked({ database, dataKeyFile, clock }: RotateNeeds): Promise<Rotation> {
  return withKeysLocked(database, async (sql) => {
    const at = clock();
    const rotation = nextDataKeys(dataKeyFile, at);
    const { isRotated, keys } = rotation;
    if (!isRotated) return rotation;
    const details = { replaces: keys.older[0]?.id ?? '', kept: keys.older.length };
    await appendAudit(sql, {
      at,
      actor: COMMAND_LINE,
      action: 'data-key.rotated',
      object: keys.id,
      details,
    });
    replaceDataKeys(dataKeyFile, keys);
    return rotation;
  });
}
