// Text to entries, one JSON object a line. Lines that are blank are none.
import type { ReadingLimits } from '../core/reading-limits.js';
import type { KeyedRow } from '../core/rows.js';
import { createEntryReader, type EntryReader } from './read-entry.js';
import { MAX_ROW_CHARACTERS, rowTooLong } from './row-length.js';

/** Yields the entries of each piece of text; throws `file.…` at the first that cannot be read, after those before it. */
export async function* parseNdjson(
  text: AsyncIterable<string>,
  limits: ReadingLimits,
): AsyncGenerator<KeyedRow[]> {
  const read = createEntryReader(limits);
  let rest = '';
  let row = 0;
  for await (const piece of text) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    const { entries, error } = readEntries(lines, row, read);
    row += entries.length;
    if (entries.length > 0) yield entries;
    if (error !== undefined) throw error;
    if (rest.length > MAX_ROW_CHARACTERS) throw rowTooLong(row + 1);
  }
  // The last line has no end: whoever wrote it may have been cut off.
  if (rest.trim() !== '') yield [read(rest, row + 1, true)];
}

export interface ReadEntries {
  readonly entries: KeyedRow[];
  readonly error?: Error;
}

/** Reads the entries of some texts, as far as they can be read; blank ones are passed over. */
export function readEntries(texts: readonly string[], before: number, read: EntryReader): ReadEntries {
  const entries: KeyedRow[] = [];
  try {
    for (const text of texts) {
      const row = before + entries.length + 1;
      if (text.length > MAX_ROW_CHARACTERS) throw rowTooLong(row);
      if (text.trim() !== '') entries.push(read(text, row));
    }
    return { entries };
  } catch (error) {
    return { entries, error: error as Error };
  }
}
