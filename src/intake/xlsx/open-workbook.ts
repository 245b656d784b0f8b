// Opens an XLSX workbook from stored bytes and reads a sheet of it as a stream of rows: ZIP directory ─▶ kind ─▶
// parts ─▶ styles ─▶ rows. Only what is asked for is unpacked.
import type { ReadingLimits } from '../../core/reading-limits.js';
import type { ParsedRow } from '../../core/rows.js';
import type { StoredBytes } from '../../platform/stored-bytes.js';
import { readNumberKinds, type NumberKind } from './number-formats.js';
import { openSharedStrings, type SharedStrings } from './shared-strings.js';
import { readSheetRows } from './sheet-rows.js';
import { malformed } from './workbook-faults.js';
import { findParts, type WorkbookParts } from './workbook-parts.js';
import { openZip, unpackedLimit, type ZipEntries } from './zip-entries.js';

export type Sheet = WorkbookParts['sheets'][number];

export interface Workbook {
  /** In the order of the workbook; charts are none. */
  readonly sheets: readonly Sheet[];
  /** Whether its days count from 1904. */
  readonly date1904: boolean;
  /** Yields the rows of a sheet that are not blank; breaking off is fine. */
  rows(sheet: Sheet): AsyncGenerator<ParsedRow[]>;
  close(): Promise<void>;
}

/** Texts take up to this part of what the packed file has, and at most this much memory. */
const TEXT_RATIO = 24;
const ALWAYS_TEXT_BYTES = 67_108_864;
const MOST_TEXT_BYTES = 536_870_912;

/** Opens a workbook; throws `file.…` where it is damaged or goes beyond a limit, `upload.type-not-supported` where it is none. */
export async function openWorkbook(bytes: StoredBytes, limits: ReadingLimits): Promise<Workbook> {
  const zip = await openZip(bytes, limits);
  try {
    const parts = await findParts(zip);
    const numberKinds = await readStyles(zip, parts);
    const strings = openStrings(zip, parts, { bytes, limits });
    return {
      sheets: parts.sheets,
      date1904: parts.date1904,
      rows: (sheet) => {
        const pieces = zip.read(sheet.path);
        if (pieces === undefined) throw malformed('no such sheet', { part: sheet.path });
        return readSheetRows(pieces, {
          part: sheet.path,
          limits,
          numberKinds,
          epoch: parts.date1904 ? 1904 : 1900,
          strings,
          maxTextCharacters: unpackedLimit(bytes.size, limits),
        });
      },
      close: async () => {
        await strings.close();
        zip.close();
      },
    };
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function readStyles(zip: ZipEntries, { styles }: WorkbookParts): Promise<NumberKind[]> {
  const pieces = styles === undefined ? undefined : zip.read(styles);
  return styles === undefined || pieces === undefined ? [] : readNumberKinds(pieces, styles);
}

function openStrings(
  zip: ZipEntries,
  { sharedStrings: name }: WorkbookParts,
  { bytes, limits }: { bytes: StoredBytes; limits: ReadingLimits },
): SharedStrings {
  const pieces = name === undefined ? undefined : zip.read(name);
  const part = name === undefined || pieces === undefined ? undefined : { name, pieces };
  const grown = Math.max(ALWAYS_TEXT_BYTES, TEXT_RATIO * bytes.size);
  const maxTextBytes = limits.maxUnpackedBytes === Infinity ? Infinity : Math.min(MOST_TEXT_BYTES, grown);
  return openSharedStrings(part, { maxCellCharacters: limits.maxCellCharacters, maxTextBytes });
}
