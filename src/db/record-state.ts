// How a record stands: its current version, and the last one that said something.
import type { OwnOrigin } from './own-changes.js';
import type { Sql } from './pool.js';

export interface RecordState {
  readonly recordId: string;
  readonly version: number;
  readonly operation: 'u' | 'd';
  /** The owner of the record. */
  readonly agency: string;
  readonly recordType: string;
  readonly origin: 'delivery' | OwnOrigin;
  readonly changedAt: Date;
  /** Why somebody withdrew or reinstated it; null where a delivery or its end did. */
  readonly reason: string | null;
  /** The version before it was withdrawn, or the current one; null where it is no longer kept. */
  readonly said: number | null;
  /** The last day of that version, `YYYY-MM-DD`; null where it has none. */
  readonly endsOn: string | null;
}

/** Reads how a record stands; undefined where there is none. */
export async function readRecordState(sql: Sql, recordId: string): Promise<RecordState | undefined> {
  const { rows } = await sql.query(
    `select v.record_id as "recordId", v.version, v.operation, c.agency, c.record_type as "recordType", c.origin,
            c.committed_at as "changedAt", c.reason, s.version as said, s.ends_on::text as "endsOn"
     from (select * from record_versions where record_id = $1 order by version desc limit 1) v
     join chunks c on c.id = v.chunk_id
     left join lateral (select version, ends_on from record_versions where record_id = $1 and operation = 'u'
                        order by version desc limit 1) s on true`,
    [recordId],
  );
  return rows[0] as unknown as RecordState | undefined;
}
