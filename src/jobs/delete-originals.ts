// Removes the originals whose deletion is ordered: the file first, under no lock that intake needs, then the note and
// the entry that it is gone. A run that breaks off anywhere is made good by the next one.
import { GATEWAY } from '../core/audit-entry.js';
import { nextOrderedDeletion, noteDeleted, withFileLocked } from '../db/original-files.js';
import type { RetentionNeeds } from './retention-step.js';

type Needs = Pick<RetentionNeeds, 'audit' | 'clock' | 'database' | 'originals' | 'signal'>;

/** Removes all of them; one that cannot be removed keeps no other from it, and is told at the end. */
export async function deleteOriginals(needs: Needs): Promise<void> {
  const failures: unknown[] = [];
  for (let after = 0; ;) {
    needs.signal.throwIfAborted();
    const next = await nextOrderedDeletion(needs.database, after);
    if (next === undefined) break;
    after = next.number;
    try {
      await deleteOriginal(next.id, needs);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0)
    throw new Error(`${failures.length} originals could not be deleted.`, { cause: failures[0] });
}

async function deleteOriginal(id: string, needs: Needs): Promise<void> {
  const { database, originals, clock, audit } = needs;
  await withFileLocked(database, id, () => originals.remove(id));
  const at = clock();
  await database.transaction(async (sql) => {
    if (!(await noteDeleted(sql, { id, at }))) return;
    const details = { count: 1 };
    await audit(sql, [{ at, actor: GATEWAY, action: 'original.deleted', object: id, details }]);
  });
}
