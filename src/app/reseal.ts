// Brings everything at rest under the current data key: the sealed columns, then the originals, until a look that
// began when nobody could seal with the old keys any more finds none; only then the old keys are taken away.
// Nothing but the values themselves says how far it is: killed anywhere, it is simply started again.
import { setTimeout as sleep } from 'node:timers/promises';
import { COMMAND_LINE, type AuditAct } from '../core/audit-entry.js';
import type { Clock } from '../core/clock.js';
import { appendAudits } from '../db/audit.js';
import { isGatewayError } from '../core/errors.js';
import { replaceFile } from '../db/original-files.js';
import { awaitWriters, resealColumn, sealedColumns, withKeysLocked } from '../db/sealed-columns.js';
import type { Database } from '../db/pool.js';
import { loadDataKey, type DataKeys } from '../platform/data-key.js';
import type { Logger } from '../platform/logger.js';
import { originalKeys } from '../platform/original-keys.js';
import { DRY_RUN, type Originals } from '../platform/originals.js';
import { removeOldKeys, settledAtMs } from '../platform/rotate-data-key.js';
import type { Sealer } from '../platform/sealing.js';
import { busy, LOCK_WAIT_MS, NOTHING_CHANGED, withBoundedLocks } from './bounded-locks.js';

export interface ResealNeeds {
  readonly database: Database;
  readonly originals: Originals;
  readonly originalsDir: string;
  readonly sealer: Sealer;
  readonly dataKeyFile: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly wait: (ms: number) => Promise<void>;
  readonly lockWaits?: LockWaits;
  /** Told of a table that somebody is still writing to. */
  readonly onWriter?: (table: string) => void;
}

export interface LockWaits {
  /** How long any other lock is waited for. */
  readonly waitMs: number;
  /** How long each try waits for the writers of a table; so long whoever comes to write waits behind it. */
  readonly tryMs: number;
  readonly tries: number;
  readonly betweenMs: number;
}

const LOCK_WAITS: LockWaits = { waitMs: LOCK_WAIT_MS, tryMs: 5000, tries: 6, betweenMs: 5000 };
const LEFT = [
  'No key was removed; what was sealed anew stays so.',
  '未移除任何密钥；已重新加密的内容保持有效。',
] as const;

export interface Resealed {
  readonly values: number;
  readonly files: number;
  /** Files that are still being written under an old key: an upload under way, a dry run. */
  readonly waiting: number;
}

export interface ResealReport extends Resealed {
  /** Keys that were taken away; empty where something still waits, or where there was none. */
  readonly removed: readonly string[];
}

/** Reseals and takes the old keys away; run again, or by two at once, it does the same and no harm. Throws `data-key.busy` where somebody has held a lock for too long: before anything is done where that is the one of the keys. */
export async function resealEverything(needs: ResealNeeds): Promise<ResealReport> {
  const keys = loadDataKey(needs.dataKeyFile);
  if (keys.older.length === 0) return { values: 0, files: 0, waiting: 0, removed: [] };
  const { database, lockWaits: { waitMs } = LOCK_WAITS } = needs;
  await withBoundedLocks({ database, waitMs, left: NOTHING_CHANGED }, (bounded) =>
    withKeysLocked(bounded, () => Promise.resolve()),
  );
  return withBoundedLocks({ database, waitMs, left: LEFT }, (bounded) =>
    resealUnder(keys, { ...needs, database: bounded }),
  );
}

async function resealUnder(keys: DataKeys, needs: ResealNeeds): Promise<ResealReport> {
  const keyIds = keys.older.map(({ id }) => id);
  const first = await resealOnce(keyIds, needs);
  await waitUntilSettled(keys, needs);
  await awaitEachTable(needs);
  const second = await resealOnce(keyIds, needs);
  const last = isNothing(second) ? second : await resealOnce(keyIds, needs);
  const done = {
    values: first.values + second.values + (last === second ? 0 : last.values),
    files: first.files + second.files + (last === second ? 0 : last.files),
    waiting: last.waiting,
  };
  const removed = isNothing(last) ? keyIds : [];
  await writeDown({ ...done, removed }, { ...needs, current: keys.id });
  if (removed.length === 0) return { ...done, removed };
  needs.log.info({ removed: keyIds, values: done.values, files: done.files }, 'Old data keys removed');
  return { ...done, removed };
}

/** Between the tries, whoever came to write goes first. */
async function awaitEachTable({ database, onWriter, lockWaits = LOCK_WAITS }: ResealNeeds): Promise<void> {
  const { tryMs, tries, betweenMs } = lockWaits;
  for (const column of await sealedColumns(database))
    for (let tried = 1; !(await awaitWriters(database, [column], tryMs)); tried += 1) {
      if (tried >= tries)
        throw await busy({ database, waitMs: tries * tryMs + (tries - 1) * betweenMs, left: LEFT });
      onWriter?.(column.table);
      await sleep(betweenMs);
    }
}

/** Enters what was sealed anew and takes the keys away, which are gone only if that could be entered. */
async function writeDown(
  report: ResealReport,
  { database, dataKeyFile, clock, current }: ResealNeeds & { current: string },
): Promise<void> {
  await withKeysLocked(database, async (sql) => {
    const { removed, ...counts } = report;
    // Of two runs at once, the second finds the keys gone.
    const held = new Set(loadDataKey(dataKeyFile).older.map(({ id }) => id));
    const by = { at: clock(), actor: COMMAND_LINE };
    const acts: AuditAct[] = [
      { ...by, action: 'data-key.resealed', object: current, details: { ...counts } },
      ...removed
        .filter((id) => held.has(id))
        .map((id) => ({ ...by, action: 'data-key.removed' as const, object: id, details: { current } })),
    ];
    await appendAudits(sql, acts);
    removeOldKeys(dataKeyFile, removed);
  });
}

function isNothing({ values, files, waiting }: Resealed): boolean {
  return values + files + waiting === 0;
}

async function waitUntilSettled(keys: DataKeys, { clock, wait }: ResealNeeds): Promise<void> {
  const waitMs = settledAtMs(keys) - clock().getTime();
  if (waitMs > 0) await wait(waitMs);
}

async function resealOnce(keyIds: readonly string[], needs: ResealNeeds): Promise<Resealed> {
  const { database, sealer } = needs;
  const reseal = (sealed: Buffer): Buffer => sealer.seal(sealer.open(sealed));
  let values = 0;
  for (const column of await sealedColumns(database))
    values += await resealColumn(database, column, { keyIds, reseal });
  return { values, ...(await resealFiles(keyIds, needs)) };
}

async function resealFiles(keyIds: readonly string[], needs: ResealNeeds): Promise<Omit<Resealed, 'values'>> {
  let files = 0;
  let waiting = 0;
  for await (const { name, keyId } of originalKeys(needs.originalsDir)) {
    if (!keyIds.includes(keyId)) continue;
    if (name.endsWith('.part') || name.startsWith(DRY_RUN)) waiting += 1;
    else if (await resealFile(name, needs)) files += 1;
  }
  return { files, waiting };
}

/** Tells whether the file was there: one that is removed meanwhile needs no key. */
async function resealFile(name: string, { originals, database }: ResealNeeds): Promise<boolean> {
  try {
    await originals.reseal(name, (replace) => replaceFile(database, name, replace));
    return true;
  } catch (error) {
    if (isGatewayError(error, 'batch.past-retention')) return false;
    const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
    if (code === 'ENOENT' || cause?.code === 'ENOENT') return false;
    throw error;
  }
}
