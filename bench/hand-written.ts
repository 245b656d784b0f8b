// The yardstick a user would write by hand: csv-parse, ajv over a plain schema, multi-row
// INSERT … ON CONFLICT. It normalises nothing, keeps no versions and explains no fault.
import { createReadStream } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'csv-parse';
import type { Database } from '../src/db/pool.js';

const ROWS_A_STATEMENT = 1000;

const SCHEMA = {
  type: 'object',
  required: ['CF_XDR_MC', 'CF_WSH', 'CF_JDRQ', 'CF_CFJG'],
  properties: {
    CF_XDR_MC: { type: 'string', minLength: 1, maxLength: 200 },
    CF_XDR_SHXYM: { type: 'string', pattern: '^[0-9A-HJ-NPQRTUWXY]{18}$' },
    CF_WSH: { type: 'string', minLength: 1, maxLength: 128 },
    CF_JDRQ: { type: 'string', pattern: '^\\d{4}/\\d{2}/\\d{2}$' },
    CF_NR: { type: 'string', maxLength: 4000 },
  },
};

/** Runs the hand-written pipeline over a CSV; gives the rows it stored. */
export async function runHandWritten(database: Database, path: string): Promise<number> {
  await database.query('drop table if exists hand_written');
  await database.query(
    'create table hand_written (document text, name text, data jsonb, primary key (document, name))',
  );
  const validate = new Ajv2020({ allErrors: true }).compile(SCHEMA);
  let values: string[] = [];
  let stored = 0;
  const flush = async (): Promise<void> => {
    if (values.length === 0) return;
    const places = Array.from(
      { length: values.length / 3 },
      (_, i) => `($${i * 3 + 1}, $${i * 3 + 2}, $${i * 3 + 3})`,
    );
    const { rowCount } = await database.query(
      `insert into hand_written values ${places.join(',')} on conflict (document, name) do update set data = excluded.data`,
      values,
    );
    stored += rowCount ?? 0;
    values = [];
  };
  const rows = createReadStream(path).pipe(parse({ columns: true, bom: true }));
  for await (const row of rows as AsyncIterable<Record<string, string>>) {
    if (!validate(row)) continue;
    values.push(row['CF_WSH'] ?? '', row['CF_XDR_MC'] ?? '', JSON.stringify(row));
    if (values.length === ROWS_A_STATEMENT * 3) await flush();
  }
  await flush();
  return stored;
}
