// The change log as readers see it: the versions of committed chunks by position, without holes. What has
// ended meanwhile is told apart, so that a reader can leave its content out.
import { opennessLevel, type Openness } from '../core/openness.js';
import type { FoldedEvent } from '../core/feed-digest.js';
import type { Sql } from './pool.js';
import { endsLaterFor, isOver, operationTo } from './readable-changes.js';

export interface Change {
  readonly position: number;
  readonly recordId: string;
  readonly agency: string;
  readonly recordType: string;
  readonly version: number;
  readonly operation: 'u' | 'd';
  /** Canonical JSON, personal numbers masked. */
  readonly data: string;
  /** What `data` masks, encrypted; null where it masks nothing, or was not asked for. */
  readonly sealed: Buffer | null;
  /** Null for what the gateway changed itself. */
  readonly batchId: string | null;
  readonly row: number;
}

export interface FeedChange extends Omit<Change, 'sealed' | 'batchId' | 'row'> {
  readonly committedAt: Date;
  /** Of what the version says, keyed where that hides a number; stays when the data goes. Zeros for an end. */
  readonly digest: string;
  /** Set where the record has ended with this version or a later one, its last day is over, or what it said is past its retention. */
  readonly hasEnded: boolean;
}

/** The first position that is not past its retention, and the last one that is visible. */
export interface KeptPositions {
  readonly first: number;
  readonly last: number;
}

const NOTHING_KEPT: KeptPositions = { first: 1, last: 0 };

/** Reads what is kept. */
export async function readKeptPositions(sql: Sql): Promise<KeptPositions> {
  const { rows } = await sql.query(
    'select first_kept as first, last_position as last from feed_horizon, change_log',
  );
  return (rows[0] as unknown as KeptPositions | undefined) ?? NOTHING_KEPT;
}

/** Reads the last position that is visible; 0 before the first change. */
export async function readLastPosition(sql: Sql): Promise<number> {
  const { rows } = await sql.query<{ last: number }>('select last_position as last from change_log');
  return rows[0]?.last ?? 0;
}

/** What a reader may see: it gets nothing else, but learns that what it may have had before has ended. */
export interface ReaderView {
  /** The record types that are open to it. */
  readonly openTypes: readonly string[];
  /** Types of which it learns nothing. What is in neither list is exchanged no longer: of it only the ends are told. */
  readonly closedTypes: readonly string[];
  readonly openness: Openness;
}

export interface ChangesAfter {
  readonly after: number;
  readonly limit: number;
  /** The day in Asia/Shanghai. */
  readonly today: string;
  /** Undefined for one that sees all. */
  readonly view?: ReaderView | undefined;
}

// A window of at most `limit` changes: the next ones in the chunks that may hold something for the reader; and what is
// kept, seen at the same moment, in one row without a chunk where there are none.
const WINDOW = `
  select kept.*, ahead.*
  from (select (select first_kept from feed_horizon) as "firstKept",
          (select last_position from change_log) as "lastPosition") kept
  left join lateral
    (select id, agency, record_type as "recordType", committed_at as "committedAt", first_position as first,
       greatest($1::bigint + 1 - first_position, 0)::integer as "from",
       least(changes - 1, $2 - changes_before + greatest($1::bigint - first_position, -1))::integer as "to"
     from (select *, sum(left_over) over (order by first_position) - left_over as changes_before
           from (select *, last_position - greatest($1::bigint, first_position - 1) as left_over from chunks
                 where changes > 0 and coalesce(openness, 0) <= $5
                   and first_position > coalesce((select first_position - 1 from chunks
                     where changes > 0 and first_position <= $1::bigint + 1 order by first_position desc limit 1), 0)
                   and last_position > $1::bigint
                   and ($3::text[] is null or record_type = any($3) or (has_endings and record_type <> all($4)))
                 order by first_position limit $2) next) counted
     where changes_before < $2) ahead on true
  order by ahead.first`;

const IN_WINDOW = `
  from unnest($1::bigint[], $2::integer[], $3::integer[]) w (chunk_id, "from", "to")
  cross join lateral
    (select *, ${operationTo('$4')} as seen from record_versions v
     where v.chunk_id = w.chunk_id and v.ordinal between w."from" and w."to") v
  where v.seen <> '-'`;
// An end tells nothing of what was said: it may be the end for a reader who may not know it.
const KEPT_FOR_GOOD = `v.chunk_id as chunk, v.ordinal, v.record_id as "recordId", v.version, v.seen as operation,
  case v.seen when 'd' then repeat('0', 32) else replace(v.content_hash::text, '-', '') end as digest`;
const SEEN = `
  select ${KEPT_FOR_GOOD}, v.data,
         v.seen = 'd' or v.data = '{}' or ${isOver('v', '$5')} or ${endsLaterFor('$4', '$5')} as "hasEnded"
  ${IN_WINDOW}`;
const FOLDABLE = `select ${KEPT_FOR_GOOD} ${IN_WINDOW}`;

interface Stretch {
  readonly id: number;
  readonly agency: string;
  readonly recordType: string;
  readonly committedAt: Date;
  readonly first: number;
  readonly from: number;
  readonly to: number;
}

interface WindowHead {
  readonly id: number | null;
  readonly firstKept: number;
  readonly lastPosition: number;
}

type Seen = Pick<FeedChange, 'recordId' | 'version' | 'operation' | 'data' | 'digest' | 'hasEnded'> & {
  readonly chunk: number;
  readonly ordinal: number;
};

export interface ChangesFound {
  /** As it was when the window was laid. */
  readonly kept: KeptPositions;
  readonly changes: readonly FeedChange[];
  /** Up to here there is nothing else for the reader; null where nothing was left to look at. */
  readonly lookedTo: number | null;
}

/**
 * Looks at the next `limit` changes after a position for a feed and gives those that the reader may see, in order:
 * there may be none although more are to come. Chunks are whole once they are seen, so that two statements agree.
 */
export async function readChangesAfter(
  sql: Sql,
  { after, limit, today, view }: ChangesAfter,
): Promise<ChangesFound> {
  const { kept, stretches, values, lookedTo } = await readWindow(sql, { after, limit, view });
  if (lookedTo === null) return { kept, changes: [], lookedTo };
  const seen = (await sql.query(SEEN, [...values, today])).rows as unknown as Seen[];
  const byChunk = new Map(stretches.map((stretch) => [stretch.id, stretch]));
  const changes: FeedChange[] = [];
  for (const { chunk, ordinal, ...version } of seen) {
    const { agency, recordType, committedAt, first } = byChunk.get(chunk) as Stretch;
    if (!isTold(version.operation, recordType, view)) continue;
    changes.push({ position: first + ordinal, agency, recordType, committedAt, ...version });
  }
  changes.sort((a, b) => a.position - b.position);
  return { kept, changes, lookedTo };
}

/** Looks at the next `limit` changes as `readChangesAfter` does, and gives what never changes of them: for a digest. */
export async function readFoldableAfter(
  sql: Sql,
  window: Omit<ChangesAfter, 'today'>,
): Promise<{ readonly events: readonly FoldedEvent[]; readonly lookedTo: number | null }> {
  const { stretches, values, lookedTo } = await readWindow(sql, window);
  if (lookedTo === null) return { events: [], lookedTo };
  const seen = (await sql.query(FOLDABLE, values)).rows as unknown as Omit<Seen, 'data' | 'hasEnded'>[];
  const byChunk = new Map(stretches.map((stretch) => [stretch.id, stretch]));
  const placed = seen.map((one) => ({ ...one, ...(byChunk.get(one.chunk) as Stretch) }));
  const events = placed
    .filter(({ operation, recordType }) => isTold(operation, recordType, window.view))
    .sort((a, b) => a.first + a.ordinal - b.first - b.ordinal)
    .map(({ first, ordinal, recordId, version, operation, digest }) => ({
      id: String(first + ordinal),
      subject: recordId,
      recordversion: version,
      method: operation === 'u' ? ('PUT' as const) : ('DELETE' as const),
      recorddigest: digest,
    }));
  return { events, lookedTo };
}

/** Of what is exchanged no longer, only the ends are told. */
function isTold(operation: Change['operation'], recordType: string, view: ReaderView | undefined): boolean {
  return operation === 'd' || view === undefined || view.openTypes.includes(recordType);
}

interface Window {
  readonly kept: KeptPositions;
  readonly stretches: readonly Stretch[];
  readonly values: unknown[];
  readonly lookedTo: number | null;
}

async function readWindow(sql: Sql, { after, limit, view }: Omit<ChangesAfter, 'today'>): Promise<Window> {
  const level = opennessLevel(view?.openness ?? 'authorised');
  const bounds = [after, limit, view?.openTypes ?? null, view?.closedTypes ?? [], level];
  const rows = (await sql.query(WINDOW, bounds)).rows as unknown as (Omit<Stretch, 'id'> & WindowHead)[];
  const [head] = rows;
  const kept = head === undefined ? NOTHING_KEPT : { first: head.firstKept, last: head.lastPosition };
  const stretches = rows.filter((row): row is Stretch & WindowHead => row.id !== null);
  const last = stretches.at(-1);
  const lookedTo = last === undefined ? null : last.first + last.to;
  return { kept, stretches, values: [...boundsOf(stretches), level], lookedTo };
}

const RUNS = `
  select c.id, c.agency, c.record_type as "recordType", c.batch_id as "batchId", c.first_position as first,
         greatest(run.first - c.first_position, 0)::integer as "from",
         least(run.last - c.first_position, c.changes - 1)::integer as "to"
  from unnest($1::bigint[], $2::bigint[]) run (first, last)
  cross join lateral (select * from chunks where changes > 0 and first_position <= run.last
    and first_position >= (select first_position from chunks
      where changes > 0 and first_position <= run.first order by first_position desc limit 1)) c`;

const AT = `
  select v.chunk_id as chunk, v.ordinal, v.record_id as "recordId", v.version, v.data, v.row_number as row,
         case when $6 then v.sealed end as sealed,
         case when coalesce(v.openness, 0) <= $4 and (v.ends_on is null or v.ends_on >= $5::date) then v.operation
           else 'd' end as operation
  from unnest($1::bigint[], $2::integer[], $3::integer[]) w (chunk_id, "from", "to")
  cross join lateral (select * from record_versions v
    where v.chunk_id = w.chunk_id and v.ordinal between w."from" and w."to") v`;

type Run = Omit<Stretch, 'committedAt'> & Pick<Change, 'batchId'>;
type Sent = Omit<Change, 'position' | 'agency' | 'recordType' | 'batchId'> & Pick<Seen, 'chunk' | 'ordinal'>;

export interface ReadingAt {
  readonly openness: Openness;
  readonly day: string;
  /** Whether what is masked is read as well; nobody else needs it, and most do not. */
  readonly opensNumbers?: boolean;
}

/**
 * Reads the changes at the given positions, in order; what is narrower than `openness`, or by itself over on `day`
 * (`YYYY-MM-DD`), ends its record: later versions change nothing, so that the same message says the same at every try.
 */
export async function readChangesAt(
  sql: Sql,
  positions: readonly number[],
  { openness, day, opensNumbers = false }: ReadingAt,
): Promise<Change[]> {
  const runs = runsOf(positions);
  const bounds = [runs.map(({ first }) => first), runs.map(({ last }) => last)];
  const stretches = (await sql.query(RUNS, bounds)).rows as unknown as Run[];
  const values = [...boundsOf(stretches), opennessLevel(openness), day, opensNumbers];
  const sent = (await sql.query(AT, values)).rows as unknown as Sent[];
  const byChunk = new Map(stretches.map((stretch) => [stretch.id, stretch]));
  return sent
    .map(({ chunk, ordinal, ...version }) => {
      const { agency, recordType, batchId, first } = byChunk.get(chunk) as Run;
      return { position: first + ordinal, agency, recordType, batchId, ...version };
    })
    .sort((a, b) => a.position - b.position);
}

/** Three arrays, as a statement takes them. */
function boundsOf(stretches: readonly Pick<Stretch, 'id' | 'from' | 'to'>[]): number[][] {
  return [stretches.map(({ id }) => id), stretches.map(({ from }) => from), stretches.map(({ to }) => to)];
}

/** The positions of a message mostly follow one another: a stretch costs one look-up. */
function runsOf(positions: readonly number[]): { first: number; last: number }[] {
  const runs: { first: number; last: number }[] = [];
  for (const position of [...positions].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run?.last === position - 1) run.last = position;
    else runs.push({ first: position, last: position });
  }
  return runs;
}
