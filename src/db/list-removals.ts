// What is stored of entries in lists and their removals, as far as one has to find the other.
import type { Connection, Sql } from './pool.js';

/** An entry: who it is about, and the document number of its decision. */
export interface ListEntry {
  readonly subject: string;
  readonly documentNumber: string;
}

export interface RemovalFound extends ListEntry {
  /** Of the removal. */
  readonly recordId: string;
}

/** Both of them look for the other in their tables: of two that come at the same moment neither would find it. */
const LISTS_LOCK = 727_006;

/** Lets one transaction at a time look for entries and removals of an agency and type, to its end; to be taken before anything is read. */
export async function lockLists(
  sql: Connection,
  { agency, recordType }: { readonly agency: string; readonly recordType: string },
): Promise<void> {
  await sql.query('select pg_advisory_xact_lock($1, hashtext($2))', [LISTS_LOCK, `${agency}/${recordType}`]);
}

/** Reads the removals in force of these entries, for one record type. */
export async function readRemovals(
  sql: Sql,
  recordType: string,
  entries: readonly ListEntry[],
): Promise<RemovalFound[]> {
  if (entries.length === 0) return [];
  const { rows } = await sql.query(
    `select wanted.subject, wanted.document_number as "documentNumber", v.record_id as "recordId"
     from unnest($1::text[], $2::text[]) as wanted (subject, document_number)
     cross join lateral
       (select r.record_id from record_versions r
        where r.subject = wanted.subject and r.removes = wanted.document_number and r.operation = 'u'
          and not exists (select from record_versions e where e.record_id = r.record_id and e.version > r.version)
          and (select c.record_type from chunks c where c.id = r.chunk_id) = $3
        offset 0) v`,
    [...pairsOf(entries), recordType],
  );
  return rows as unknown as RemovalFound[];
}

/** Gives those of the entries that an agency's records of a type had once and have no longer. */
export async function readEndedEntries(
  sql: Sql,
  owner: { readonly agency: string; readonly recordType: string },
  entries: readonly ListEntry[],
): Promise<ListEntry[]> {
  if (entries.length === 0) return [];
  const { rows } = await sql.query(
    `select wanted.subject, wanted.document_number as "documentNumber"
     from unnest($1::text[], $2::text[]) as wanted (subject, document_number)
     where exists (select from record_versions r
       where r.subject = wanted.subject and r.document_number = wanted.document_number and r.operation = 'd'
         and (select (c.record_type, c.agency) = ($3, $4) from chunks c where c.id = r.chunk_id))`,
    [...pairsOf(entries), owner.recordType, owner.agency],
  );
  return rows as unknown as ListEntry[];
}

function pairsOf(entries: readonly ListEntry[]): [string[], string[]] {
  return [entries.map(({ subject }) => subject), entries.map(({ documentNumber }) => documentNumber)];
}
