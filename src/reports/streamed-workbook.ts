// Writes a workbook while it comes into being: rows leave as soon as they are committed, and whoever writes
// waits for whoever reads, so that memory does not grow with the rows. Rule: where the reader goes away, the
// promise rejects and nothing is left hanging.
import { once } from 'node:events';
import { PassThrough, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import type { AddWorksheetOptions, stream, Worksheet } from 'exceljs';

export interface StreamedWorkbook {
  /** Begins a sheet; the one before must be complete. */
  readonly addSheet: (name: string, options?: Partial<AddWorksheetOptions>) => StreamedSheet;
}

export interface StreamedSheet {
  readonly sheet: Worksheet;
  /** Waits until the reader has caught up; throws where it has gone. */
  readonly settle: () => Promise<void>;
  /** Completes the sheet. */
  readonly close: () => Promise<void>;
}

type WorkbookWriter = stream.xlsx.WorkbookWriter;

/** What the types of exceljs 4.4 do not tell: a sheet feeds one stream of the archive and never waits for it. */
interface SheetInside {
  readonly stream: { readonly pipes: readonly ArchiveEntry[] };
  readonly commit: () => void;
}

/** A stream of readable-stream 2, which has no `writableLength`. */
type ArchiveEntry = NodeJS.EventEmitter & { readonly _writableState: { readonly length: number } };

const MOST_WAITING_BYTES = 1 << 20;
/** Deflate at its fastest: XML shrinks well at any level, and somebody waits. */
const COMPRESSION = 1;

/** Lets `fill` write a workbook into `out`, which ends with it, or is destroyed where writing fails. */
export async function writeWorkbook(
  out: Writable,
  createdAt: Date | undefined,
  fill: (workbook: StreamedWorkbook) => Promise<void>,
): Promise<void> {
  const body = new PassThrough();
  const gone = new AbortController();
  const delivered = pipeline(body, out);
  delivered.catch((error: unknown) => gone.abort(error));
  try {
    const workbook = await openWriter(body, createdAt);
    await fill(openSheets(workbook, gone.signal));
    gone.signal.throwIfAborted();
    await Promise.race([workbook.commit(), delivered]);
    await delivered;
  } catch (error) {
    const cause: unknown = gone.signal.aborted ? gone.signal.reason : error;
    body.destroy(cause as Error);
    // It fails with this very error, or failed with it before.
    await delivered.catch(() => undefined);
    throw cause;
  }
}

/** exceljs takes half a second to load, so it is loaded by the first workbook. */
async function openWriter(body: PassThrough, createdAt: Date | undefined): Promise<WorkbookWriter> {
  const { default: exceljs } = await import('exceljs');
  const workbook = new exceljs.stream.xlsx.WorkbookWriter({
    stream: body,
    useStyles: true,
    useSharedStrings: false,
    zip: { zlib: { level: COMPRESSION } },
    ...(createdAt === undefined ? {} : { created: createdAt }),
  });
  workbook.creator = 'credit-exchange-gateway';
  workbook.lastModifiedBy = workbook.creator;
  const { zip } = workbook as unknown as { zip: NodeJS.EventEmitter };
  zip.on('error', (error: Error) => body.destroy(error));
  return workbook;
}

function openSheets(workbook: WorkbookWriter, gone: AbortSignal): StreamedWorkbook {
  const names: string[] = [];
  return {
    addSheet: (name, options) => {
      names.push(freeName(name, names));
      const sheet = workbook.addWorksheet(names.at(-1), options);
      const inside = sheet as unknown as SheetInside;
      const settle = (): Promise<void> => catchUp(inside, gone);
      return {
        sheet,
        settle,
        close: async () => {
          await settle();
          inside.commit();
        },
      };
    },
  };
}

async function catchUp(sheet: SheetInside, gone: AbortSignal): Promise<void> {
  // Others have their turn, and what was written is packed meanwhile.
  await setImmediate();
  gone.throwIfAborted();
  const [entry] = sheet.stream.pipes;
  if (entry === undefined || entry._writableState.length < MOST_WAITING_BYTES) return;
  await once(entry, 'drain', { signal: gone });
}

const NOT_IN_NAMES = /[\\/?*[\]:]/g;
const LONGEST_NAME = 31;

/** Excel opens no workbook in which a name is too long, stands twice, or has one of some characters. */
function freeName(name: string, taken: readonly string[]): string {
  const base = name.replace(NOT_IN_NAMES, ' ').trim().slice(0, LONGEST_NAME);
  const isFree = base !== '' && !taken.some((other) => other.toLowerCase() === base.toLowerCase());
  return isFree ? base : `${base.slice(0, LONGEST_NAME - 3)} ${taken.length + 1}`.trim();
}
