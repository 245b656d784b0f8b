// Gives every row its verdict, in row order, each against its record's current version at that moment,
// so that the answer depends neither on the chunk size nor on a crash. Nothing is merged by likeness.
import type { CurrentVersion } from '../db/current-versions.js';
import { PROBLEMS, type Problem, type ProblemCode } from '../core/problems.js';
import type { Change, Fingerprint, FingerprintedRow, JudgedRow, RowTimeliness } from '../core/rows.js';
import type { Verdict } from '../core/words.js';
import { endOfRemoved, endsOfEntries, isEntryKnown, noteListed } from './end-entries.js';
import { documentKey, type Ground } from './ground.js';

type RowWithPrint = FingerprintedRow & { readonly print: Fingerprint };

const hasPrint = (row: FingerprintedRow): row is RowWithPrint => row.print !== undefined;

interface Judgement {
  readonly verdict: Verdict;
  readonly codes?: readonly Found[];
}

type Found = Pick<Problem, 'code' | 'severity' | 'details'> & { readonly column?: string };

/** Judges rows in their order. */
export function judgeRows(rows: readonly FingerprintedRow[], ground: Ground): JudgedRow[] {
  return rows.map((row) => (hasPrint(row) ? judgeRow(row, ground) : rejectFaulty(row)));
}

function rejectFaulty(row: FingerprintedRow): JudgedRow {
  const rejected = { cells: row.cells ?? [] };
  const { problems, faultyIdentity: identity } = row;
  return { row: row.row, verdict: 'rejected', problems, rejected, change: undefined, identity };
}

function judgeRow(row: RowWithPrint, ground: Ground): JudgedRow {
  const { print } = row;
  const current = ground.current.get(print.recordId);
  const { verdict, codes } = row.withdraws
    ? judgeWithdrawal(row, current, ground)
    : judgeDelivery(row, current, ground);
  const change = changeOf(row, verdict, current);
  if (change !== undefined) remember(row, { change, current }, ground);
  const lists = judgeList(row, { verdict, change }, ground);
  return {
    row: row.row,
    verdict,
    problems: problemsOf(row, lists?.code === undefined ? codes : [...(codes ?? []), lists.code]),
    rejected: verdict === 'rejected' ? { data: print.data, secrets: print.secrets } : undefined,
    change,
    ends: lists?.ends,
    timeliness: verdict === 'new' ? row.timeliness : undefined,
    identity: verdict === 'rejected' ? print.recordId : undefined,
  };
}

const UNKNOWN_ENTRY: Found = { code: 'list.unknown-entry', severity: 'warning' };
const REMOVED_BEFORE: Found = { code: 'list.removed-before', severity: 'warning' };
/** Verdicts of a row whose record is in force with what the row says. */
const IN_FORCE: readonly Verdict[] = ['new', 'amended', 'unchanged', 'duplicate'];

function problemsOf(row: RowWithPrint, codes: readonly Found[] | undefined): readonly Problem[] {
  if (codes === undefined) return row.problems;
  return [...row.problems, ...codes.map((found) => problemOf(row.row, found))];
}

interface ListJudgement {
  readonly ends: readonly Change[];
  readonly code: Found | undefined;
}

/** What follows from a row for the lists of its type; undefined where nothing does. */
function judgeList(
  row: RowWithPrint,
  { verdict, change }: { verdict: Verdict; change: Change | undefined },
  ground: Ground,
): ListJudgement | undefined {
  const { listing } = row.print;
  if (listing === undefined || row.withdraws || !IN_FORCE.includes(verdict)) return undefined;
  // Another agency's record says nothing of ours.
  if (ground.current.get(row.print.recordId)?.agency !== ground.agency) return undefined;
  const listed = { ...row.print, listing, orderedAtMs: row.orderedAtMs };
  if (change !== undefined) noteListed(listed, ground);
  if (listing.removes === undefined) {
    // An entry that was brought back is known: only one that is new can have come after its removal.
    const ends = verdict === 'new' ? endAll(row, endOfRemoved(listed, ground), ground) : [];
    return { ends, code: ends.length === 0 ? undefined : REMOVED_BEFORE };
  }
  const code = isEntryKnown(listed, ground) ? undefined : UNKNOWN_ENTRY;
  // An unchanged removal ends nothing, so that an entry that was brought back stays.
  const ends = change === undefined ? [] : endAll(row, endsOfEntries(listed, ground), ground);
  return { ends, code };
}

function endAll(row: RowWithPrint, ends: readonly Change[], ground: Ground): readonly Change[] {
  for (const change of ends) remember(row, { change, current: ground.current.get(change.recordId) }, ground);
  return ends;
}

function problemOf(row: number, { column, ...found }: Found): Problem {
  return { row, column: column ?? null, ...found };
}

function judgeDelivery(row: RowWithPrint, current: CurrentVersion | undefined, ground: Ground): Judgement {
  if (current === undefined) return newRecord(row, ground);
  const isEqual = current.operation === 'u' && current.contentHash === row.print.contentHash;
  if (current.agency !== ground.agency)
    return isEqual ? warned('unchanged', 'record.other-agency') : rejected('record.other-agency');
  if (hasEnded(current, ground)) return warned('stale', 'record.ended');
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
  const known = holders > 0 ? warned('new', 'record.possible-duplicate') : NEW;
  const { timeliness } = row;
  if (timeliness?.isLate !== true) return known;
  return { verdict: 'new', codes: [...(known.codes ?? []), lateness(timeliness)] };
}

const NEW: Judgement = { verdict: 'new' };

function lateness({ column, from, deadline, workingDays }: RowTimeliness & { isLate: true }): Found {
  const { severity } = PROBLEMS['record.late'];
  return { code: 'record.late', severity, column, details: { from, deadline, workingDays } };
}

function judgeWithdrawal(row: RowWithPrint, current: CurrentVersion | undefined, ground: Ground): Judgement {
  if (current === undefined) return rejected('withdrawal.unknown-record');
  if (current.agency !== ground.agency) return rejected('record.other-agency');
  if (hasEnded(current, ground)) return { verdict: 'unchanged' };
  return { verdict: isOlder(row, current, ground) ? 'stale' : 'withdrawn' };
}

function warned(verdict: Verdict, ...codes: readonly ProblemCode[]): Judgement {
  if (codes.length === 0) return { verdict };
  return { verdict, codes: codes.map((code) => ({ code, severity: 'warning' })) };
}

function rejected(code: ProblemCode): Judgement {
  return { verdict: 'rejected', codes: [{ code, severity: PROBLEMS[code].severity }] };
}

/** A record ends with its last day, whatever has or has not run since; rows of the batch that brought it are judged as one delivery. */
function hasEnded({ operation, endsOn, batchNumber }: CurrentVersion, ground: Ground): boolean {
  const isOver = endsOn !== null && endsOn < ground.today && batchNumber !== ground.batchNumber;
  return operation === 'd' || isOver;
}

/** Compares order keys: version time, then batch, then row. */
function isOlder(row: RowWithPrint, current: CurrentVersion, ground: Ground): boolean {
  if (row.orderedAtMs !== current.orderedAtMs) return row.orderedAtMs < current.orderedAtMs;
  if (ground.orderNumber !== current.orderNumber) return ground.orderNumber < current.orderNumber;
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
    nameKey: print.nameKey,
    data: isWithdrawal ? '{}' : print.data,
    secrets: isWithdrawal ? null : print.secrets,
    endsOn: isWithdrawal ? null : print.endsOn,
    openness: isWithdrawal ? (current?.openness ?? null) : print.openness,
    removes: isWithdrawal ? null : (print.listing?.removes ?? null),
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
    nameKey: change.nameKey,
    agency: ground.agency,
    batchNumber: ground.batchNumber,
    orderNumber: ground.orderNumber,
    orderedAtMs: change.orderedAtMs,
    row: row.row,
    openness: change.openness,
    endsOn: change.endsOn,
  });
  if (current !== undefined) ground.documents.get(documentKey(current))?.delete(change.recordId);
  const key = documentKey(change);
  if (change.operation === 'd') {
    ground.ended.add(key);
    return;
  }
  const holders = ground.documents.get(key);
  if (holders === undefined) ground.documents.set(key, new Set([change.recordId]));
  else holders.add(change.recordId);
}
