// Text to entries: an array of objects, or an object that holds one.
import type { ReadingLimits } from '../core/reading-limits.js';
import type { KeyedRow } from '../core/rows.js';
import { createEntryScan } from './entry-scan.js';
import { readEntries } from './parse-ndjson.js';
import { createEntryReader } from './read-entry.js';

export interface JsonForm {
  /** Dotted paths under which the array may stand; the one near the root where there are none. */
  readonly rowsAt: readonly string[] | undefined;
}

/** Yields the entries of each piece of text; throws `file.…` where the file breaks, after the entries before it. */
export async function* parseJson(
  text: AsyncIterable<string>,
  { rowsAt }: JsonForm,
  limits: ReadingLimits,
): AsyncGenerator<KeyedRow[]> {
  const scan = createEntryScan(rowsAt, limits);
  const read = createEntryReader(limits);
  let row = 0;
  for await (const piece of text) {
    const texts: string[] = [];
    const scanned = attempt(() => scan.add(piece, texts));
    const { entries, error } = readEntries(texts, row, read);
    row += entries.length;
    if (entries.length > 0) yield entries;
    // What could not be read stands before what could not be cut.
    if (error !== undefined) throw error;
    if (scanned !== undefined) throw scanned;
  }
  scan.end();
}

function attempt(work: () => void): Error | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
