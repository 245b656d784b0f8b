// What a destination took, as it was sent: kept with each answer, read day by day. A record version counts once, on
// the day on which it was taken last: only what is marked as a resend is taken more than once.
import type { ReconciledLine } from '../core/reconciliation.js';
import { plainArray, plainBytes } from './plain-array.js';
import type { Connection, Sql } from './pool.js';

export interface TakenMessage {
  readonly messageId: string;
  readonly destination: string;
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly tableCode: string;
  readonly resend: boolean;
  readonly answeredAt: Date;
  readonly lines: readonly ReconciledLine[];
}

/** Keeps what was taken of a message. */
export async function keepTaken(sql: Sql, taken: TakenMessage): Promise<void> {
  const { lines } = taken;
  if (lines.length === 0) return;
  await sql.query(
    `insert into taken_changes (message_id, destination, day, table_code, resend, answered_at, record_ids, versions, operations, digests)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9::text[]::"char"[], $10)`,
    [
      taken.messageId,
      taken.destination,
      taken.day,
      taken.tableCode,
      taken.resend,
      taken.answeredAt,
      plainArray(lines.map(({ id }) => id)),
      plainArray(lines.map(({ version }) => version)),
      plainArray(lines.map(({ operation }) => (operation === 'upsert' ? 'u' : 'd'))),
      plainBytes(lines.map(({ digest }) => digest)),
    ],
  );
}

/** The entries of taken messages, one row each, of `t`. */
export const ENTRIES = `taken_changes t
  cross join lateral unnest(t.record_ids, t.versions, t.operations, t.digests) as e (record_id, version, operation, digest)`;

/** What the destination `$1` took last on the day `$2`: what it took once more later belongs to that day. */
const LINES = `
  with again as materialized (
    select e.record_id, e.version, max(t.answered_at) as answered_at from ${ENTRIES}
    where t.destination = $1 and t.resend and t.day <> $2 and t.answered_at > $2::date - 2
    group by 1, 2)
  select taken.table_code as "tableCode", taken.operation = 'd' as "isDelete",
    taken.record_id || ',' || taken.version || ',' || case taken.operation when 'd' then 'delete' else 'upsert' end
      || ',' || encode(taken.digest, 'hex') as line
  from (
    select distinct on (t.table_code, e.record_id, e.version::text collate "C") t.table_code, t.answered_at, e.*
    from ${ENTRIES} where t.destination = $1 and t.day = $2
    order by t.table_code, e.record_id, e.version::text collate "C", t.answered_at desc) taken
  left join again on again.record_id = taken.record_id and again.version = taken.version
  where again.answered_at is null or again.answered_at <= taken.answered_at
  order by taken.table_code, taken.record_id, taken.version::text collate "C"`;

const FETCHED = 5000;

export interface TakenLine {
  readonly tableCode: string;
  readonly line: string;
  readonly isDelete: boolean;
}

/** Reads the lines of a day, sorted bytewise in each table, some at a time. */
export async function* readTakenLines(
  connection: Connection,
  of: { readonly destination: string; readonly day: string },
): AsyncGenerator<readonly TakenLine[]> {
  await connection.query(`declare taken_lines no scroll cursor for ${LINES}`, [of.destination, of.day]);
  for (;;) {
    const { rows } = await connection.query<TakenLine>(`fetch ${FETCHED} from taken_lines`);
    if (rows.length === 0) break;
    yield rows;
  }
  await connection.query('close taken_lines');
}
