// Looks at a CSV: separator, line ends, headings and mapping from its beginning, then its first rows.
import { matchHeadings, mergedCells, type HeadingMatch } from '../core/heading-match.js';
import type { Reading } from '../db/batches.js';
import { headingsNotFound, noRows, refuseMissing, refuseRepeated, warnOfIgnored } from './check-columns.js';
import { ROWS_READ, type Inspected, type InspectNeeds, type TextSample } from './inspection.js';
import { parseSample, type CsvForm } from './parse-csv.js';
import { readRows } from './read-rows.js';

const DELIMITERS = [',', ';', '\t'] as const;

/** Inspects a CSV by its decoded sample. */
export async function inspectCsv(sample: TextSample, needs: InspectNeeds): Promise<Inspected> {
  const found = findHeadings(sample, needs);
  refuseRepeated(found.match);
  const reading: Reading = {
    format: 'csv',
    charset: sample.charset,
    ...found.form,
    headingRow: found.headingRow,
    headings: found.headings,
  };
  const { mapping } = found.match;
  const rows: (readonly string[])[] = [];
  for await (const piece of readRows(needs.bytes, reading, { mapping, limits: needs.limits })) {
    rows.push(...piece.map(({ cells }) => cells));
    if (rows.length >= ROWS_READ) break;
  }
  refuseMissing(found.match, rows, needs);
  if (rows.length === 0) throw noRows();
  return { mapping, reading, warnings: warnOfIgnored(found.match, found.headings) };
}

interface Found {
  readonly match: HeadingMatch;
  readonly form: CsvForm;
  readonly headingRow: number;
  readonly headings: readonly string[];
}

function findHeadings({ text, isWhole }: TextSample, needs: InspectNeeds): Found {
  const newline = text.includes('\n') || !text.includes('\r') ? '\n' : '\r';
  let best: Found | undefined;
  for (const delimiter of DELIMITERS) {
    const rows = parseSample(text, { delimiter, newline }, isWhole);
    if (rows.length === 0 && isWhole) throw noRows();
    const cells = rows.slice(0, 20).map((row) => row.cells);
    const match = matchHeadings(cells, needs.mappings, needs.requiredFields);
    if (match === undefined || (best !== undefined && match.columns.length <= best.match.columns.length))
      continue;
    best = {
      match,
      form: { delimiter, newline },
      headingRow: rows[match.index]?.row ?? 1,
      headings: mergedCells(cells, match.index).map((cell) => cell.trim()),
    };
  }
  if (best === undefined) throw headingsNotFound(needs.mappings);
  return best;
}
