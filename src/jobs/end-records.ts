// Ends the records whose last day is over: each gets a version that ends it, so that feed, city and look-ups
// drop it. What is due is told by the table, so missed days are caught up and two jobs at once share the work.
import { GATEWAY } from '../core/audit-entry.js';
import { shanghaiDay, type Clock } from '../core/clock.js';
import { afreshOnConflict } from '../db/conflicts.js';
import { lockDueEndings, settleEndings } from '../db/due-endings.js';
import { assignOwnPositions, writeOwnEndings } from '../db/own-changes.js';
import type { Connection, Database } from '../db/pool.js';
import type { Audit } from './audit.js';

export interface EndingNeeds {
  readonly database: Database;
  readonly clock: Clock;
  readonly audit: Audit;
  /** Told after each commit that ended something. */
  readonly onChanges: () => void;
  readonly signal: AbortSignal;
  /** How many versions one transaction looks at. */
  readonly versionsAtOnce?: number;
}

const VERSIONS_AT_ONCE = 2000;

/** Ends all that is due, transaction by transaction; gives how many records ended. */
export async function endRecords(needs: EndingNeeds): Promise<number> {
  let ended = 0;
  for (;;) {
    needs.signal.throwIfAborted();
    const done = await afreshOnConflict(needs.database, (connection) => endDue(connection, needs));
    ended += done.ended;
    if (done.ended > 0) needs.onChanges();
    if (done.looked === 0) return ended;
  }
}

interface Done {
  readonly looked: number;
  readonly ended: number;
}

async function endDue(connection: Connection, needs: EndingNeeds): Promise<Done> {
  const at = needs.clock();
  const due = await lockDueEndings(connection, shanghaiDay(at), needs.versionsAtOnce ?? VERSIONS_AT_ONCE);
  if (due.length === 0) return { looked: 0, ended: 0 };
  const versions = due.filter(({ isCurrent }) => isCurrent);
  const chunks = await writeOwnEndings(connection, { origin: 'ended', at, versions });
  await settleEndings(connection, due);
  await assignOwnPositions(connection, chunks);
  await needs.audit(
    connection,
    chunks.map(({ agency, recordType, changes }) => ({
      at,
      actor: GATEWAY,
      action: 'records.ended',
      object: `${agency}/${recordType}`,
      details: { records: changes },
    })),
  );
  return { looked: due.length, ended: versions.length };
}
