// Compares a day of a destination: totals of both sides, and where those of a table differ its lines, record by
// record. Lines go through the database page by page, so that a day of any size needs no more memory.
import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.js';
import { compareTotals, createTotals, isSameTotal, type TableTotals } from '../core/reconciliation.js';
import type { Database } from '../db/pool.js';
import { dropLines, stageLines, storeDifferences } from '../db/reconciliation-differences.js';
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
  const run = randomUUID();
  try {
    for (const tableCode of tableCodes)
      for await (const lines of askLines({ day: due.day, tableCode }, needs))
        await stageLines(database, { run, tableCode, lines });
    return await database.transaction(async (sql) => {
      const at = clock();
      const open = await storeDifferences(sql, { ...due, run, tableCodes, askedAt }, at);
      const result = open === 0 ? 'agrees' : 'differs';
      await endReconciliation(sql, due, { result, comparedAt: at, tables });
      return { result, open };
    });
  } finally {
    await dropLines(database, run);
  }
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
