// Notices of the city, the steps each of them took, and how far the city's notice feed has been read.
// `body` holds the notice with personal numbers masked; `sealed` the whole original, where any was masked.
import type { Sql } from './pool.js';

export const NOTICE_STATES = ['received', 'refused', 'unmatched', 'routed', 'closed'] as const;
export type NoticeState = (typeof NOTICE_STATES)[number];

export const NOTICE_STEPS = [
  'received',
  'refused',
  'matched',
  'unmatched',
  'routed',
  'delivery-attempted',
  'delivered',
  'put-in-mailbox',
  'acknowledged',
  'fed-back',
  'feedback-sent',
  'feedback-refused',
  'closed',
  'repeated-differently',
] as const;
export type NoticeStep = (typeof NOTICE_STEPS)[number];

export interface NewNotice {
  readonly id: string;
  readonly destination: string;
  readonly eventId: string | null;
  readonly state: NoticeState;
  readonly subject: string;
  readonly measure: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly sealed: Buffer | null;
  readonly receivedAt: Date;
}

export interface StoredNotice {
  readonly id: string;
  readonly state: NoticeState;
  readonly subject: string;
  readonly measure: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Step {
  readonly noticeId: string;
  readonly step: NoticeStep;
  readonly at: Date;
  readonly agency?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

const COLUMNS = 'id, state, subject, measure, body';

/** Stores a notice; one that was refused before under this id gives way. False where the id is taken. */
export async function insertNotice(sql: Sql, notice: NewNotice): Promise<boolean> {
  const { rowCount } = await sql.query(
    `insert into notices as held (id, destination, event_id, state, subject, measure, body, sealed, received_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (id) do update set event_id = excluded.event_id, state = excluded.state,
       subject = excluded.subject, measure = excluded.measure, body = excluded.body,
       sealed = excluded.sealed, received_at = excluded.received_at
     where held.state = 'refused' and excluded.state <> 'refused'`,
    [
      notice.id,
      notice.destination,
      notice.eventId,
      notice.state,
      notice.subject,
      notice.measure,
      JSON.stringify(notice.body),
      notice.sealed,
      notice.receivedAt,
    ],
  );
  return rowCount === 1;
}

/** Tells whether the stored notice of this id says the same; the subject counts where it is not empty. */
export async function isSameNotice(
  sql: Sql,
  notice: { readonly id: string; readonly masked: unknown; readonly subject: string },
): Promise<boolean> {
  const { rows } = await sql.query<{ same: boolean }>(
    `select body = $2::jsonb and ($3 = '' or subject = $3) as same from notices where id = $1`,
    [notice.id, JSON.stringify(notice.masked), notice.subject],
  );
  return rows[0]?.same === true;
}

/** Reads one notice; undefined where there is none. */
export async function readNotice(sql: Sql, id: string): Promise<StoredNotice | undefined> {
  const { rows } = await sql.query(`select ${COLUMNS} from notices where id = $1`, [id]);
  return rows[0] as unknown as StoredNotice | undefined;
}

/** Claims one unmatched notice whose subject is known by now, for the rest of the transaction. */
export async function takeMatchableNotice(sql: Sql): Promise<StoredNotice | undefined> {
  const { rows } = await sql.query(
    `select ${COLUMNS} from notices n where state = 'unmatched'
       and exists (select 1 from record_versions v where v.subject = n.subject)
     order by number limit 1 for update skip locked`,
  );
  return rows[0] as unknown as StoredNotice | undefined;
}

/** Tells whether any record is about this subject. */
export async function isSubjectKnown(sql: Sql, subject: string): Promise<boolean> {
  const { rows } = await sql.query<{ known: boolean }>(
    'select exists (select 1 from record_versions where subject = $1) as known',
    [subject],
  );
  return rows[0]?.known === true;
}

/** Notes whether the subject is known, and how far the notice has come. */
export async function setNoticeState(
  sql: Sql,
  id: string,
  to: { state: NoticeState; subjectKnown: boolean },
): Promise<void> {
  await sql.query('update notices set state = $2, subject_known = $3 where id = $1', [
    id,
    to.state,
    to.subjectKnown,
  ]);
}

/** Closes a routed notice once every recipient has answered and the city has all of it; true when this did it. */
export async function closeIfAnswered(sql: Sql, id: string): Promise<boolean> {
  // Two last answers at once would each miss the other: whoever comes second waits for this row. Both hold
  // it by the key of the steps they wrote already, so a plain `for update` would block both for good.
  await sql.query('select 1 from notices where id = $1 for no key update', [id]);
  const { rowCount } = await sql.query(
    `update notices set state = 'closed' where id = $1 and state = 'routed'
       and not exists (select 1 from notice_deliveries where notice_id = $1 and fed_back_at is null)
       and not exists (select 1 from notice_feedback where notice_id = $1 and state <> 'sent')`,
    [id],
  );
  return rowCount === 1;
}

/** Writes one step of a notice. */
export async function addStep(sql: Sql, step: Step): Promise<void> {
  await sql.query(
    'insert into notice_steps (notice_id, step, agency, at, details) values ($1, $2, $3, $4, $5)',
    [step.noticeId, step.step, step.agency ?? null, step.at, JSON.stringify(step.details ?? {})],
  );
}

/** Reads the steps of a notice in the order they were taken. */
export async function readSteps(sql: Sql, noticeId: string): Promise<Required<Step>[]> {
  const { rows } = await sql.query(
    `select notice_id as "noticeId", step, agency, at, details from notice_steps
     where notice_id = $1 order by number`,
    [noticeId],
  );
  return rows as unknown as Required<Step>[];
}

/** Reads the id of the last event taken from a destination's notice feed; undefined before the first. */
export async function readNoticeCursor(sql: Sql, destination: string): Promise<string | undefined> {
  const { rows } = await sql.query<{ id: string | null }>(
    'select last_event_id as id from notice_cursors where destination = $1',
    [destination],
  );
  return rows[0]?.id ?? undefined;
}

/** Moves the cursor in the caller's transaction; false where another reader has moved it meanwhile. */
export async function moveNoticeCursor(
  sql: Sql,
  move: { destination: string; from: string | undefined; to: string; at: Date },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `insert into notice_cursors as held (destination, last_event_id, read_at) values ($1, $3, $4)
     on conflict (destination) do update set last_event_id = excluded.last_event_id, read_at = excluded.read_at
     where held.last_event_id is not distinct from $2`,
    [move.destination, move.from ?? null, move.to, move.at],
  );
  return rowCount === 1;
}
