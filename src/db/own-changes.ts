// Changes that the gateway makes itself, without a batch: they go through the change log like any other, as the
// record's owner. Two steps, so that positions are given out in the last statement of the transaction.
import type { Connection } from './pool.js';

export type OwnOrigin = 'ended' | 'withdrawal' | 'reinstatement';

/** The current version of a record that is to end. */
export interface EndingVersion {
  readonly recordId: string;
  readonly version: number;
  /** The owner of the record. */
  readonly agency: string;
  readonly recordType: string;
}

/** Why somebody changed a record by itself, and who did, as in the audit log. */
export interface OwnDecision {
  readonly by: string;
  readonly reason: string;
}

export interface OwnChunk {
  readonly id: number;
  readonly agency: string;
  readonly recordType: string;
  readonly changes: number;
}

/** Writes a version that ends the record after each of these; fails with a unique violation where one is no longer current. */
export async function writeOwnEndings(
  connection: Connection,
  endings: {
    origin: Exclude<OwnOrigin, 'reinstatement'>;
    at: Date;
    versions: readonly EndingVersion[];
    decision?: OwnDecision;
  },
): Promise<OwnChunk[]> {
  const chunks: OwnChunk[] = [];
  for (const versions of byOwner(endings.versions)) {
    const { agency, recordType } = versions[0] as EndingVersion;
    const chunk = await openOwnChunk(connection, {
      ...endings,
      agency,
      recordType,
      changes: versions.length,
    });
    await insertEndings(connection, { chunkId: chunk.id, at: endings.at, versions });
    chunks.push(chunk);
  }
  return chunks;
}

/**
 * Writes the version `said` of a record again behind its current one; undefined where what it said is gone. Its place
 * in order is right behind all that is known of the record: what was said before its withdrawal stays behind.
 */
export async function writeOwnReinstatement(
  connection: Connection,
  again: { at: Date; decision: OwnDecision; current: EndingVersion; said: number },
): Promise<OwnChunk | undefined> {
  const { current, said } = again;
  const chunk = await openOwnChunk(connection, { ...again, ...current, origin: 'reinstatement', changes: 1 });
  const { rowCount } = await connection.query(
    `insert into record_versions (record_id, version, chunk_id, ordinal, row_number, operation, ordered_at,
       content_hash, subject, document_number, name_key, data, sealed, ends_on, openness, removes)
     select record_id, $2 + 1, $3, 0, 0, 'u',
       (select max(ordered_at) + interval '1 millisecond' from record_versions known where known.record_id = $1),
       content_hash, subject, document_number, name_key, data, sealed, ends_on, openness, removes
     from record_versions where record_id = $1 and version = $4 and data <> '{}'`,
    [current.recordId, current.version, chunk.id, said],
  );
  return rowCount === 1 ? chunk : undefined;
}

async function openOwnChunk(
  connection: Connection,
  chunk: Omit<OwnChunk, 'id'> & { origin: OwnOrigin; at: Date; decision?: OwnDecision },
): Promise<OwnChunk> {
  const { origin, at, decision, agency, recordType, changes } = chunk;
  const { rows } = await connection.query<{ id: number }>(
    `insert into chunks (batch_id, number, agency, record_type, changes, last_row, committed_at, origin, reason, decided_by)
     values (null, 0, $1, $2, $3, 0, $4, $5, $6, $7) returning id`,
    [agency, recordType, changes, at, origin, decision?.reason ?? null, decision?.by ?? null],
  );
  return { id: rows[0]?.id as number, agency, recordType, changes };
}

/** An end keeps who and what the record was about, and nothing of what was said. */
async function insertEndings(
  connection: Connection,
  endings: { chunkId: number; at: Date; versions: readonly EndingVersion[] },
): Promise<void> {
  const { chunkId, at, versions } = endings;
  await connection.query(
    `insert into record_versions (record_id, version, chunk_id, ordinal, row_number, operation, ordered_at,
       content_hash, subject, document_number, name_key, data, openness)
     select v.record_id, v.version + 1, $1, w.ordinal - 1, 0, 'd', $2, v.content_hash, v.subject, v.document_number, v.name_key, '{}', v.openness
     from unnest($3::uuid[], $4::integer[]) with ordinality as w (record_id, version, ordinal)
     cross join lateral (select * from record_versions r
                         where r.record_id = w.record_id and r.version = w.version limit 1) v
     order by w.ordinal`,
    [chunkId, at, versions.map((each) => each.recordId), versions.map((each) => each.version)],
  );
}

/** Gives the changes their positions: the last statement of the transaction that wrote them. */
export async function assignOwnPositions(connection: Connection, chunks: readonly OwnChunk[]): Promise<void> {
  await connection.query(
    'select assign_positions(id, changes) from unnest($1::bigint[], $2::integer[]) as own (id, changes)',
    [chunks.map(({ id }) => id), chunks.map(({ changes }) => changes)],
  );
}

/** Groups versions by owner and type, records in one order everywhere, so that no two transactions wait in a circle. */
function byOwner(versions: readonly EndingVersion[]): EndingVersion[][] {
  const groups = new Map<string, EndingVersion[]>();
  const ordered = [...versions].sort((a, b) => (a.recordId < b.recordId ? -1 : 1));
  for (const version of ordered) {
    const key = `${version.agency}\n${version.recordType}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [version]);
    else group.push(version);
  }
  return [...groups.values()];
}
