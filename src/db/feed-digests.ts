// The places up to which the digest of a view of the feed is known.
import type { Sql } from './pool.js';

export interface DigestPlace {
  /** The digest is over the events behind `since` up to and including `position`. */
  readonly position: number;
  readonly since: number;
  readonly count: number;
  readonly digest: string;
}

/** Reads the last known place of a view up to a position; undefined where there is none. */
export async function readDigestPlace(
  sql: Sql,
  view: string,
  atMost: number,
): Promise<DigestPlace | undefined> {
  const { rows } = await sql.query(
    `select position, since, count, digest from feed_digests where view = $1 and position <= $2
     order by position desc limit 1`,
    [view, atMost],
  );
  return rows[0] as unknown as DigestPlace | undefined;
}

/** Reads the first place of a view that is not behind the beginning of what is kept. */
export async function readFirstDigestPlace(
  sql: Sql,
  view: string,
  atLeast: number,
): Promise<DigestPlace | undefined> {
  const { rows } = await sql.query(
    `select position, since, count, digest from feed_digests where view = $1 and position >= $2
     order by position limit 1`,
    [view, atLeast],
  );
  return rows[0] as unknown as DigestPlace | undefined;
}

/** Notes a place; whoever comes second has the same. */
export async function addDigestPlace(sql: Sql, view: string, place: DigestPlace): Promise<void> {
  await sql.query(
    `insert into feed_digests (view, position, since, count, digest) values ($1, $2, $3, $4, $5)
     on conflict do nothing`,
    [view, place.position, place.since, place.count, place.digest],
  );
}
