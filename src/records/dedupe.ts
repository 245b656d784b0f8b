// Gives every row its verdict, in row order, each against its record's current version at that moment,
// so that the answer depends neither on the chunk size nor on a crash. Nothing is merged by likeness.
import type { CurrentVersion } from '../db/current-versions.js';
import { PROBLEMS, type Problem, type ProblemCode } from '../core/problems.js';
import type { Change, Fingerprint, FingerprintedRow, JudgedRow } from '../core/rows.js';
import type { Severity, Verdict } from '../core/words.js';

export interface Ground {
  readonly agency: string;
  readonly batchNumber: number;
  /** Current versions by record id; the judging keeps it up to date. */
  readonly current: Map<string, CurrentVersion>;
  /** Records in force by subject and document number, see `documentKey`; the judging keeps it up to date. */
  readonly documents: Map<string, Set<string>>;
}

type RowWithPrint = FingerprintedRow & { readonly print: Fingerprint };

const hasPrint = (row: FingerprintedRow): row is RowWithPrint => row.print !== undefined;

interface Judgement {
  readonly verdict: Verdict;
  readonly codes?: readonly { readonly code: ProblemCode; readonly severity: Severity }[];
}

/** Gives the key under which two records of the same document and subject meet. */
export function documentKey(print: Pick<Fingerprint, 'subject' | 'documentNumber'>): string {
  return `${print.subject}\n${print.documentNumber}`;
}

/** Judges rows in their order. */
export function judgeRows(rows: readonly FingerprintedRow[], ground: Ground): JudgedRow[] {
  return rows.map((row) => (hasPrint(row) ? judgeRow(row, ground) : rejectFaulty(row)));
}

function rejectFaulty(row: FingerprintedRow): JudgedRow {
  const rejected = { cells: row.cells ?? [] };
  return { row: row.row, verdict: 'rejected', problems: row.problems, rejected, change: undefined };
}

function judgeRow(row: RowWithPrint, ground: Ground): JudgedRow {
  const { print } = row;
  const current = ground.current.get(print.recordId);
  const { verdict, codes } = row.withdraws
    ? judgeWithdrawal(row, current, ground)
    : judgeDelivery(row, current, ground);
  const change = changeOf(row, verdict, current);
  if (change !== undefined) remember(row, { change, current }, ground);
  return {
    row: row.row,
    verdict,
    problems:
      codes === undefined
        ? row.problems
        : [...row.problems, ...codes.map((found) => problemOf(row.row, found))],
    rejected: verdict === 'rejected' ? { data: print.data, secrets: print.secrets } : undefined,
    change,
  };
}

function problemOf(row: number, { code, severity }: { code: ProblemCode; severity: Severity }): Problem {
  return { row, code, column: null, severity };
}

function judgeDelivery(row: RowWithPrint, current: CurrentVersion | undefined, ground: Ground): Judgement {
  if (current === undefined) return newRecord(row, ground);
  const isEqual = current.operation === 'u' && current.contentHash === row.print.contentHash;
  if (current.agency !== ground.agency)
    return isEqual ? warned('unchanged', 'record.other-agency') : rejected('record.other-agency');
  if (current.operation === 'd') return warned('stale', 'record.ended');
  if (isEqual) return { verdict: current.batchNumber === ground.batchNumber ? 'duplicate' : 'unchanged' };
  if (isOlder(row, current, ground)) return { verdict: 'stale' };
  const codes: ProblemCode[] = [];
  if (current.batchNumber === ground.batchNumber) codes.push('row.conflicts-in-batch');
  if (current.subject !== row.print.subject) codes.push('record.subject-changed');
  return warned('amended', ...codes);
}

function newRecord(row: RowWithPrint, ground: Ground): Judgement {
  // The record itself is new: whoever holds the document is another one.
  const holders = ground.documents.get(documentKey(row.print))?.size ?? 0;
  return holders > 0 ? warned('new', 'record.possible-duplicate') : { verdict: 'new' };
}

function judgeWithdrawal(row: RowWithPrint, current: CurrentVersion | undefined, ground: Ground): Judgement {
  if (current === undefined) return rejected('withdrawal.unknown-record');
  if (current.agency !== ground.agency) return rejected('record.other-agency');
  if (current.operation === 'd') return { verdict: 'unchanged' };
  return { verdict: isOlder(row, current, ground) ? 'stale' : 'withdrawn' };
}

function warned(verdict: Verdict, ...codes: readonly ProblemCode[]): Judgement {
  if (codes.length === 0) return { verdict };
  return { verdict, codes: codes.map((code) => ({ code, severity: 'warning' })) };
}

function rejected(code: ProblemCode): Judgement {
  return { verdict: 'rejected', codes: [{ code, severity: PROBLEMS[code].severity }] };
}

/** Compares order keys: version time, then batch, then row. */
function isOlder(row: RowWithPrint, current: CurrentVersion, ground: Ground): boolean {
  if (row.orderedAtMs !== current.orderedAtMs) return row.orderedAtMs < current.orderedAtMs;
  if (ground.batchNumber !== current.batchNumber) return ground.batchNumber < current.batchNumber;
  return row.row < current.row;
}

function changeOf(
  row: RowWithPrint,
  verdict: Verdict,
  current: CurrentVersion | undefined,
): Change | undefined {
  if (verdict !== 'new' && verdict !== 'amended' && verdict !== 'withdrawn') return undefined;
  const { print } = row;
  const isWithdrawal = verdict === 'withdrawn';
  return {
    recordId: print.recordId,
    version: (current?.version ?? 0) + 1,
    operation: isWithdrawal ? 'd' : 'u',
    orderedAtMs: row.orderedAtMs,
    contentHash: print.contentHash,
    // A withdrawal keeps who and what it was about, and nothing of what was said.
    subject: isWithdrawal ? (current?.subject ?? print.subject) : print.subject,
    documentNumber: print.documentNumber,
    data: isWithdrawal ? '{}' : print.data,
    secrets: isWithdrawal ? null : print.secrets,
  };
}

function remember(
  row: RowWithPrint,
  { change, current }: { change: Change; current: CurrentVersion | undefined },
  ground: Ground,
): void {
  ground.current.set(change.recordId, {
    recordId: change.recordId,
    version: change.version,
    operation: change.operation,
    contentHash: change.contentHash,
    subject: change.subject,
    documentNumber: change.documentNumber,
    agency: ground.agency,
    batchNumber: ground.batchNumber,
    orderedAtMs: change.orderedAtMs,
    row: row.row,
  });
  if (current !== undefined) ground.documents.get(documentKey(current))?.delete(change.recordId);
  if (change.operation === 'd') return;
  const key = documentKey(change);
  const holders = ground.documents.get(key);
  if (holders === undefined) ground.documents.set(key, new Set([change.recordId]));
  else holders.add(change.recordId);
}
