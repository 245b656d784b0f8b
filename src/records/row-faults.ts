// The faults of rejected rows in a form that can be found again: what identifies the record, the code and the
// column, hashed. Where the record cannot be told, code and column alone.
import { hash } from 'node:crypto';
import type { JudgedRow } from '../core/rows.js';
import type { RowFault } from '../db/source-faults.js';

const UUID_DIGITS = 32;

/** Lists the faults of the rejected rows, each row's own once. */
export function faultsOf(rows: readonly JudgedRow[]): RowFault[] {
  const faults: RowFault[] = [];
  for (const row of rows) {
    if (row.verdict !== 'rejected') continue;
    const keys = row.problems
      .filter(({ severity }) => severity === 'error')
      .map(({ code, column }) => `${row.identity ?? ''}\n${code}\n${column ?? ''}`);
    for (const key of new Set(keys))
      faults.push({ row: row.row, fault: hash('sha256', key, 'hex').slice(0, UUID_DIGITS) });
  }
  return faults;
}
