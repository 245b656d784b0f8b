// Changes in the change log, written by hand as a chunk's transaction writes them: a batch, its chunk, the
// versions, and the positions last.
import { randomUUID } from 'node:crypto';
import type { Connection, Database } from '../../src/db/pool.js';

export interface WrittenChange {
  readonly recordId: string;
  readonly version?: number;
  readonly operation?: 'u' | 'd';
  readonly data?: Readonly<Record<string, string | readonly string[]>>;
  readonly sealed?: Buffer;
  /** Level: 1 is shared, 2 on authorisation. */
  readonly openness?: 1 | 2;
}

export interface WrittenChunk {
  readonly changes: readonly WrittenChange[];
  readonly batchId?: string;
  readonly agency?: string;
  readonly recordType?: string;
  readonly committedAt?: Date;
  /** Runs in the chunk's transaction before the positions are given out, and after. */
  readonly before?: () => Promise<void>;
  readonly after?: () => Promise<void>;
}

/** Gives the n-th record id of a test. */
export function recordId(n: number): string {
  return `00000000-0000-8000-8000-${String(n).padStart(12, '0')}`;
}

/** Gives `count` first versions of different records, from the `from`-th on. */
export function firstVersions(count: number, from = 1): WrittenChange[] {
  return Array.from({ length: count }, (_, i) => ({ recordId: recordId(from + i) }));
}

/** Writes a chunk in one transaction; gives its batch. */
export async function writeChunk(database: Database, chunk: WrittenChunk): Promise<string> {
  const batchId = chunk.batchId ?? randomUUID();
  await database.transaction(async (sql) => {
    const chunkId = await openChunk(sql, batchId, chunk);
    await insertVersions(sql, chunkId, chunk.changes);
    await chunk.before?.();
    await sql.query('select assign_positions($1, $2)', [chunkId, chunk.changes.length]);
    await chunk.after?.();
  });
  return batchId;
}

async function openChunk(sql: Connection, batchId: string, chunk: WrittenChunk): Promise<number> {
  const { agency = 'market-regulation', recordType = 'administrative-penalty' } = chunk;
  const at = chunk.committedAt ?? new Date('2026-06-30T04:00:00Z');
  await sql.query(
    `insert into batches (id, source, agency, record_type, mapping, status, sha256, bytes, reading, received_at)
     values ($1, $2, $3, $4, 'any', 'processing', '', 0, '{}', $5) on conflict do nothing`,
    [batchId, `${agency}-any`, agency, recordType, at],
  );
  const { rows } = await sql.query<{ id: number }>(
    `insert into chunks (batch_id, number, agency, record_type, changes, last_row, committed_at)
     select $1, count(*) + 1, $2, $3, $4, 0, $5 from chunks where batch_id = $1 returning id`,
    [batchId, agency, recordType, chunk.changes.length, at],
  );
  return rows[0]!.id;
}

async function insertVersions(
  sql: Connection,
  chunkId: number,
  changes: readonly WrittenChange[],
): Promise<void> {
  await sql.query(
    `insert into record_versions (record_id, version, chunk_id, ordinal, row_number, operation, ordered_at,
       content_hash, subject, document_number, data, sealed, openness)
     select record_id, version, $1, ordinal - 1, ordinal + 1, operation::"char", now(), gen_random_uuid(), '', '', data, sealed, openness
     from unnest($2::uuid[], $3::int[], $4::text[], $5::text[], $6::bytea[], $7::int[])
       with ordinality as n (record_id, version, operation, data, sealed, openness, ordinal)`,
    [
      chunkId,
      changes.map((change) => change.recordId),
      changes.map((change) => change.version ?? 1),
      changes.map((change) => change.operation ?? 'u'),
      changes.map((change) => JSON.stringify(change.data ?? defaultData(change))),
      changes.map((change) => change.sealed ?? null),
      changes.map((change) => change.openness ?? null),
    ],
  );
}

function defaultData({ recordId: id, version = 1 }: WrittenChange): Record<string, string> {
  return {
    counterpartName: `天津测试${id.slice(-4)}有限公司`,
    decisionDocumentNumber: `津滨罚〔2026〕${id.slice(-4)}号`,
    remarks: `版本${version}`,
  };
}
