// Reads workbooks that a test has in memory.
import { Readable } from 'node:stream';
import type { ReadingLimits } from '../../src/core/reading-limits.js';
import type { ParsedRow } from '../../src/core/rows.js';
import { openWorkbook } from '../../src/intake/xlsx/open-workbook.js';
import type { StoredBytes } from '../../src/platform/stored-bytes.js';

export const LIMITS: ReadingLimits = {
  maxRows: 20_000_000,
  maxColumns: 500,
  maxCellCharacters: 100_000,
  maxEntries: 1_000,
  maxUnpackedBytes: 4_294_967_296,
  maxDepth: 16,
};

export const NO_LIMITS: ReadingLimits = {
  maxRows: Infinity,
  maxColumns: Infinity,
  maxCellCharacters: Infinity,
  maxEntries: Infinity,
  maxUnpackedBytes: Infinity,
  maxDepth: Infinity,
};

/** Lets a Buffer be read like a stored file, some bytes at a time. */
export function bytesOfBuffer(buffer: Buffer, pieceBytes = 65_536): StoredBytes {
  return {
    size: buffer.length,
    read: (range) => {
      const wanted = buffer.subarray(range?.start ?? 0, range?.end ?? buffer.length);
      return Readable.from(cut(wanted, pieceBytes), { objectMode: false });
    },
  };
}

function* cut(buffer: Buffer, pieceBytes: number): Generator<Buffer> {
  for (let at = 0; at < buffer.length; at += pieceBytes) yield buffer.subarray(at, at + pieceBytes);
}

export interface ReadSheet {
  readonly rows: ParsedRow[];
  readonly fault: unknown;
}

/** Reads all rows of the first sheet, and what ended them too early. */
export async function readSheet(
  buffer: Buffer,
  limits: Partial<ReadingLimits> = {},
  sheetName?: string,
): Promise<ReadSheet> {
  const rows: ParsedRow[] = [];
  try {
    const workbook = await openWorkbook(bytesOfBuffer(buffer), { ...LIMITS, ...limits });
    const sheet = workbook.sheets.find(({ name }) => sheetName === undefined || name === sheetName);
    if (sheet !== undefined) for await (const piece of workbook.rows(sheet)) rows.push(...piece);
    await workbook.close();
    return { rows, fault: undefined };
  } catch (fault) {
    return { rows, fault };
  }
}

/** Reads the cells of the first sheet; throws where it cannot be read to its end. */
export async function cellsOf(buffer: Buffer, limits: Partial<ReadingLimits> = {}): Promise<string[][]> {
  const { rows, fault } = await readSheet(buffer, limits);
  if (fault !== undefined) throw fault as Error;
  return rows.map(({ cells }) => [...cells]);
}
