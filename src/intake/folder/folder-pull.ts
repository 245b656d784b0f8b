// The folder as a way in: look ─▶ complete? ─▶ hash ─▶ take in ─▶ its batch settles ─▶ report ─▶ done/ or refused/.
// Each pull brings every file one step further; what a pull that was killed left undone, the next one does.
import type { FolderSettings } from '../../core/configuration.js';
import { isGatewayError, type GatewayError } from '../../core/errors.js';
import { findSameBytes, readBatch } from '../../db/batches.js';
import { noteDigest, readLastPullAt } from '../../db/folder-files.js';
import type { Pull, PullNeeds } from '../pull.js';
import { decide, type KnownBatch } from './decide.js';
import { fileAway, type FilingNeeds, type FolderReports } from './file-away.js';
import { reportBatch, reportRefusal, reportRepeat, type FileReport } from './file-report.js';
import { folderFault, meetsEveryFile } from './folder-fault.js';
import { listInbox, openInbox, type Place } from './inbox.js';
import { lookAgain, type CompleteFile } from './look-again.js';
import { removeOld } from './remove-old.js';
import { hashSteadily } from './steady-file.js';
import { takeIn } from './take-in.js';

export interface FolderPullNeeds extends PullNeeds {
  /** `DATA_DIR`, to which the path of a folder may be relative. */
  readonly dataDir: string;
  readonly reports: FolderReports;
}

interface Visit extends FolderPullNeeds, FilingNeeds {
  readonly settings: FolderSettings;
  readonly isFull: boolean;
  /** Batches of this folder that wait for processing or are in it. */
  underWay: number;
}

/** More wait in the folder: a heap of files must not fill the backlog that all sources share. */
const MOST_UNDER_WAY = 100;
const HOUR_MS = 3_600_000;

/** Makes the pull of a source with a folder; throws `folder.unusable` where a file or the folder cannot be worked with. */
export function createFolderPull(needs: FolderPullNeeds): Pull {
  return async (source, { isFull }) => {
    const settings = source.folder;
    if (settings === undefined) return;
    const inbox = await openInbox(settings, needs.dataDir);
    const laid = await listInbox(inbox, settings, (text) => needs.sealer.index(text));
    const files = await lookAgain({ source: source.id, settings, inbox, laid }, needs);
    const underWay = files.filter(({ known }) => isUnderWay(known.batch)).length;
    const visit = { ...needs, source, settings, inbox, isFull, underWay };
    const failure = await advanceAll(files, visit);
    await removeOldHourly(visit);
    if (failure !== undefined) throw failure.reason;
  };
}

/** Gives the first failure; the files behind it are not kept from being taken. */
async function advanceAll(
  files: readonly CompleteFile[],
  visit: Visit,
): Promise<{ reason: unknown } | undefined> {
  const { signal, settings, database, log, source } = visit;
  let first: { reason: unknown } | undefined;
  for (const file of files) {
    signal.throwIfAborted();
    try {
      await advance(file, visit);
    } catch (error) {
      signal.throwIfAborted();
      const at = settings.path;
      const reason = folderFault(
        error,
        `A file of the folder ${at} cannot be read, stored or moved`,
        `文件夹 ${at} 中有文件无法读取、保存或移动`,
      );
      first ??= { reason };
      if (meetsEveryFile(error)) break;
      // Where the database is away, it is for every file.
      await database.query('select 1');
      log.warn({ err: reason, source: source.id }, 'A file of a folder was left for later');
    }
  }
  return first;
}

async function advance(complete: CompleteFile, visit: Visit): Promise<void> {
  const { batch } = complete.known;
  if ((batch === null || batch.status === 'failed') && visit.underWay >= MOST_UNDER_WAY) return;
  const hashed = await withDigest(complete, visit);
  if (hashed === undefined) return;
  const { file, known, sha256 } = hashed;
  const own = known.batch;
  const last =
    own === null || own.status === 'failed'
      ? await findSameBytes(visit.database, visit.source.id, sha256)
      : undefined;
  const next = decide({ own, last, isFull: visit.isFull });
  const reported = { file: file.shown, sha256, source: visit.source.id };
  const leave = (place: Place, report: FileReport): Promise<void> =>
    fileAway({ file, target: known.target, place, report }, visit);
  switch (next.what) {
    case 'wait':
      return;
    case 'take': {
      const refusal = await take(hashed, visit);
      if (refusal !== undefined) await leave('refused', reportRefusal(reported, refusal));
      return;
    }
    case 'skip':
      await leave(placeFor(next.batch), reportRepeat(reported, next.batch));
      return;
    case 'settle': {
      const batch = await readBatch(visit.database, next.batch.id);
      if (batch === undefined) return;
      await leave(placeFor(batch), reportBatch(reported, batch));
    }
  }
}

/** What was rejected as a whole stays refused, however often it is laid down. */
function placeFor({ status }: Pick<KnownBatch, 'status'>): Place {
  return status === 'rejected' ? 'refused' : 'done';
}

/** Gives the digest of a file, computed once as long as nothing about the file changes; undefined where it does. */
async function withDigest(
  { file, known }: CompleteFile,
  { signal, database, source }: Visit,
): Promise<(CompleteFile & { sha256: string }) | undefined> {
  if (known.sha256 !== null && known.changedMs === file.changedMs)
    return { file, known, sha256: known.sha256 };
  const sha256 = await hashSteadily(file, signal);
  if (sha256 === undefined) return undefined;
  await noteDigest(database, { source: source.id, name: file.name }, { sha256, changedMs: file.changedMs });
  return { file, known: sha256 === known.sha256 ? known : { ...known, batch: null, target: null }, sha256 };
}

/** Takes a file in; gives why it was refused, where it was. */
async function take({ file, known }: CompleteFile, visit: Visit): Promise<GatewayError | undefined> {
  const { source, log } = visit;
  const taken = await takeIn({ source, file, instead: known.batch?.id ?? null }, visit);
  if (isGatewayError(taken)) {
    log.info({ source: source.id, code: taken.code }, 'A file of a folder was refused');
    return taken;
  }
  if (taken?.status === 'received') visit.underWay += 1;
  if (taken !== undefined)
    log.info({ source: source.id, batch: taken.id, status: taken.status }, 'A file of a folder was taken in');
  return undefined;
}

/** Looking at all that is kept is worth it once an hour. */
async function removeOldHourly({ database, source, clock, inbox, settings, log }: Visit): Promise<void> {
  const now = clock();
  const last = await readLastPullAt(database, source.id);
  const hourOf = (moment: Date): number => Math.floor(moment.getTime() / HOUR_MS);
  if (last !== null && hourOf(last) === hourOf(now)) return;
  const removed = await removeOld(inbox, settings, now);
  if (removed > 0) log.info({ source: source.id, files: removed }, 'Old files of a folder were removed');
}

function isUnderWay(batch: KnownBatch | null): boolean {
  return batch?.status === 'received' || batch?.status === 'processing';
}
