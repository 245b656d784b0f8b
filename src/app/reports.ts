// Binds the reports to what they tell of: the batch, its bytes as they came, its verdicts and problems.
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GATEWAY, actorOf } from '../core/audit-entry.js';
import type { Role } from '../core/words.js';
import { GatewayError, isGatewayError } from '../core/errors.js';
import { appendAudit } from '../db/audit.js';
import type { ParsedRow } from '../core/rows.js';
import { verdictLookup } from '../core/verdict-runs.js';
import { readBatch, type Batch } from '../db/batches.js';
import { readVerdicts } from '../db/chunks.js';
import { readProblems, type ProblemView } from '../db/problems.js';
import type { FolderReports } from '../intake/folder/file-away.js';
import { readRows } from '../intake/read-rows.js';
import { writeCorrectionWorkbook } from '../reports/correction-workbook.js';
import { problemsCsv } from '../reports/problems-csv.js';
import type { Foundation } from './gateway.js';
import { requireKept, requireProblemsKept } from './kept.js';

export interface Reports {
  /**
   * Writes the agency's own rows with their faults marked; throws `batch.not-settled` for a batch that is still
   * under way. Who reads them, the gateway itself where nobody is named, is recorded before the first byte.
   */
  writeCorrection(batchId: string, options: CorrectionOptions, out: Writable): Promise<void>;
  problemsCsv(batchId: string): AsyncIterable<string>;
  /** Lays the reports of a batch beside the file that it came in. */
  readonly folder: FolderReports;
}

interface CorrectionOptions {
  readonly onlyFaulty: boolean;
  readonly caller?: { readonly role: Role; readonly keyId: string };
}

type Needs = Pick<Foundation, 'site' | 'clock'> & {
  readonly storage: Pick<Foundation['storage'], 'database' | 'originals'>;
};

const PAGE = 1000;
/** What stands in a report is not for everybody on the machine. */
const FILE_MODE = 0o660;

/** Binds the reports. */
export function bindReports(foundation: Needs): Reports {
  const { database } = foundation.storage;
  const reports: Reports = {
    writeCorrection: (batchId, options, out) => writeCorrection(batchId, { ...options, out }, foundation),
    problemsCsv: (batchId) => problemsCsv(problemPages(batchId, foundation)),
    folder: {
      write: async (batchId, { folder, name }) => {
        const { total } = await readProblems(database, batchId, { after: undefined, limit: 1 });
        if (total === 0) return;
        const csv = Readable.from(reports.problemsCsv(batchId));
        await writeWholeFile(join(folder, `${name}.problems.csv`), (out) => pipeline(csv, out));
        await writeWholeFile(join(folder, `${name}.correction.xlsx`), (out) =>
          reports.writeCorrection(batchId, { onlyFaulty: false }, out),
        );
      },
    },
  };
  return reports;
}

/** Writes under another name first: nobody ever sees half a report, nor writes through a link laid in its place. */
async function writeWholeFile(path: string, write: (out: Writable) => Promise<void>): Promise<void> {
  const draft = `${path}.${randomUUID()}.part`;
  try {
    await write(createWriteStream(draft, { flags: 'wx', mode: FILE_MODE }));
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function writeCorrection(
  batchId: string,
  { onlyFaulty, caller, out }: CorrectionOptions & { out: Writable },
  foundation: Needs,
): Promise<void> {
  const { database, originals } = foundation.storage;
  const batch = await settledBatch(batchId, foundation);
  requireKept(batch, { original: true, problems: true });
  const mapping = foundation.site.definitions.mappings.get(batch.mapping);
  if (mapping === undefined)
    throw new GatewayError(
      'config.invalid',
      `The mapping ${batch.mapping} of this batch is no longer there.`,
    );
  const bytes = await originals.open(batch.replayOf ?? batchId);
  await recordReading(batch, caller === undefined ? GATEWAY : actorOf(caller), foundation);
  // The limits were held when the batch came; what they are today is no matter.
  const { gateway, sources } = foundation.site.configuration;
  const sheet = sources.find(({ id }) => id === batch.source)?.sheet;
  const rows = readRows(bytes, batch.reading, { mapping, limits: gateway.limits });
  await writeCorrectionWorkbook(
    {
      headings: batch.reading.headings,
      headingRow: batch.reading.headingRow,
      rows: upTo(batch.lastRow, rows),
      verdictOf: verdictLookup(await readVerdicts(database, batchId)),
      problemsFrom: problemPages(batchId, foundation),
      batch,
      onlyFaulty,
      ...(sheet === undefined ? {} : { sheetName: sheet }),
    },
    out,
  );
}

/** Whole rows may be of persons: each reading of them is in the audit log. */
async function recordReading(batch: Batch, actor: string, { storage, clock }: Needs): Promise<void> {
  const details = { agency: batch.agency, recordType: batch.recordType };
  await storage.database.transaction((sql) =>
    appendAudit(sql, { at: clock(), actor, action: 'correction.read', object: batch.id, details }),
  );
}

/** Reads a batch of which all is said; throws `batch.unknown` or `batch.not-settled`. */
export async function settledBatch(
  id: string,
  { storage }: { readonly storage: Pick<Foundation['storage'], 'database'> },
): Promise<Batch> {
  const batch = await readBatch(storage.database, id);
  if (batch === undefined) throw new GatewayError('batch.unknown', 'There is no such batch.');
  if (batch.finishedAt !== null && batch.status !== 'held') return batch;
  throw new GatewayError('batch.not-settled', 'This batch has not settled yet; ask again later.', {
    details: { status: batch.status },
    detailZh: '该批次尚未处理完毕，请稍后再试。',
  });
}

/** Gives the rows that were read into the batch; where its file breaks, they end. */
async function* upTo(
  lastRow: number,
  pieces: AsyncIterable<readonly ParsedRow[]>,
): AsyncGenerator<readonly ParsedRow[]> {
  try {
    for await (const piece of pieces) {
      const wanted = piece.filter(({ row }) => row <= lastRow);
      if (wanted.length > 0) yield wanted;
      if (wanted.length < piece.length) return;
    }
  } catch (error) {
    // The batch was settled up to the break: the report goes as far as the batch.
    if (!isGatewayError(error) || !error.code.startsWith('file.')) throw error;
  }
}

async function* problemPages(
  batchId: string,
  { storage }: Pick<Needs, 'storage'>,
): AsyncGenerator<readonly ProblemView[]> {
  await requireProblemsKept(storage.database, batchId);
  let after: string | undefined;
  do {
    const page = await readProblems(storage.database, batchId, { after, limit: PAGE });
    yield page.problems;
    after = page.next ?? undefined;
  } while (after !== undefined);
}
