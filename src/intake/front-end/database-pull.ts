// The way in of a front-end database (前置库): open ─▶ plan ─▶ pull what is new ─▶ compare all keys where a sweep
// was ordered. What is new becomes one delivery, or several where it is very much, and the place moves with each.
import { forgetReleased, unmarkDropped } from '../../db/missing-rows.js';
import { forgetContents } from '../../db/pulled-rows.js';
import type { Source } from '../../core/configuration.js';
import type { PullOrder } from '../../db/source-pulls.js';
import { clearStaged } from '../../db/staged-rows.js';
import { openFrontEnd } from '../../platform/front-end/open-front-end.js';
import type { Pull } from '../pull.js';
import { compileIndexer } from './index-row.js';
import { planPull, settingsOf, type PullPlan } from './pull-plan.js';
import { pullRows } from './pull-rows.js';
import type { DatabasePullNeeds, PullRun } from './pull-run.js';
import { sweepKeys } from './sweep-keys.js';

/** Makes the pull of front-end databases; it throws `pull.failed`, `pull.misconfigured` or what `receive` throws. */
export function createDatabasePull(needs: DatabasePullNeeds): Pull {
  return async (source, order) => {
    if (order.isFull) {
      await forgetContents(needs.database, source.id);
      await unmarkDropped(needs.database, source.id);
    }
    let hasMore = await pullOnce(source, order, needs);
    while (hasMore) hasMore = await pullOnce(source, { ...order, isFull: false }, needs);
  };
}

/** Pulls on a session of its own; true where there is more than one delivery holds. */
async function pullOnce(source: Source, order: PullOrder, needs: DatabasePullNeeds): Promise<boolean> {
  const settings = settingsOf(source);
  const frontEnd = await openFrontEnd(settings, needs);
  try {
    const plan = planPull(source, await frontEnd.columnsOf(settings.table), needs.definitions);
    tellLeftOut(plan, needs);
    const run: PullRun = { needs, plan, frontEnd, order, indexer: compileIndexer(plan, needs.sealer) };
    await clearStaged(needs.database, source.id);
    await forgetReleased(needs.database, source.id);
    const hasMore = (await pullRows(run)) || (order.isSweep && (await sweepKeys(run)));
    await clearStaged(needs.database, source.id);
    return hasMore;
  } finally {
    await frontEnd.close();
  }
}

function tellLeftOut({ leftOut, source }: PullPlan, { log }: DatabasePullNeeds): void {
  if (leftOut.length > 0)
    log.debug({ source: source.id, columns: leftOut }, 'Binary columns of the front-end table are left out');
}
