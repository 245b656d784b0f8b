// Looks at a file of entries with keys (JSON, NDJSON, XML): its first entries are read, and their keys are
// its headings.
import { matchHeadings } from '../core/heading-match.js';
import type { KeyedRow } from '../core/rows.js';
import type { Reading } from '../db/batches.js';
import type { Charset } from './charset.js';
import { headingsNotFound, noRows, refuseMissing, warnOfIgnored } from './check-columns.js';
import { ROWS_READ, type Inspected, type InspectNeeds } from './inspection.js';
import { collectHeadings, collectKeys, compileKeyColumns } from './key-columns.js';
import { readEntries, type EntryForm } from './read-rows.js';

/** Inspects a file of entries. */
export async function inspectEntries(
  format: EntryForm['format'],
  charset: Charset,
  needs: InspectNeeds,
): Promise<Inspected> {
  const form = formOf(format, charset, needs);
  const entries: KeyedRow[] = [];
  for await (const piece of readEntries(needs.bytes, form, needs.limits)) {
    entries.push(...piece);
    if (entries.length >= ROWS_READ) break;
  }
  if (entries.length === 0) throw noRows();
  const keys = collectKeys(entries, needs.limits);
  const match = matchHeadings([keys], needs.mappings, needs.requiredFields);
  if (match === undefined) throw headingsNotFound(needs.mappings);
  const toRow = compileKeyColumns(keys, match.mapping);
  const rows = entries.map((entry) => toRow(entry).cells);
  refuseMissing(match, rows, needs);
  const headings = collectHeadings(entries, match.mapping);
  const reading: Reading = { ...form, headingRow: 0, headings };
  return { mapping: match.mapping, reading, warnings: warnOfIgnored(match, keys) };
}

function formOf(format: EntryForm['format'], charset: Charset, { source }: InspectNeeds): EntryForm {
  switch (format) {
    case 'json':
      return { format, charset, ...(source.rowsAt === undefined ? {} : { rowsAt: source.rowsAt }) };
    case 'ndjson':
      return { format, charset };
    case 'xml':
      return { format, charset, ...(source.rowPath === undefined ? {} : { rowPath: source.rowPath }) };
  }
}
