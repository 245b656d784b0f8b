// How far the keys by which records are searched have been filled in for what was stored before there were such keys.
// Along the positions, which are given out in the order of commits: what is behind the mark can change no more.
import type { Connection, Sql } from './pool.js';

export interface UnfilledChunk {
  readonly id: number;
  readonly lastPosition: number;
  readonly recordType: string;
  readonly committedAt: Date;
}

export interface UnfilledVersion {
  readonly recordId: string;
  readonly version: number;
  /** Whether what it removes can be told: it is a state of its own that says something. */
  readonly isOwn: boolean;
  /** What it says, else what another version of its record says last, for the name is the same; null where nothing of it is kept. */
  readonly data: string | null;
  readonly sealed: Buffer | null;
}

export interface FilledVersion {
  readonly recordId: string;
  readonly version: number;
  readonly nameKey: number | null;
  readonly removes: string | null;
}

/** Takes the mark until the transaction ends; undefined where all is done, or another process has it. */
export async function takeMark(sql: Connection): Promise<number | undefined> {
  const { rows } = await sql.query<{ at: number }>(
    'select done_to as at from search_backfill where not finished for update skip locked',
  );
  return rows[0]?.at;
}

/** Tells whether nothing is left to fill in: a look at one row. */
export async function isFilledIn(sql: Sql): Promise<boolean> {
  const { rows } = await sql.query<{ finished: boolean }>('select finished from search_backfill');
  return rows[0]?.finished === true;
}

/** Gives the first chunk behind a position; undefined where there is none. */
export async function nextChunk(sql: Sql, after: number): Promise<UnfilledChunk | undefined> {
  const { rows } = await sql.query(
    `select id, last_position as "lastPosition", record_type as "recordType", committed_at as "committedAt"
     from chunks where changes > 0 and first_position > $1 order by first_position limit 1`,
    [after],
  );
  return rows[0] as unknown as UnfilledChunk | undefined;
}

/** Reads the versions of a chunk that lack the key of their name, and where its type has removals what they may remove. */
export async function readUnfilled(
  sql: Sql,
  chunk: { readonly id: number; readonly hasRemovals: boolean },
): Promise<UnfilledVersion[]> {
  const { rows } = await sql.query(
    `select v.record_id as "recordId", v.version, v.operation = 'u' and v.data <> '{}' as "isOwn", said.data, said.sealed
     from record_versions v
     left join lateral
       (select data, sealed from record_versions r where r.record_id = v.record_id and r.data <> '{}'
        order by r.version = v.version desc, r.version desc limit 1) said on true
     where v.chunk_id = $1 and (v.name_key is null or ($2 and v.removes is null and v.operation = 'u'))`,
    [chunk.id, chunk.hasRemovals],
  );
  return rows as unknown as UnfilledVersion[];
}

/** Fills in what versions lack; what they have stays. */
export async function fillVersions(sql: Sql, versions: readonly FilledVersion[]): Promise<void> {
  if (versions.length === 0) return;
  await sql.query(
    `update record_versions v set name_key = coalesce(v.name_key, given.name_key),
       removes = coalesce(v.removes, given.removes)
     from unnest($1::uuid[], $2::integer[], $3::bigint[], $4::text[]) as given (record_id, version, name_key, removes)
     where v.record_id = given.record_id and v.version = given.version`,
    [
      versions.map(({ recordId }) => recordId),
      versions.map(({ version }) => version),
      versions.map(({ nameKey }) => nameKey),
      versions.map(({ removes }) => removes),
    ],
  );
}

/** Moves the mark behind a position. */
export async function moveMark(sql: Connection, to: number): Promise<void> {
  await sql.query('update search_backfill set done_to = $1', [to]);
}

/** Notes that nothing is left to fill in. */
export async function finishBackfill(sql: Sql): Promise<void> {
  await sql.query('update search_backfill set finished = true');
}
