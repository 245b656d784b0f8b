// Everything sealed in the database: each bytea column named `sealed` or `sealed_…`, as the catalogue of PostgreSQL
// has them. Read and replaced by stretches of a table's pages, whatever the table; a value that somebody else
// has changed meanwhile is left to the next look.
import { boundLocks, isLockTimeout } from './bounded-locks.js';
import type { Connection, Database, Sql } from './pool.js';

export interface SealedColumn {
  readonly table: string;
  readonly column: string;
}

/** `1 byte version, 4 bytes key id` stand in front of everything sealed. */
const KEY_ID = (column: string): string => `encode(substring(${column} from 2 for 4), 'hex')`;
const PAGES = 64;
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Lists the columns that hold sealed values. */
export async function sealedColumns(sql: Sql): Promise<SealedColumn[]> {
  const { rows } = await sql.query(
    `select c.table_name as "table", c.column_name as "column"
     from information_schema.columns c
     join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = current_schema() and t.table_type = 'BASE TABLE'
       and c.data_type = 'bytea' and (c.column_name = 'sealed' or c.column_name like 'sealed\_%')
     order by 1, 2`,
  );
  return rows as never;
}

/** Counts the values of a column by the key that they were sealed with. */
export async function countByKey(
  sql: Sql,
  { table, column }: SealedColumn,
): Promise<{ keyId: string; count: number }[]> {
  const name = quoted(column);
  const { rows } = await sql.query(
    `select ${KEY_ID(name)} as "keyId", count(*) as count from ${quoted(table)}
     where ${name} is not null group by 1 order by 1`,
  );
  return rows as never;
}

/** Seals anew what was sealed with one of the keys, a stretch at a time, each in a statement of its own; gives how many it found, moved meanwhile or not. */
export async function resealColumn(
  database: Database,
  { table, column }: SealedColumn,
  needs: { readonly keyIds: readonly string[]; readonly reseal: (sealed: Buffer) => Buffer },
): Promise<number> {
  let found = 0;
  const pages = await pagesOf(database, table);
  for (let from = 0; from < pages; from += PAGES) {
    const { rows } = await database.query<{ place: string; sealed: Buffer }>(
      `select ctid::text as place, ${quoted(column)} as sealed from ${quoted(table)}
       where ctid >= $1::tid and ctid < $2::tid and ${KEY_ID(quoted(column))} = any($3)`,
      [`(${from},0)`, `(${from + PAGES},0)`, needs.keyIds],
    );
    if (rows.length === 0) continue;
    await database.query(
      `update ${quoted(table)} held set ${quoted(column)} = given.new
       from unnest($1::tid[], $2::bytea[], $3::bytea[]) as given (place, old, new)
       where held.ctid = given.place and held.${quoted(column)} = given.old`,
      [
        rows.map(({ place }) => place),
        rows.map(({ sealed }) => sealed),
        rows.map((row) => needs.reseal(row.sealed)),
      ],
    );
    found += rows.length;
  }
  return found;
}

/** Waits until nobody who began before is still writing sealed values: what they wrote can be seen afterwards. False where a table took longer than `atMostMs`: until then whoever comes to write waits behind it. */
export async function awaitWriters(
  database: Database,
  columns: readonly SealedColumn[],
  atMostMs: number,
): Promise<boolean> {
  const bounded = boundLocks(database, atMostMs);
  try {
    for (const { table } of columns)
      await bounded.transaction((sql) => sql.query(`lock table ${quoted(table)} in share mode`));
  } catch (error) {
    if (isLockTimeout(error)) return false;
    throw error;
  }
  return true;
}

const RING_LOCK = 727_004;

/** Runs `work` in a transaction while no other process changes the data keys. */
export function withKeysLocked<T>(database: Database, work: (sql: Connection) => Promise<T>): Promise<T> {
  return database.transaction(async (sql) => {
    await sql.query('select pg_advisory_xact_lock($1)', [RING_LOCK]);
    return work(sql);
  });
}

async function pagesOf(sql: Sql, table: string): Promise<number> {
  const { rows } = await sql.query<{ pages: number }>(
    `select pg_relation_size($1::regclass) / current_setting('block_size')::int as pages`,
    [quoted(table)],
  );
  return rows[0]?.pages ?? 0;
}
