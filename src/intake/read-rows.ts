// Reads the data rows of a stored file as its inspection found it: everything below the headings.
import type { Readable } from 'node:stream';
import type { ParsedRow } from '../core/rows.js';
import type { Reading } from '../db/batches.js';
import type { Charset } from './charset.js';
import { decodeText } from './decode.js';
import { parseCsv } from './parse-csv.js';

/** Yields the data rows in order, some hundred at a time; throws a `file.…` error where the file breaks. */
export async function* readRows(stream: Readable, reading: Reading): AsyncGenerator<ParsedRow[]> {
  const text = decodeText(stream as AsyncIterable<Buffer>, reading.charset as Charset);
  for await (const rows of parseCsv(text, reading)) {
    const data =
      (rows[0]?.row ?? 0) > reading.headingRow ? rows : rows.filter((row) => row.row > reading.headingRow);
    if (data.length > 0) yield data;
  }
}
