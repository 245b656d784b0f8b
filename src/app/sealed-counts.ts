// How much is sealed with which data key, by key id: values of each sealed column, and originals.
import { countByKey, sealedColumns } from '../db/sealed-columns.js';
import type { Database, Sql } from '../db/pool.js';
import { originalKeys } from '../platform/original-keys.js';
import { NOTHING_CHANGED, withBoundedLocks } from './bounded-locks.js';

/** Key id → place → number; a place is `table.column` or `originals`. */
export type SealedCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Counts everything that is sealed; throws `data-key.busy`. */
export function sealedCounts(database: Database, originalsDir: string): Promise<SealedCounts> {
  return withBoundedLocks({ database, left: NOTHING_CHANGED }, (sql) => countAll(sql, originalsDir));
}

async function countAll(sql: Sql, originalsDir: string): Promise<SealedCounts> {
  const counts: Record<string, Record<string, number>> = {};
  const add = (keyId: string, place: string, count: number): void => {
    const places = (counts[keyId] ??= {});
    places[place] = (places[place] ?? 0) + count;
  };
  for (const column of await sealedColumns(sql))
    for (const { keyId, count } of await countByKey(sql, column))
      add(keyId, `${column.table}.${column.column}`, count);
  for await (const { keyId } of originalKeys(originalsDir)) add(keyId, 'originals', 1);
  return counts;
}
