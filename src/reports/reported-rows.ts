// Brings the rows of a file together with their verdicts and problems, all in row order, piece by piece.
import { isGatewayError } from '../core/errors.js';
import type { ParsedRow } from '../core/rows.js';
import type { Verdict } from '../core/words.js';
import type { ProblemView } from '../db/problems.js';
import { openProblemCursor } from './problem-cursor.js';
import type { ProblemTally } from './problem-tally.js';

/** A row and all that is said of it. */
export interface ReportedRow {
  readonly row: ParsedRow;
  readonly verdict: Verdict | undefined;
  readonly problems: readonly ProblemView[];
}

export interface ReportedInput {
  readonly rows: AsyncIterable<readonly ParsedRow[]>;
  readonly verdictOf: (row: number) => Verdict | undefined;
  readonly problemsFrom: AsyncIterable<readonly ProblemView[]>;
}

/** Yields the rows; when it ends, the tally has seen every problem. A file that broke off when it was processed ends where it breaks. */
export async function* reportedRows(
  { rows, verdictOf, problemsFrom }: ReportedInput,
  tally: ProblemTally,
): AsyncGenerator<ReportedRow[]> {
  const pages = problemsFrom[Symbol.asyncIterator]();
  const cursor = openProblemCursor(pages, tally);
  try {
    for await (const piece of rows) {
      await cursor.readTo(piece.at(-1)?.row ?? 0);
      yield piece.map((row) => ({ row, verdict: verdictOf(row.row), problems: cursor.take(row.row) }));
    }
    await cursor.finish();
  } catch (error) {
    if (!isOfTheFile(error)) throw error;
    await cursor.finish();
    if (!tally.has('file.broken-off')) throw error;
  } finally {
    await pages.return?.();
  }
}

/** Tells whether a row came back because of something, or with a warning. */
export function isFaulty({ verdict, problems }: ReportedRow): boolean {
  return verdict === 'rejected' || problems.length > 0;
}

function isOfTheFile(error: unknown): boolean {
  return isGatewayError(error) && error.code.startsWith('file.');
}
