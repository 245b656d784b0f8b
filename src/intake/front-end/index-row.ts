// What is remembered of a row: keyed indexes of its key, its content and its identity, and, sealed, the cells by
// which its record can be withdrawn once the row is gone. Equal rows give equal indexes; nothing can be read back.
import { foldName, normaliseCode, normaliseDocumentNumber } from '../../core/normalise-text.js';
import type { Cells } from '../../platform/front-end/front-end.js';
import type { Sealer } from '../../platform/sealing.js';
import type { PullPlan, WithdrawalPlan } from './pull-plan.js';

export interface RowIndexes {
  readonly keyIndex: string;
  readonly contentIndex: string;
  /** Null where the source withdraws nothing, or the row has no identity. */
  readonly identityIndex: string | null;
}

export interface RowIndexer {
  indexKey(key: Cells): string;
  indexRow(row: Cells): RowIndexes;
  /** Seals the cells of a row by which it can be withdrawn; null where the source withdraws nothing. */
  sealRow(row: Cells): Buffer | null;
}

/** Compiles the indexing of the rows of one table. */
export function compileIndexer(plan: PullPlan, { index, seal }: Sealer): RowIndexer {
  const { keyCells, contentCells, withdrawal, columns } = plan;
  const indexOf = (what: string, values: readonly unknown[]): string =>
    index(JSON.stringify([what, ...values]));
  const pick = (row: Cells, cells: readonly number[]): Cells => cells.map((cell) => row[cell] ?? null);
  const names = contentCells.map((cell) => columns[cell]?.name);
  const shape = index(JSON.stringify(names));
  const sealed = withdrawal === undefined ? [] : [...new Set([...keyCells, ...withdrawal.sealedCells])];
  return {
    indexKey: (key) => indexOf('key', key),
    indexRow: (row) => ({
      keyIndex: indexOf('key', pick(row, keyCells)),
      contentIndex: indexOf(shape, pick(row, contentCells)),
      identityIndex: withdrawal === undefined ? null : identityIndex(row, withdrawal, indexOf),
    }),
    sealRow: (row) =>
      withdrawal === undefined
        ? null
        : seal(JSON.stringify(Object.fromEntries(sealed.map((cell) => [columns[cell]?.name, row[cell]])))),
  };
}

/** Rows of one record give the same index, however they are spelled. */
function identityIndex(
  row: Cells,
  { documentCells, nameCell, idNumberCell }: WithdrawalPlan,
  indexOf: (what: string, values: readonly unknown[]) => string,
): string | null {
  const documents = documentCells.map((cell) => normaliseDocumentNumber(row[cell] ?? ''));
  const name = foldName(row[nameCell] ?? '');
  const idNumber = idNumberCell === undefined ? '' : normaliseCode(row[idNumberCell] ?? '');
  return documents.includes('') || name === '' ? null : indexOf('identity', [...documents, name, idNumber]);
}
