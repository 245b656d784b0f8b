// Compares a day of a destination: totals of both sides, and where those of a table differ its lines, record by
// record. Lines go through the database page by page, so that a day of any size needs no more memory.
import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.js';
import { GatewayError } from '../core/errors.js';
import { compareTotals, createTotals, isSameTotal, type TableTotals } from '../core/reconciliation.js';
import type { Database } from '../db/pool.js';
import {
  areLinesThere,
  dropLines,
  stageLines,
  storeDifferences,
  type ComparedDay,
} from '../db/reconciliation-differences.js';
import {
  endReconciliation,
  type DueReconciliation,
  type ReconciliationResult,
} from '../db/reconciliations.js';
import { readTakenLines } from '../db/taken-changes.js';
import { askLines, askTotals, type ReconciliationNeeds } from './ask-reconciliation.js';

export interface CompareNeeds extends ReconciliationNeeds {
  readonly database: Database;
  readonly clock: Clock;
}

export interface Compared {
  readonly result: ReconciliationResult;
  /** Differences that are open now. */
  readonly open: number;
}

/** Compares a day and stores what came of it; throws `city.unreachable` where the destination cannot be asked. */
export async function reconcileDay(due: DueReconciliation, needs: CompareNeeds): Promise<Compared> {
  const { database, clock } = needs;
  const askedAt = clock();
  const city = await askTotals(due.day, needs);
  if (city === undefined) {
    await endReconciliation(database, due, { result: 'not-offered', comparedAt: askedAt, tables: [] });
    return { result: 'not-offered', open: 0 };
  }
  const tables = compareTotals(await addUp(due, needs), city);
  const tableCodes = tables.filter((table) => !isSameTotal(table)).map(({ tableCode }) => tableCode);
  const run = { ...due, run: randomUUID(), tableCodes, askedAt };
  await dropLines(database, run, 'others');
  try {
    const lines = await fetchLines(run, needs);
    return await database.transaction(async (sql) => {
      const at = clock();
      const open = await storeDifferences(sql, run, at);
      if (!(await areLinesThere(sql, run.run, lines)))
        throw new GatewayError('claim.lost', 'Another worker compares this destination.');
      const result = open === 0 ? 'agrees' : 'differs';
      await endReconciliation(sql, due, { result, comparedAt: at, tables });
      return { result, open };
    });
  } finally {
    await dropLines(database, run, 'own');
  }
}

/** Keeps the lines of the tables that differ; gives how many. */
async function fetchLines(of: ComparedDay, needs: CompareNeeds): Promise<number> {
  const { destination, day, run, tableCodes } = of;
  let count = 0;
  for (const tableCode of tableCodes)
    for await (const lines of askLines({ day, tableCode }, needs)) {
      await stageLines(needs.database, { destination, run, tableCode, lines });
      count += lines.length;
    }
  return count;
}

async function addUp(
  { destination, day }: DueReconciliation,
  { database }: CompareNeeds,
): Promise<TableTotals> {
  const totals = createTotals();
  await database.transaction(async (sql) => {
    for await (const lines of readTakenLines(sql, { destination, day }))
      for (const { tableCode, line, isDelete } of lines) totals.add(tableCode, line, isDelete);
  });
  return totals.end();
}
