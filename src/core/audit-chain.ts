// Walks the chain of the audit log entry by entry and tells the first place where it does not hold. What was
// cut off at its end, or rewritten as a whole, is found by a checkpoint that somebody kept.
import { BEFORE_FIRST, auditHash, type AuditCheckpoint, type AuditEntry } from './audit-entry.js';
import { canonicalJson } from './canonical-json.js';

export interface BrokenEntry {
  readonly number: number;
  readonly kind: 'missing' | 'reordered' | 'changed' | 'cut-off' | 'not-at-checkpoint';
  readonly message: string;
  readonly messageZh: string;
}

export interface ChainReport {
  readonly entries: number;
  /** The last entry that holds: a checkpoint to keep. */
  readonly last: AuditCheckpoint;
  readonly firstBroken: BrokenEntry | null;
}

/** Checks a whole chain, in constant memory; stops at the first entry that does not hold. */
export async function checkChain(
  entries: AsyncIterable<AuditEntry>,
  checkpoint?: AuditCheckpoint,
): Promise<ChainReport> {
  let last = BEFORE_FIRST;
  for await (const entry of entries) {
    const firstBroken = brokenAt(entry, last) ?? offCheckpoint(entry, checkpoint);
    if (firstBroken !== undefined) return { entries: last.number, last, firstBroken };
    last = { number: entry.number, hash: entry.hash };
  }
  const isCut = checkpoint !== undefined && checkpoint.number > last.number;
  return { entries: last.number, last, firstBroken: isCut ? cutOff(last.number, checkpoint) : null };
}

function brokenAt(entry: AuditEntry, last: AuditCheckpoint): BrokenEntry | undefined {
  const { number } = entry;
  const expected = last.number + 1;
  if (number !== expected)
    return {
      number: expected,
      kind: 'missing',
      message: `Entry ${expected} is missing; entry ${number} comes in its place.`,
      messageZh: `缺少第 ${expected} 条，其位置上是第 ${number} 条。`,
    };
  if (entry.previousHash !== last.hash)
    return {
      number,
      kind: 'reordered',
      message: `Entry ${number} does not follow entry ${last.number}: one of them was moved or replaced.`,
      messageZh: `第 ${number} 条与第 ${last.number} 条不衔接：其中一条被移动或替换。`,
    };
  if (isWhole(entry)) return undefined;
  return {
    number,
    kind: 'changed',
    message: `Entry ${number} was changed: its content does not give its hash.`,
    messageZh: `第 ${number} 条内容被改动，与其哈希不符。`,
  };
}

function isWhole(entry: AuditEntry): boolean {
  try {
    // Another text of the same details would give the same hash, and is a change all the same.
    return canonicalJson(JSON.parse(entry.details)) === entry.details && auditHash(entry) === entry.hash;
  } catch {
    return false;
  }
}

function offCheckpoint(entry: AuditEntry, checkpoint: AuditCheckpoint | undefined): BrokenEntry | undefined {
  if (entry.number !== checkpoint?.number || entry.hash === checkpoint.hash) return undefined;
  return {
    number: entry.number,
    kind: 'not-at-checkpoint',
    message: `Entry ${entry.number} has another hash than the checkpoint: the log was rewritten up to here.`,
    messageZh: `第 ${entry.number} 条的哈希与检查点不符：此前的日志被改写。`,
  };
}

function cutOff(last: number, checkpoint: AuditCheckpoint): BrokenEntry {
  return {
    number: last + 1,
    kind: 'cut-off',
    message: `The log ends at entry ${last}; the checkpoint knows entry ${checkpoint.number}.`,
    messageZh: `日志止于第 ${last} 条，而检查点为第 ${checkpoint.number} 条。`,
  };
}
