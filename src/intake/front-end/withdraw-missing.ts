// Rows that are gone become withdrawals, in a delivery of their own. Where a sweep would withdraw more than a small
// share of its source, somebody has to look at it first: tables are emptied by mistake as well.
import { GATEWAY } from '../../core/audit-entry.js';
import { appendAudit } from '../../db/audit.js';
import type { Hold } from '../../db/batches.js';
import { closeMissing, stageMissing, unmarkSeen, type Missing } from '../../db/missing-rows.js';
import { FIRST_KEY, readStaged } from '../../db/staged-rows.js';
import type { WithdrawalPlan } from './pull-plan.js';
import { endStep, nextStep, type PullRun } from './pull-run.js';
import { bodyOf } from './row-body.js';

const LINES_AT_ONCE = 1000;

/** Withdraws the records of the rows that a sweep has not seen. */
export async function withdrawMissing(
  run: PullRun,
  withdrawal: WithdrawalPlan,
  sweep: string,
): Promise<void> {
  const { needs, plan } = run;
  const ids = { source: plan.source.id, run: sweep };
  const missing = await needs.database.transaction(async (sql) => {
    await unmarkSeen(sql, ids);
    return stageMissing(sql, ids);
  });
  const step = await nextStep(run, sweep);
  if (missing.withdrawn > 0) await noteReading(run, missing.withdrawn);
  const body = missing.withdrawn === 0 ? undefined : await bodyOf(withdrawalLines(run, withdrawal, sweep));
  if (body === undefined) {
    await needs.database.transaction((sql) => closeMissing(sql, ids, { heldBatch: null }));
    return;
  }
  const hold = holdOf(missing, needs.aboveWithdrawnShare);
  const received = await endStep(run, step, {
    body,
    delivered: () => 0,
    ...(hold === undefined ? {} : { heldAs: hold }),
    alongside: (sql, batchId) => closeMissing(sql, ids, { heldBatch: hold === undefined ? null : batchId }),
  });
  const fields = { source: plan.source.id, rows: missing.withdrawn, batch: received?.id };
  if (hold === undefined) needs.log.info(fields, 'Rows that are gone from a front-end table are withdrawn');
  else needs.log.error(fields, 'A sweep would withdraw too much of its source and waits for an operator');
}

/** What is sealed of a row names persons: it is opened once that is written down, or not at all. */
async function noteReading({ needs, plan }: PullRun, rows: number): Promise<void> {
  const act = { at: needs.clock(), actor: GATEWAY, action: 'pulled-rows.read' } as const;
  await needs.database.transaction((sql) =>
    appendAudit(sql, { ...act, object: plan.source.id, details: { rows, purpose: 'withdrawal' } }),
  );
}

/** What waits for a decision counts as well, so that a table which empties slowly is not withdrawn bit by bit. */
function holdOf({ withdrawn, known, undecided }: Missing, aboveShare: number): Hold | undefined {
  if (withdrawn + undecided <= aboveShare * known) return undefined;
  const none = { new: 0, amended: 0, unchanged: 0, duplicate: 0, stale: 0, rejected: 0 };
  const counts = { ...none, received: withdrawn, withdrawn };
  return { reason: 'withdrawn-share', preview: { rows: withdrawn, counts, problems: [] } };
}

/** Writes the withdrawals under all columns of the table, so that they are read by the mapping of its rows. */
async function* withdrawalLines(
  { needs, plan }: PullRun,
  { operation }: WithdrawalPlan,
  sweep: string,
): AsyncGenerator<string[]> {
  const blank = Object.fromEntries(plan.columns.map(({ name }) => [name, null]));
  for (let after = FIRST_KEY; ;) {
    needs.signal.throwIfAborted();
    const page = { after, limit: LINES_AT_ONCE };
    const staged = await readStaged(needs.database, { source: plan.source.id, run: sweep, role: 'w' }, page);
    const last = staged.at(-1);
    if (last === undefined) return;
    yield staged.map(({ sealed }) => {
      const cells = JSON.parse(needs.sealer.open(sealed).toString('utf8')) as Record<string, string | null>;
      return `${JSON.stringify({ ...blank, ...cells, [operation.heading]: operation.word })}\n`;
    });
    after = last.keyIndex;
  }
}
