// Finds records by what is stored of them. A record is found where one of its versions meets all criteria; it is given
// once, at the position of the last such version, and as it stands now. Positions have no holes, so a page never
// misses what was there when its search began.
import type { RecordKeys } from '../core/record-criteria.js';
import type { OwnOrigin } from './own-changes.js';
import type { Sql } from './pool.js';

export interface FoundRecord {
  /** Of the last version that meets the criteria. */
  readonly position: number;
  readonly recordId: string;
  readonly agency: string;
  readonly recordType: string;
  readonly version: number;
  readonly operation: 'u' | 'd';
  readonly origin: 'delivery' | OwnOrigin;
  readonly subject: string;
  readonly documentNumber: string;
  readonly endsOn: string | null;
  /** Level of openness; null where nothing is narrower than the catalogue. */
  readonly openness: number | null;
  readonly changedAt: Date;
  readonly batchId: string | null;
  readonly row: number;
  /** What was last said, personal numbers masked; null where nothing of it is kept. */
  readonly data: string | null;
}

export interface SearchPage {
  readonly keys: RecordKeys;
  /** Behind this position. */
  readonly after: number;
  readonly limit: number;
}

const [AGENCY, TYPE, BATCH, POSITION, SUBJECTS, DOCUMENTS, NAME, AFTER, LIMIT] = [1, 2, 3, 4, 5, 6, 7, 8, 9];

const CHUNK_MEETS = (c: string): string => `($${AGENCY}::text is null or ${c}.agency = $${AGENCY})
  and ($${TYPE}::text is null or ${c}.record_type = $${TYPE})
  and ($${BATCH}::uuid is null or ${c}.batch_id = $${BATCH})`;
const VERSION_MEETS = (v: string, c: string): string => `
  ($${POSITION}::bigint is null or ${c}.first_position + ${v}.ordinal = $${POSITION})
  and ($${SUBJECTS}::text[] is null or ${v}.subject = any($${SUBJECTS}))
  and ($${DOCUMENTS}::text[] is null or ${v}.document_number = any($${DOCUMENTS}))
  and ($${NAME}::bigint is null or ${v}.name_key = $${NAME})`;
const IS_LAST = `not exists (select from record_versions l join chunks lc on lc.id = l.chunk_id
  where l.record_id = v.record_id and l.version > v.version and ${CHUNK_MEETS('lc')} and ${VERSION_MEETS('l', 'lc')})`;

/** By an index of the versions: what it gives is few, and is put in order afterwards. */
const byVersion = (isWanted: string): string => `
  select v.record_id, c.first_position + v.ordinal as position
  from (select record_id, version, chunk_id, ordinal, subject, document_number, name_key from record_versions
        where ${isWanted} offset 0) v
  join chunks c on c.id = v.chunk_id
  where ${CHUNK_MEETS('c')} and ${VERSION_MEETS('v', 'c')} and c.first_position + v.ordinal > $${AFTER} and ${IS_LAST}
  order by 2 limit $${LIMIT}`;

/** Along the change log: chunk by chunk, as far as the page needs. */
const byChunk = (isWanted: string): string => `
  select v.record_id, c.first_position + v.ordinal as position
  from (select * from chunks where changes > 0 and last_position > $${AFTER} and ${isWanted} and ${CHUNK_MEETS('chunks')}
        order by first_position) c
  cross join lateral
    (select v.record_id, v.ordinal from record_versions v
     where v.chunk_id = c.id and v.ordinal > greatest($${AFTER}::bigint - c.first_position, -1)::integer
       and ${VERSION_MEETS('v', 'c')} and ${IS_LAST}
     order by v.ordinal limit $${LIMIT}) v
  order by c.first_position, v.ordinal limit $${LIMIT}`;

/** Names the way that looks at the least. */
function wayOf(keys: RecordKeys): string {
  if (keys.subjects !== null) return byVersion(`subject = any($${SUBJECTS}::text[])`);
  if (keys.documentNumbers !== null) return byVersion(`document_number = any($${DOCUMENTS}::text[])`);
  if (keys.nameKey !== null) return byVersion(`name_key = $${NAME}::bigint`);
  if (keys.position !== null)
    return byChunk(
      `id = (select id from chunks where changes > 0 and first_position <= $${POSITION}::bigint
             order by first_position desc limit 1)`,
    );
  return byChunk('true');
}

/** Reads the next records that meet the criteria, in order of position, at most `limit`. */
export async function searchRecords(sql: Sql, { keys, after, limit }: SearchPage): Promise<FoundRecord[]> {
  const { rows } = await sql.query(
    `with found as materialized (${wayOf(keys)})
     select f.position, f.record_id as "recordId", c.agency, c.record_type as "recordType", v.version, v.operation, c.origin,
            v.subject, v.document_number as "documentNumber", to_char(v.ends_on, 'YYYY-MM-DD') as "endsOn", v.openness,
            c.committed_at as "changedAt", c.batch_id as "batchId", v.row_number as row, said.data
     from found f
     cross join lateral
       (select * from record_versions r where r.record_id = f.record_id order by r.version desc limit 1) v
     join chunks c on c.id = v.chunk_id
     left join lateral
       (select data from record_versions r where r.record_id = f.record_id and r.data <> '{}'
        order by r.version desc limit 1) said on true
     order by f.position`,
    [
      keys.agency,
      keys.type,
      keys.batch,
      keys.position,
      keys.subjects,
      keys.documentNumbers,
      keys.nameKey,
      after,
      limit,
    ],
  );
  return rows as unknown as FoundRecord[];
}
