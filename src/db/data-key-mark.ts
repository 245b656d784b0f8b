// The mark that the data key leaves in the database: the first one is the one for good, for record ids derive from it.
import type { Sql } from './pool.js';

/** Tells whether a mark (32 hexadecimal digits) is that of this database, and makes it so where there is none yet. */
export async function isOwnMark(sql: Sql, mark: string): Promise<boolean> {
  await sql.query('insert into data_key_mark (mark) values ($1) on conflict do nothing', [mark]);
  const { rowCount } = await sql.query('select from data_key_mark where mark = $1', [mark]);
  return rowCount === 1;
}
