// Brings a file out of the folder: reports first, then the mark, then the file itself. Each step may be done
// again, so that a kill between two of them leaves nothing half.
import { lstat, readFile, rm, utimes } from 'node:fs/promises';
import path from 'node:path';
import { shanghaiDay } from '../../core/clock.js';
import type { Source } from '../../core/configuration.js';
import { forgetFiles, noteTarget } from '../../db/folder-files.js';
import type { PullNeeds } from '../pull.js';
import type { FileReport } from './file-report.js';
import { keptNames } from './file-name.js';
import { isMissing } from './folder-fault.js';
import { isUnchanged, markOf, regularFile, type LaidFile, type Place } from './inbox.js';
import { moveFile, writeWhole } from './move-file.js';

export interface FolderReports {
  /** Writes `NAME.problems.csv` and `NAME.correction.xlsx` of a batch into a folder, where rows have problems. */
  write(batchId: string, target: { readonly folder: string; readonly name: string }): Promise<void>;
}

export interface FilingNeeds extends Pick<PullNeeds, 'database' | 'clock'> {
  readonly inbox: string;
  readonly source: Source;
  readonly reports: FolderReports;
}

export interface Leaving {
  readonly file: LaidFile;
  /** Where an earlier try was to bring it. */
  readonly target: string | null;
  readonly place: Place;
  readonly report: FileReport;
}

const REPORT = '.report.json';
const BESIDE = ['', REPORT, '.problems.csv', '.correction.xlsx'];

/** Brings a file away; one that has changed stays, for it is another one now. */
export async function fileAway(leaving: Leaving, needs: FilingNeeds): Promise<void> {
  const { file, place, report } = leaving;
  const { database, source, inbox } = needs;
  const key = { source: source.id, name: file.name };
  const target = await chooseTarget(leaving, needs);
  if (target !== leaving.target) await noteTarget(database, key, target);
  const kept = path.join(inbox, target);
  const text = `${JSON.stringify(report, null, 2)}\n`;
  // A file that cannot be moved is tried at each pull: what has been written of it stays, the report being the last.
  if (!(await holds(kept + REPORT, text))) {
    if (report.batch !== undefined && report.status !== 'skipped')
      await needs.reports.write(report.batch, {
        folder: path.join(inbox, place),
        name: path.basename(target),
      });
    await writeWhole(kept + REPORT, text);
  }
  if (!(await isUnchanged(file))) return;
  const mark = markOf(file.path);
  if ((await regularFile(mark)) !== undefined) await rm(mark, { force: true });
  if (!(await moveFile(file, kept))) return;
  await stampFile(kept, needs.clock());
  await forgetFiles(database, source.id, [file.name]);
}

async function holds(at: string, text: string): Promise<boolean> {
  return (await regularFile(at)) !== undefined && (await readFile(at, 'utf8')) === text;
}

/** Gives a file that has left its folder the time at which it did, as well as its report. */
export async function stampFile(kept: string, at: Date): Promise<void> {
  for (const each of [kept, kept + REPORT]) {
    if ((await regularFile(each)) === undefined) continue;
    try {
      await utimes(each, at, at);
    } catch (error) {
      // A file of another user keeps its own time; its report, which is ours, tells how old it is.
      if ((error as { code?: unknown }).code !== 'EPERM') throw error;
    }
  }
}

/** Gives the moment from which on a kept file is counted. */
export function keptSinceMs(name: string, modifiedMs: ReadonlyMap<string, number>): number {
  return Math.max(modifiedMs.get(name) ?? 0, modifiedMs.get(name + REPORT) ?? 0);
}

async function chooseTarget(
  { file, target, place }: Leaving,
  { inbox, clock }: FilingNeeds,
): Promise<string> {
  if (target !== null && target.startsWith(`${place}/`) && (await isFree(path.join(inbox, target))))
    return target;
  for (const name of keptNames(file.shown, shanghaiDay(clock()))) {
    const kept = path.join(inbox, place, name);
    const free = await Promise.all(BESIDE.map((ending) => isFree(kept + ending)));
    if (free.every(Boolean)) return `${place}/${name}`;
  }
  throw new Error('There is always a further name.');
}

async function isFree(at: string): Promise<boolean> {
  try {
    await lstat(at);
    return false;
  } catch (error) {
    if (isMissing(error)) return true;
    throw error;
  }
}
