// Planning: which changes go out next, and in which messages. Everything here runs in one transaction under the
// planning lock of the destination, so that a change is planned once.
import { GatewayError } from '../core/errors.js';
import { opennessLevel, type Openness } from '../core/openness.js';
import type { Change } from './changes.js';
import { plainArray } from './plain-array.js';
import type { Sql } from './pool.js';
import { operationTo } from './readable-changes.js';

/** A change as far as planning needs it. */
export interface PlannedChange extends Pick<Change, 'position' | 'recordId' | 'agency' | 'recordType'> {
  /** The order by which it goes out again; null where it goes for the first time. */
  readonly resendOrder: string | null;
}

/** A change that has not been looked at yet. */
export interface FreshChange extends Omit<PlannedChange, 'resendOrder'> {
  /** To the destination: `-` where the record is not open to it. */
  readonly operation: 'u' | 'd' | '-';
  /** Null for what the gateway changed itself. */
  readonly batchId: string | null;
}

export interface NewMessage {
  readonly id: string;
  readonly destination: string;
  readonly agency: string;
  readonly recordType: string;
  readonly tableCode: string;
  readonly tableVersion: string;
  readonly resendOrder: string | null;
  readonly changes: readonly { readonly position: number; readonly recordId: string }[];
  readonly plannedAt: Date;
}

const PLANNING_LOCK = 727_007;

/**
 * Lets nobody else plan for a destination until the transaction ends; its row is made where it is new. The row itself
 * stays free: messages are claimed while others are being planned.
 */
export async function lockPlanning(sql: Sql, destination: string): Promise<void> {
  await sql.query(
    `with made as (insert into destinations (id) values ($2) on conflict do nothing)
     select pg_advisory_xact_lock($1, hashtext($2))`,
    [PLANNING_LOCK, destination],
  );
}

export interface PlanState {
  readonly plannedTo: number;
  /** Messages that are planned and not answered. */
  readonly unanswered: number;
  readonly hasWaiting: boolean;
  /** Changes that wait for an earlier one of their record; not behind what is set aside, which may last. */
  readonly waiting: number;
  /** Whether something is to go out again by order. */
  readonly hasResend: boolean;
}

/** Reads how far a destination is; under the planning lock. */
export async function readPlanState(sql: Sql, destination: string): Promise<PlanState> {
  const { rows } = await sql.query(
    `select planned_to as "plannedTo",
       (select count(*) from messages m where m.destination = d.id and m.state = 'planned') as unanswered,
       exists (select from changes_waiting w where w.destination = d.id) as "hasWaiting",
       (select count(*) from changes_waiting w where w.destination = d.id and not exists
         (select from changes_in_flight f where f.destination = d.id and f.record_id = w.record_id and f.set_aside)) as waiting,
       exists (select from resend_orders r where r.destination = d.id and r.state = 'planned') as "hasResend"
     from destinations d where id = $1`,
    [destination],
  );
  return rows[0] as unknown as PlanState;
}

interface PlannableChunk extends Pick<FreshChange, 'agency' | 'recordType' | 'batchId'> {
  readonly firstPosition: number;
  /** Up to here it was looked at. */
  readonly lastPosition: number;
  /** Joined by commas, as are the record ids; null where nothing is left of it. */
  readonly ordinals: string | null;
  readonly recordIds: string | null;
  /** A letter each. */
  readonly operations: string | null;
}

export interface PlannableChanges {
  readonly changes: readonly FreshChange[];
  /** Up to here there is nothing else; undefined where there was nothing to look at. */
  readonly lookedTo: number | undefined;
}

/** Reads what planning needs of the next changes after a position, in order, at most `limit`; `openness` is that of the destination. */
export async function readPlannableChanges(
  sql: Sql,
  { after, limit, openness }: { after: number; limit: number; openness: Openness },
): Promise<PlannableChanges> {
  // Positions have no holes, so the next `limit` changes are those up to `after + limit`; some may be past their retention:
  // gone, or empty behind the version that took their place (where a destination is entered later).
  // A chunk comes in one row: the driver takes longer for a thousand rows than all that is done with them.
  const { rows } = await sql.query(
    `select c.first_position as "firstPosition", c.first_position + w."to" as "lastPosition", c.agency,
            c.record_type as "recordType", c.batch_id as "batchId", v.*
     from chunks c
     cross join lateral (select greatest($1::bigint + 1 - c.first_position, 0)::integer as "from",
       least($1::bigint + $2 - c.first_position, c.changes - 1)::integer as "to") w
     cross join lateral (
       select string_agg(ordinal::text, ',' order by ordinal) as ordinals,
              string_agg(record_id::text, ',' order by ordinal) as "recordIds",
              string_agg(${operationTo('$3')}, '' order by ordinal) as operations
       from record_versions v where v.chunk_id = c.id and v.ordinal between w."from" and w."to"
         and (v.operation <> 'u' or v.data <> '{}')) v
     where c.changes > 0 and c.last_position > $1 and c.first_position <= $1::bigint + $2
       and c.first_position >= coalesce((select first_position from chunks
         where changes > 0 and first_position <= $1::bigint + 1 order by first_position desc limit 1), 0)
     order by 1`,
    [after, limit, opennessLevel(openness)],
  );
  const chunks = rows as unknown as PlannableChunk[];
  return { changes: chunks.flatMap(changesOf), lookedTo: chunks.at(-1)?.lastPosition };
}

function changesOf(chunk: PlannableChunk): FreshChange[] {
  const { firstPosition, ordinals, recordIds, operations, agency, recordType, batchId } = chunk;
  if (ordinals === null || recordIds === null || operations === null) return [];
  const ids = recordIds.split(',');
  return ordinals.split(',').map((ordinal, index) => ({
    position: firstPosition + Number(ordinal),
    recordId: ids[index] as string,
    operation: operations[index] as FreshChange['operation'],
    ...{ agency, recordType, batchId },
  }));
}

/** Reads the oldest waiting change of each record that has none in flight, oldest first. */
export async function readFreeWaiting(
  sql: Sql,
  destination: string,
  limit: number,
): Promise<PlannedChange[]> {
  const { rows } = await sql.query(
    `select * from (
       select distinct on (record_id) position, record_id as "recordId", agency, record_type as "recordType",
         resend_order as "resendOrder"
       from changes_waiting w
       where destination = $1 and not exists
         (select from changes_in_flight f where f.destination = w.destination and f.record_id = w.record_id)
       order by record_id, position) free
     order by position limit $2`,
    [destination, limit],
  );
  return rows as unknown as PlannedChange[];
}

/** Gives those of the records that have a change in flight or waiting. */
export async function readBusyRecords(
  sql: Sql,
  destination: string,
  recordIds: readonly string[],
): Promise<Set<string>> {
  const { rows } = await sql.query<{ id: string }>(
    `with asked as (select unnest($2::uuid[]) as id)
     select id from asked join changes_in_flight on record_id = id where destination = $1
     union select id from asked join changes_waiting on record_id = id where destination = $1`,
    [destination, plainArray(recordIds)],
  );
  return new Set(rows.map((row) => row.id));
}

/** Puts changes aside until the earlier one of their record is answered. */
export async function addWaiting(
  sql: Sql,
  destination: string,
  changes: readonly PlannedChange[],
): Promise<void> {
  if (changes.length === 0) return;
  await sql.query(
    `insert into changes_waiting (destination, position, record_id, agency, record_type, resend_order)
     select $1, * from unnest($2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::uuid[])`,
    [
      destination,
      changes.map((change) => change.position),
      changes.map((change) => change.recordId),
      changes.map((change) => change.agency),
      changes.map((change) => change.recordType),
      changes.map((change) => change.resendOrder),
    ],
  );
}

/** Stores messages with their positions and records, which are in flight from now on. */
export async function insertMessages(sql: Sql, messages: readonly NewMessage[]): Promise<void> {
  if (messages.length === 0) return;
  await sql.query(
    `insert into messages (id, destination, agency, record_type, table_code, table_version, resend_order, resend, due_at,
       planned_at, positions, record_ids)
     select id, destination, agency, record_type, table_code, table_version, resend_order, resend_order is not null,
       planned_at, planned_at, positions::bigint[], record_ids::uuid[]
     from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::timestamptz[],
       $9::text[], $10::text[]) with ordinality as n (id, destination, agency, record_type, table_code, table_version,
       resend_order, planned_at, positions, record_ids, place)
     order by place`,
    [
      messages.map(({ id }) => id),
      messages.map(({ destination }) => destination),
      messages.map(({ agency }) => agency),
      messages.map(({ recordType }) => recordType),
      messages.map(({ tableCode }) => tableCode),
      messages.map(({ tableVersion }) => tableVersion),
      messages.map(({ resendOrder }) => resendOrder),
      messages.map(({ plannedAt }) => plannedAt),
      messages.map(({ changes }) => plainArray(changes.map(({ position }) => position))),
      messages.map(({ changes }) => plainArray(changes.map(({ recordId }) => recordId))),
    ],
  );
}

/** Ends the waiting of changes that are in a message now. */
export async function removeWaiting(
  sql: Sql,
  destination: string,
  changes: readonly PlannedChange[],
): Promise<void> {
  if (changes.length === 0) return;
  const positions = changes.map((change) => change.position);
  await sql.query('delete from changes_waiting where destination = $1 and position = any($2)', [
    destination,
    positions,
  ]);
}

/** Notes how far the change log is planned; throws where another planning moved that meanwhile, in spite of the lock. */
export async function movePlannedTo(
  sql: Sql,
  destination: string,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> {
  const { rowCount } = await sql.query(
    'update destinations set planned_to = $2 where id = $1 and planned_to = $3',
    [destination, to, from],
  );
  if (rowCount !== 1)
    throw new GatewayError('internal.unexpected', 'Somebody else planned at the same time.', {
      details: { destination, from, to },
    });
}
