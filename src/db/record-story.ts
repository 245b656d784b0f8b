// All that is kept about one record, each kind in one statement for a page of versions. Nothing here knows by what
// right it is asked.
import type { ProblemCode } from '../core/problems.js';
import type { Severity } from '../core/words.js';
import type { OwnOrigin } from './own-changes.js';
import type { Sql } from './pool.js';

export interface RecordHead {
  readonly agency: string;
  readonly recordType: string;
  readonly version: number;
  readonly operation: 'u' | 'd';
  readonly origin: 'delivery' | OwnOrigin;
  readonly subject: string;
  readonly documentNumber: string;
  readonly endsOn: string | null;
  readonly openness: number | null;
  /** Versions of which a row is left. */
  readonly total: number;
  /** Everybody whom a version has been about. */
  readonly subjects: readonly string[];
}

/** Reads how a record stands; undefined where there is none. */
export async function readRecordHead(sql: Sql, recordId: string): Promise<RecordHead | undefined> {
  const { rows } = await sql.query(
    `select c.agency, c.record_type as "recordType", v.version, v.operation, c.origin, v.subject,
            v.document_number as "documentNumber", to_char(v.ends_on, 'YYYY-MM-DD') as "endsOn", v.openness,
            counted.total, counted.subjects
     from (select * from record_versions where record_id = $1 order by version desc limit 1) v
     join chunks c on c.id = v.chunk_id
     cross join (select count(*) as total, array_agg(distinct subject) as subjects
                 from record_versions where record_id = $1) counted`,
    [recordId],
  );
  return rows[0] as unknown as RecordHead | undefined;
}

export interface StoredState {
  readonly version: number;
  readonly operation: 'u' | 'd';
  readonly orderedAt: Date;
  readonly endsOn: string | null;
  readonly openness: number | null;
  /** Canonical JSON, personal numbers masked; `{}` where nothing is said, or no longer kept. */
  readonly data: string;
  readonly position: number;
  readonly committedAt: Date;
  readonly origin: 'delivery' | OwnOrigin;
  /** Whether another record's version of the same row ended this one. */
  readonly isEndOfEntry: boolean;
  /** Why somebody withdrew or reinstated the record by itself. */
  readonly reason: string | null;
  readonly row: number;
  /** Null where no batch brought the version. */
  readonly batchId: string | null;
  readonly source: string | null;
  readonly receivedAt: Date | null;
  readonly mapping: string | null;
  readonly mappingVersion: string | null;
  readonly fileName: string | null;
}

/** Reads the versions of a record behind one of them, oldest first, at most `limit`. */
export async function readStates(
  sql: Sql,
  page: { readonly recordId: string; readonly after: number; readonly limit: number },
): Promise<StoredState[]> {
  const { rows } = await sql.query(
    `select v.version, v.operation, v.ordered_at as "orderedAt", to_char(v.ends_on, 'YYYY-MM-DD') as "endsOn",
            v.openness, v.data, c.first_position + v.ordinal as position, c.committed_at as "committedAt", c.origin, c.reason,
            exists (select from record_versions b where b.chunk_id = v.chunk_id and b.ordinal = v.ordinal - 1
                      and b.row_number = v.row_number and v.operation = 'd' and c.origin = 'delivery') as "isEndOfEntry",
            v.row_number as row, c.batch_id as "batchId", b.source, b.received_at as "receivedAt", b.mapping,
            b.mapping_version as "mappingVersion", b.file_name as "fileName"
     from (select * from record_versions where record_id = $1 and version > $2 order by version limit $3) v
     join chunks c on c.id = v.chunk_id
     left join batches b on b.id = c.batch_id
     order by v.version`,
    [page.recordId, page.after, page.limit],
  );
  return rows as unknown as StoredState[];
}

export interface RowProblem {
  readonly batchId: string;
  readonly row: number;
  readonly code: ProblemCode;
  readonly column: string | null;
  readonly severity: Severity;
  readonly details: Record<string, string | number> | null;
}

/** Reads what is kept of the problems of rows. */
export async function readProblemsOfRows(
  sql: Sql,
  places: readonly { readonly batchId: string; readonly row: number }[],
): Promise<RowProblem[]> {
  const { rows } = await sql.query(
    `select p.batch_id as "batchId", p.row_number as row, p.code, p."column", p.severity, p.details
     from (select distinct * from unnest($1::uuid[], $2::bigint[]) as place (batch_id, row_number)) place
     join row_problems p on p.batch_id = place.batch_id and p.row_number = place.row_number
     order by p.batch_id, p.row_number, p.ordinal`,
    [places.map(({ batchId }) => batchId), places.map(({ row }) => row)],
  );
  return rows as unknown as RowProblem[];
}

export interface SentMessage {
  readonly position: number;
  readonly id: string;
  readonly destination: string;
  readonly state: string;
  readonly attempts: number;
  readonly resend: boolean;
  readonly narrowedFrom: string | null;
  readonly plannedAt: Date;
  readonly answeredAt: Date | null;
  readonly receiptId: string | null;
  readonly cityReceivedAt: Date | null;
  readonly cityCode: string | null;
  readonly cityMessage: string | null;
}

/** Of one position, the last ones: a change may be sent again and again. */
const MESSAGES_SHOWN = 50;

/** Reads the messages that hold these positions, oldest first. */
export async function readMessagesAt(sql: Sql, positions: readonly number[]): Promise<SentMessage[]> {
  const { rows } = await sql.query(
    `select p.position, m.id, m.destination, m.state, m.attempts, m.resend, m.narrowed_from as "narrowedFrom",
            m.planned_at as "plannedAt", m.answered_at as "answeredAt", m.receipt_id as "receiptId",
            m.city_received_at as "cityReceivedAt", m.city_code as "cityCode", m.city_message as "cityMessage"
     from unnest($1::bigint[]) p (position)
     cross join lateral
       (select * from messages m where message_span(m.positions) @> p.position and p.position = any(m.positions)
        order by m.number desc limit ${MESSAGES_SHOWN}) m
     order by p.position, m.number`,
    [positions],
  );
  return rows as unknown as SentMessage[];
}

export interface StoredRefusal {
  readonly position: number;
  readonly destination: string;
  readonly cityCode: string;
  readonly cityMessage: string;
  readonly refusedAt: Date;
}

/** Reads what destinations have refused of these positions. */
export async function readRefusalsAt(sql: Sql, positions: readonly number[]): Promise<StoredRefusal[]> {
  const { rows } = await sql.query(
    `select r.position, r.destination, r.city_code as "cityCode", r.city_message as "cityMessage",
            r.refused_at as "refusedAt"
     from destinations d cross join unnest($1::bigint[]) p (position)
     join refusals r on r.destination = d.id and r.position = p.position
     order by r.position, r.destination`,
    [positions],
  );
  return rows as unknown as StoredRefusal[];
}

export interface NoticeAbout {
  readonly id: string;
  readonly measure: string;
  readonly state: string;
  readonly receivedAt: Date;
}

const NOTICES_SHOWN = 100;

/** Reads the notices about subjects, newest first, with their true total; those of one agency where it is named. */
export async function readNoticesAbout(
  sql: Sql,
  about: { readonly subjects: readonly string[]; readonly agency: string | null },
): Promise<{ total: number; shown: NoticeAbout[] }> {
  const { rows } = await sql.query<Record<string, unknown> & { total: number }>(
    `select n.id, n.measure, n.state, n.received_at as "receivedAt", count(*) over () as total
     from notices n
     where n.subject = any($1) and n.subject <> '' and n.state <> 'refused'
       and ($2::text is null or exists
         (select from notice_deliveries d where d.notice_id = n.id and d.agency = $2))
     order by n.number desc limit ${NOTICES_SHOWN}`,
    [about.subjects, about.agency],
  );
  const shown = (rows as unknown as NoticeAbout[]).map(({ id, measure, state, receivedAt }) => ({
    id,
    measure,
    state,
    receivedAt,
  }));
  return { total: rows[0]?.total ?? 0, shown };
}
