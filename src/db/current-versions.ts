// Looks up what is stored about the records of a chunk. `lateral … limit 1`, and a chunk asked for by a subquery
// of its own, keep the plan an index look-up per key, whatever the statistics say: a join is taken the other way
// round while a young table has none, and then costs as much as there are chunks.
import type { Sql } from './pool.js';

/** The current version of a record, as far as a verdict needs it. */
export interface CurrentVersion {
  readonly recordId: string;
  readonly version: number;
  readonly operation: 'u' | 'd';
  readonly contentHash: string;
  readonly subject: string;
  readonly documentNumber: string;
  readonly nameKey: number | null;
  readonly agency: string;
  /** 0 where the gateway itself wrote the version. */
  readonly batchNumber: number;
  /** The place of that batch in the order of versions: a replay has that of its original. */
  readonly orderNumber: number;
  readonly orderedAtMs: number;
  readonly row: number;
  /** Level of openness; null where nothing is narrower than the catalogue. */
  readonly openness: number | null;
  /** Its last day, `YYYY-MM-DD`; null where nothing ends it. */
  readonly endsOn: string | null;
}

const CURRENT = `
  select v.record_id as "recordId", v.version, v.operation, replace(v.content_hash::text, '-', '') as "contentHash",
         v.subject, v.document_number as "documentNumber", v.name_key as "nameKey", c.agency, coalesce(b.number, 0) as "batchNumber",
         coalesce(b.order_number, b.number, 0) as "orderNumber",
         (extract(epoch from v.ordered_at) * 1000)::bigint as "orderedAtMs", v.row_number as "row",
         v.openness, v.ends_on::text as "endsOn"
  from unnest($1::uuid[]) as wanted (id)
  cross join lateral
    (select * from record_versions r where r.record_id = wanted.id order by r.version desc limit 1) v
  join chunks c on c.id = v.chunk_id
  left join batches b on b.id = c.batch_id`;

/** Reads the current versions of these records; unknown ids are left out. */
export async function readCurrentVersions(sql: Sql, recordIds: readonly string[]): Promise<CurrentVersion[]> {
  if (recordIds.length === 0) return [];
  const { rows } = await sql.query(CURRENT, [recordIds]);
  return rows as unknown as CurrentVersion[];
}

const BY_DOCUMENT = `
  select wanted.subject, wanted.document_number as "documentNumber", v.record_id as "recordId"
  from unnest($1::text[], $2::text[]) as wanted (subject, document_number)
  cross join lateral
    (select r.record_id from record_versions r
     where r.subject = wanted.subject and r.document_number = wanted.document_number and r.operation = 'u'
       and not exists (select from record_versions e where e.record_id = r.record_id and e.version > r.version)
       and (select c.record_type from chunks c where c.id = r.chunk_id) = $3
     offset 0) v`;

export interface DocumentHolder {
  readonly subject: string;
  readonly documentNumber: string;
  readonly recordId: string;
}

/** Reads which records in force hold each pair of subject and document number, for one record type. */
export async function readDocumentHolders(
  sql: Sql,
  recordType: string,
  documents: readonly { subject: string; documentNumber: string }[],
): Promise<DocumentHolder[]> {
  if (documents.length === 0) return [];
  const { rows } = await sql.query(BY_DOCUMENT, [
    documents.map((document) => document.subject),
    documents.map((document) => document.documentNumber),
    recordType,
  ]);
  return rows as unknown as DocumentHolder[];
}

/** Reads what a text field of the current versions of these records says. */
export async function readFieldOf(
  sql: Sql,
  field: string,
  recordIds: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await sql.query<{ id: string; value: string | null }>(
    `select v.record_id as id, v.data::json ->> $2 as value
     from unnest($1::uuid[]) as wanted (id)
     cross join lateral
       (select * from record_versions r where r.record_id = wanted.id order by r.version desc limit 1) v`,
    [recordIds, field],
  );
  return new Map(rows.flatMap(({ id, value }) => (value === null ? [] : [[id, value] as const])));
}
