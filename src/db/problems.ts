// The problems of a batch as an agency sees them: what we found, and what the city refused.
import { CITY } from '../core/city.js';
import { describeProblem } from '../core/problem-text.js';
import type { ProblemCode } from '../core/problems.js';
import type { Severity } from '../core/words.js';
import type { Sql } from './pool.js';

export interface ProblemView {
  readonly row: number;
  readonly column: string | null;
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly messageZh: string;
  readonly suggestion: string;
  readonly cityCode?: string;
  readonly cityMessage?: string;
}

export interface ProblemPage {
  readonly problems: readonly ProblemView[];
  readonly total: number;
  /** What to pass as `after` for the next page; null at the end. */
  readonly next: string | null;
}

interface ProblemRow {
  readonly row: number;
  readonly ordinal: number;
  readonly code: ProblemCode;
  readonly column: string | null;
  readonly severity: Severity;
  readonly details: Record<string, string | number> | null;
  readonly cityCode: string | null;
  readonly cityMessage: string | null;
}

const ALL_PROBLEMS = `
  select row_number as row, ordinal, code, "column", severity, details, null as "cityCode", null as "cityMessage"
    from row_problems where batch_id = $1
  union all
  select row_number, 1000 + (row_number() over (partition by row_number order by position))::int, 'city.rejected',
         null, 'error', null, city_code, city_message
    from refusals where batch_id = $1 and destination = '${CITY}'`;

const FILE_ORDINAL = 0;

/** Reads the problems of a batch in row order, at most `limit` behind the place `after` (`row.ordinal`). */
export async function readProblems(
  sql: Sql,
  batchId: string,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<ProblemPage> {
  const [row = -1, ordinal = -1] = (page.after ?? '')
    .split('.')
    .map((part) => (part === '' ? -1 : Number(part)));
  const { rows } = await sql.query(
    `select * from (${ALL_PROBLEMS}) p where (row, ordinal) > ($2, $3) order by row, ordinal limit $4`,
    [batchId, row, ordinal, page.limit + 1],
  );
  const total = await sql.query<{ total: number }>(`select count(*) as total from (${ALL_PROBLEMS}) p`, [
    batchId,
  ]);
  const found = rows as unknown as ProblemRow[];
  const shown = found.slice(0, page.limit);
  const last = shown[shown.length - 1];
  return {
    problems: shown.map(describe),
    total: total.rows[0]?.total ?? 0,
    next: found.length > shown.length && last !== undefined ? `${last.row}.${last.ordinal}` : null,
  };
}

function describe(problem: ProblemRow): ProblemView {
  const texts = describeProblem({
    code: problem.code,
    column: problem.column,
    ...(problem.details === null ? {} : { details: problem.details }),
  });
  const view = {
    row: problem.row,
    column: problem.column,
    code: problem.code,
    severity: problem.severity,
    ...texts,
  };
  return problem.cityCode === null
    ? view
    : { ...view, cityCode: problem.cityCode, cityMessage: problem.cityMessage ?? '' };
}

/** Notes that a file could not be read from a row on. */
export async function addFileProblem(
  sql: Sql,
  problem: { batchId: string; row: number; cause: string },
): Promise<void> {
  await sql.query(
    `insert into row_problems (batch_id, row_number, ordinal, code, "column", severity, details)
     values ($1, $2, $3, 'file.broken-off', null, 'error', $4)`,
    [problem.batchId, problem.row, FILE_ORDINAL, JSON.stringify({ cause: problem.cause })],
  );
}
