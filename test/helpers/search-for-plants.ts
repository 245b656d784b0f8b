// Where planted ID numbers may have got to: every table of a database as a dump shows it, and files.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Database } from '../../src/db/pool.js';
import type { Plants } from './planted-numbers.js';

/** Every row of every table as text, bytes as hexadecimal digits. */
export async function dumpTables(database: Database): Promise<{ table: string; text: string }[]> {
  const { rows: tables } = await database.query<{ name: string }>(
    `select quote_ident(table_name) as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  const dumped: { table: string; text: string }[] = [];
  for (const { name } of tables) {
    const { rows } = await database.query<{ text: string }>(`select t::text as text from ${name} t`);
    dumped.push({ table: name, text: rows.map(({ text }) => text).join('\n') });
  }
  return dumped;
}

/** The files below a folder, but for the key of the data. */
export function filesBelow(folder: string): { name: string; bytes: Buffer }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'data-key.json')
    .map((entry) => ({
      name: path.relative(folder, path.join(entry.parentPath, entry.name)),
      bytes: readFileSync(path.join(entry.parentPath, entry.name)),
    }));
}

/** Collects what is found where; a place that was searched is counted. */
export function createSearch(plants: Plants): {
  in: (where: string, bytes: string | Buffer) => void;
  readonly found: () => string[];
} {
  const found = new Set<string>();
  return {
    in: (where, bytes) => {
      for (const what of plants.foundIn(bytes)) found.add(`${where}: ${what}`);
    },
    found: () => [...found].sort(),
  };
}
