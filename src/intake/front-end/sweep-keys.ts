// The sweep: the whole set of keys in one state of the table. Keys that nobody has seen belong to rows that were
// committed so late that no overlap reached them: they are taken. Known keys that are gone end their records.
import { randomUUID } from 'node:crypto';
import { findKnown } from '../../db/pulled-rows.js';
import { analyseStaged, FIRST_KEY, readStaged, stageRows, type StagedRow } from '../../db/staged-rows.js';
import type { Cells } from '../../platform/front-end/front-end.js';
import { keysStatement, rowsByKeyStatement } from '../../platform/front-end/statements.js';
import { rangeOf } from './pull-rows.js';
import { endStep, nextStep, type PullRun } from './pull-run.js';
import { bodyOf } from './row-body.js';
import { takeRows } from './take-rows.js';
import { withdrawMissing } from './withdraw-missing.js';

const KEYS_AT_ONCE = 200;

/** Sweeps the keys of a table, after what is new has been pulled; true where more was found than one delivery holds. */
export async function sweepKeys(run: PullRun): Promise<boolean> {
  await run.frontEnd.snapshot();
  const sweep = randomUUID();
  await stageKeys(run, sweep);
  // What is gone is judged once all that is there is known: it may have come back under another key.
  if (await takeUnknown(run, sweep)) return true;
  if (run.plan.withdrawal !== undefined) await withdrawMissing(run, run.plan.withdrawal, sweep);
  return false;
}

/** Stages every key as seen, and those that are not known with their sealed values, to be read by. */
async function stageKeys(run: PullRun, sweep: string): Promise<void> {
  const { needs, plan, frontEnd, indexer } = run;
  const source = plan.source.id;
  let ordinal = 0;
  const statement = keysStatement({ table: plan.settings.table, keys: plan.keys }, frontEnd.dialect);
  for await (const block of frontEnd.stream(statement)) {
    needs.signal.throwIfAborted();
    const keys = block.map((key) => ({ key, keyIndex: indexer.indexKey(key) }));
    const known = await findKnown(
      needs.database,
      source,
      keys.map(({ keyIndex }) => keyIndex),
    );
    const isUnknown = (keyIndex: string): boolean =>
      known.get(keyIndex) === undefined ||
      (plan.withdrawal !== undefined && known.get(keyIndex)?.isSealed !== true);
    const staged = keys.flatMap(({ key, keyIndex }): StagedRow[] => {
      ordinal += 1;
      const seen = { role: 's', ordinal, keyIndex } as const;
      if (!isUnknown(keyIndex)) return [seen];
      return [seen, { ...seen, role: 'u', sealed: needs.sealer.seal(JSON.stringify(key)) }];
    });
    await stageRows(needs.database, { source, run: sweep }, staged);
  }
  await analyseStaged(needs.database);
}

async function takeUnknown(run: PullRun, sweep: string): Promise<boolean> {
  const { needs, plan } = run;
  const step = await nextStep(run, randomUUID());
  const taking = takeRows(run, step.id, readUnknown(run, sweep));
  const body = await bodyOf(taking.lines);
  if (body === undefined) return false;
  const received = await endStep(run, step, { body, delivered: taking.count });
  const fields = { source: plan.source.id, rows: taking.count(), batch: received?.id };
  needs.log.info(fields, 'Rows of a front-end table were found by a sweep alone');
  return taking.cutAt() !== undefined;
}

async function* readUnknown(run: PullRun, sweep: string): AsyncGenerator<readonly Cells[]> {
  const { needs, plan, frontEnd } = run;
  const range = rangeOf(run);
  for (let after = FIRST_KEY; ;) {
    const page = { after, limit: KEYS_AT_ONCE };
    const staged = await readStaged(needs.database, { source: plan.source.id, run: sweep, role: 'u' }, page);
    const last = staged.at(-1);
    if (last === undefined) return;
    const keys = staged.map(({ sealed }) => JSON.parse(needs.sealer.open(sealed).toString('utf8')) as Cells);
    const rows = await frontEnd.run(rowsByKeyStatement(range, keys, frontEnd.dialect));
    if (rows.length > 0) yield rows;
    after = last.keyIndex;
  }
}
