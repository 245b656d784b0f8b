// What a pull under way has read. It stands in an unlogged table and not in Node's memory, so that a table of any
// size can be pulled, and in PostgreSQL and not in a file, so that the batch's own transaction can take it over.
import { copyBytes, copyLines, copyText } from './copy.js';
import type { Database, Sql } from './pool.js';

/** d delivered, s seen by a sweep, u seen and unknown, w to be withdrawn, g gone without more. */
export type StagedRole = 'd' | 's' | 'u' | 'w' | 'g';

export interface StagedRow {
  readonly role: StagedRole;
  readonly ordinal: number;
  /** Keyed indexes, 32 hexadecimal digits. */
  readonly keyIndex: string;
  readonly contentIndex?: string;
  readonly identityIndex?: string | null;
  readonly sealed?: Buffer | null;
}

export interface Run {
  readonly source: string;
  readonly run: string;
}

/** Adds rows to a run. */
export async function stageRows(
  database: Database,
  { source, run }: Run,
  rows: readonly StagedRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const lines = rows.map(({ role, ordinal, keyIndex, contentIndex, identityIndex, sealed }) => {
    const indexes = `${keyIndex}\t${copyText(contentIndex ?? null)}\t${copyText(identityIndex ?? null)}`;
    return `${source}\t${run}\t${role}\t${ordinal}\t${indexes}\t${copyBytes(sealed ?? null)}`;
  });
  await database.transaction((connection) =>
    copyLines(
      connection,
      'pulled_rows_staged (source, run, role, ordinal, key_index, content_index, identity_index, sealed)',
      lines,
    ),
  );
}

/** Tells the planner how many rows are staged: it takes them for one, and joins of large runs would never end. */
export async function analyseStaged(sql: Sql): Promise<void> {
  await sql.query('analyze pulled_rows_staged');
}

/** Forgets what runs of a source have left behind; nobody else pulls it meanwhile. */
export async function clearStaged(sql: Sql, source: string): Promise<void> {
  await sql.query('delete from pulled_rows_staged where source = $1', [source]);
}

/** Counts the rows of a run in a role: a run that was cleared by another worker is known by it. */
export async function countStaged(sql: Sql, { source, run }: Run, role: StagedRole): Promise<number> {
  const { rows } = await sql.query<{ count: number }>(
    'select count(*) as count from pulled_rows_staged where source = $1 and run = $2 and role = $3',
    [source, run, role],
  );
  return rows[0]?.count ?? 0;
}

export interface StagedSecret {
  readonly keyIndex: string;
  readonly sealed: Buffer;
}

/** The place before every row of a run. */
export const FIRST_KEY = '00000000-0000-0000-0000-000000000000';

/** Reads what is sealed in the rows of a role, in the order of their keys, at most `limit` behind `after`. */
export async function readStaged(
  sql: Sql,
  { source, run, role }: Run & { role: StagedRole },
  page: { after: string; limit: number },
): Promise<StagedSecret[]> {
  const { rows } = await sql.query(
    `select key_index as "keyIndex", sealed from pulled_rows_staged
     where source = $1 and run = $2 and role = $3 and key_index > $4 order by key_index limit $5`,
    [source, run, role, page.after, page.limit],
  );
  return rows as unknown as StagedSecret[];
}
