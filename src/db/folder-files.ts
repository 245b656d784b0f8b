// The files that lie in the folder of a source, as they were last looked at. A file that looks different is
// another file: what was known of it is forgotten.
import { SETTLED_FOR_PULLS, type BatchState } from '../core/words.js';
import type { Sql } from './pool.js';

export interface FileKey {
  readonly source: string;
  /** As the file system gives it; masked, with a keyed index behind it, where it holds a personal number. */
  readonly name: Buffer;
}

export interface FileLook {
  readonly name: Buffer;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
}

export interface FolderFile extends FileLook {
  /** When it was first seen as it looks now. */
  readonly firstSeenAt: Date;
  readonly sha256: string | null;
  /** When the inode was last changed, at the time the bytes were hashed. */
  readonly changedMs: number | null;
  readonly batch: { readonly id: string; readonly status: BatchState } | null;
  /** Where the file goes, relative to its folder. */
  readonly target: string | null;
}

/** Reads what is known of the files of a source. */
export async function readFolderFiles(sql: Sql, source: string): Promise<FolderFile[]> {
  const { rows } = await sql.query(
    `select f.name, f.size, f.modified_ms as "modifiedMs", f.first_seen_at as "firstSeenAt", f.sha256,
       f.changed_ms as "changedMs", f.target,
       case when b.id is not null then json_build_object('id', b.id, 'status', b.status) end as batch
     from folder_files f left join batches b on b.id = f.batch_id where f.source = $1`,
    [source],
  );
  return rows as unknown as FolderFile[];
}

/** Notes files that are new or look different than before. */
export async function noteLooks(
  sql: Sql,
  source: string,
  seen: { files: readonly FileLook[]; at: Date },
): Promise<void> {
  await sql.query(
    `insert into folder_files (source, name, size, modified_ms, first_seen_at)
     select $1, name, size, modified_ms, $2
     from unnest($3::bytea[], $4::bigint[], $5::double precision[]) as seen (name, size, modified_ms)
     on conflict (source, name) do update set size = excluded.size, modified_ms = excluded.modified_ms,
       first_seen_at = excluded.first_seen_at, sha256 = null, changed_ms = null, batch_id = null, target = null`,
    [
      source,
      seen.at,
      seen.files.map(({ name }) => name),
      seen.files.map(({ size }) => size),
      seen.files.map(({ modifiedMs }) => modifiedMs),
    ],
  );
}

/** Notes what the bytes of a file are; where they were others before, its batch is no longer its own. */
export async function noteDigest(
  sql: Sql,
  { source, name }: FileKey,
  digest: { sha256: string; changedMs: number },
): Promise<void> {
  await sql.query(
    `update folder_files set sha256 = $3, changed_ms = $4,
       batch_id = case when sha256 = $3 then batch_id end, target = case when sha256 = $3 then target end
     where source = $1 and name = $2`,
    [source, name, digest.sha256, digest.changedMs],
  );
}

/**
 * Ties a file to the batch that its bytes become; to be called in the transaction that stores the batch. A batch
 * that settled before is not the file's own. False where the bytes are others, or somebody else has taken the file.
 */
export async function tieToBatch(
  sql: Sql,
  { source, name }: FileKey,
  tie: { batchId: string; instead: string | null },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update folder_files f set batch_id = case when b.status = any($5) then f.batch_id else b.id end
     from batches b
     where b.id = $3 and b.sha256 = f.sha256 and f.source = $1 and f.name = $2
       and f.batch_id is not distinct from $4`,
    [source, name, tie.batchId, tie.instead, SETTLED_FOR_PULLS],
  );
  return rowCount === 1;
}

/** Notes where a file goes, before anything is written there. */
export async function noteTarget(sql: Sql, { source, name }: FileKey, target: string): Promise<void> {
  await sql.query('update folder_files set target = $3 where source = $1 and name = $2', [
    source,
    name,
    target,
  ]);
}

/** Forgets files that have left the folder. */
export async function forgetFiles(sql: Sql, source: string, names: readonly Buffer[]): Promise<void> {
  await sql.query('delete from folder_files where source = $1 and name = any($2::bytea[])', [source, names]);
}

/** Tells when the way in of a source last ran to its end, well or not; null where it never did. */
export async function readLastPullAt(sql: Sql, source: string): Promise<Date | null> {
  const { rows } = await sql.query<{ finished_at: Date | null }>(
    'select finished_at from source_pulls where source = $1',
    [source],
  );
  return rows[0]?.finished_at ?? null;
}
