// Looks again and again for what is wrong, and tells in the log what has begun and what has ended: once each,
// whichever process looks. One process looks at a time, so that no older view takes back what a newer one has seen.
import { describeCondition, severityOf, type FoundCondition } from '../core/conditions.js';
import { noteConditions, takeTurn } from '../db/conditions.js';
import type { Logger } from '../platform/logger.js';
import { findConditions, LOCAL_CONDITIONS, thisMachine, type LookNeeds } from './find-conditions.js';

export interface WatchNeeds extends Omit<LookNeeds, 'now'> {
  readonly clock: () => Date;
  readonly log: Logger;
}

const LEVELS = { error: 'error', warning: 'warn', info: 'info' } as const;

/** Looks once, notes what has changed, and tells it; does nothing while another process looks. */
export async function watchOnce(needs: WatchNeeds): Promise<void> {
  const { database, clock, log } = needs;
  const now = clock();
  const told = await database.transaction(async (sql) => {
    if (!(await takeTurn(sql))) return [];
    const found = await findConditions({ ...needs, now });
    const changes = await noteConditions(sql, found.map(asNoted(now)), {
      now,
      local: LOCAL_CONDITIONS,
      machine: thisMachine(),
    });
    return changes.map((change) => ({ change, found: found.find(isSame(change)) }));
  });
  // Behind the commit: what is told is noted.
  for (const { change, found } of told) {
    const { code, subject, since, severity } = change;
    const fields = { code, subject, since };
    if (!change.begins) log.info(fields, 'Condition ended');
    else
      log[LEVELS[severity]](
        { ...fields, message: found && describeCondition({ ...found, since }).message },
        'Condition began',
      );
  }
}

function asNoted(now: Date) {
  return (found: FoundCondition) => ({
    code: found.code,
    subject: found.subject,
    severity: severityOf(found),
    since: found.since ?? now,
  });
}

function isSame(change: { code: string; subject: string }): (found: FoundCondition) => boolean {
  return ({ code, subject }) => code === change.code && subject === change.subject;
}
