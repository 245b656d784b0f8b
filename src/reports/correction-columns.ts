// Which cell of a row goes where in a correction workbook: the agency's own columns as they were, then the four of
// the report, then cells that stood beyond the headings (in the same place they would be taken for the report's).
import { REPORT_HEADINGS } from '../core/report-headings.js';

export interface CorrectionColumns {
  /** The agency's headings, without those of an earlier report. */
  readonly headings: readonly string[];
  /** Places of those headings in a row of the file, from 0. */
  readonly sources: readonly number[];
  /** Place of the first cell beyond the headings, from 0. */
  readonly beyond: number;
  /** Number of the first column of the report, from 1. */
  readonly report: number;
  /** Number of the column that a problem names, from 1; undefined where the file has none of that name. */
  readonly numberOf: (heading: string) => number | undefined;
}

/** A sheet has no more. */
export const MOST_COLUMNS = 16_384;

/** Lays out the columns of a file with these headings. */
export function layOut(all: readonly string[]): CorrectionColumns {
  const ours: ReadonlySet<string> = new Set(REPORT_HEADINGS);
  const beyond = all.findLastIndex((heading) => heading.trim() !== '') + 1;
  const sources = all
    .slice(0, beyond)
    .flatMap((heading, i) => (ours.has(heading.trim()) ? [] : [i]))
    .slice(0, MOST_COLUMNS - REPORT_HEADINGS.length);
  const headings = sources.map((i) => all[i] ?? '');
  const numbers = new Map<string, number>();
  headings.forEach((heading, i) => {
    if (!numbers.has(heading.trim())) numbers.set(heading.trim(), i + 1);
  });
  return {
    headings,
    sources,
    beyond,
    report: headings.length + 1,
    numberOf: (heading) => numbers.get(heading.trim()),
  };
}
