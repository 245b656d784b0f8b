// The rows that a sweep no longer finds in an agency's table, and what a held sweep makes of them: held ones wait
// for the decision, released ones are forgotten, dropped ones stay known and are left alone until they come back.
import type { Connection, Sql } from './pool.js';
import type { Run } from './staged-rows.js';

export interface Missing {
  /** Records to be withdrawn. */
  readonly withdrawn: number;
  /** Rows that are gone although their record lives on, under another key or not at all. */
  readonly gone: number;
  /** Rows known of the source. */
  readonly known: number;
  /** Rows of held sweeps that nobody has decided about. */
  readonly undecided: number;
}

/** Forgets the rows whose withdrawal was released. */
export async function forgetReleased(sql: Sql, source: string): Promise<void> {
  await sql.query(
    `delete from pulled_rows p using batches b
     where p.source = $1 and b.id = p.held_batch and b.released_at is not null`,
    [source],
  );
}

/** Takes back the mark of a dropped sweep from every row of a source. */
export async function unmarkDropped(sql: Sql, source: string): Promise<void> {
  await sql.query(
    `update pulled_rows p set held_batch = null from batches b
     where p.source = $1 and b.id = p.held_batch and b.status = 'rejected' and b.released_at is null`,
    [source],
  );
}

/** Takes back the mark of a dropped sweep from the rows that this one has seen. */
export async function unmarkSeen(sql: Sql, { source, run }: Run): Promise<void> {
  await sql.query(
    `update pulled_rows p set held_batch = null from batches b
     where p.source = $1 and b.id = p.held_batch and b.status = 'rejected' and b.released_at is null
       and exists (select from pulled_rows_staged s
                   where s.source = $1 and s.run = $2 and s.role = 's' and s.key_index = p.key_index)`,
    [source, run],
  );
}

/**
 * Stages, in a transaction of its own, the known rows that a sweep has not seen: `w` where the record is to be withdrawn, once for each
 * identity, and `g` where it has none or a row that is there has the same.
 */
export async function stageMissing(sql: Connection, { source, run }: Run): Promise<Missing> {
  // Everything is joined with everything here: a nested loop, chosen on old statistics, takes hours.
  await sql.query('set local enable_nestloop = off');
  // What was staged a moment ago nobody has counted yet: a plan for a few rows would take hours for a million.
  await sql.query('analyze pulled_rows_staged, pulled_rows');
  await sql.query(
    `with missing as (
       select p.key_index, p.identity_index, p.sealed from pulled_rows p
       where p.source = $1 and p.held_batch is null
         and not exists (select from pulled_rows_staged s
                         where s.source = $1 and s.run = $2 and s.role = 's' and s.key_index = p.key_index)),
     living as (
       select distinct p.identity_index from pulled_rows p
       join pulled_rows_staged s on s.source = $1 and s.run = $2 and s.role = 's' and s.key_index = p.key_index
       where p.source = $1 and p.identity_index in (select identity_index from missing)),
     told as (
       select m.*, m.sealed is not null and m.identity_index is not null
         and not exists (select from living l where l.identity_index = m.identity_index)
         and row_number() over (partition by m.identity_index order by m.key_index) = 1 as ends
       from missing m)
     insert into pulled_rows_staged (source, run, role, ordinal, key_index, identity_index, sealed)
     select $1, $2, case when ends then 'w'::"char" else 'g'::"char" end,
       0, key_index, identity_index, case when ends then sealed end
     from told`,
    [source, run],
  );
  const { rows } = await sql.query<Missing>(
    `select (select count(*) from pulled_rows_staged where source = $1 and run = $2 and role = 'w') as withdrawn,
       (select count(*) from pulled_rows_staged where source = $1 and run = $2 and role = 'g') as gone,
       (select count(*) from pulled_rows where source = $1) as known,
       (select count(*) from pulled_rows p join batches b on b.id = p.held_batch
        where p.source = $1 and b.status = 'held') as undecided`,
    [source, run],
  );
  return rows[0] as Missing;
}

/** Forgets the missing rows of a run; those whose withdrawal is held stay, with the batch that waits. */
export async function closeMissing(
  sql: Sql,
  { source, run }: Run,
  { heldBatch }: { heldBatch: string | null },
): Promise<void> {
  if (heldBatch !== null)
    await sql.query(
      `update pulled_rows p set held_batch = $3 from pulled_rows_staged s
       where p.source = $1 and s.source = $1 and s.run = $2 and s.role = 'w' and p.key_index = s.key_index`,
      [source, run, heldBatch],
    );
  await sql.query(
    `delete from pulled_rows p using pulled_rows_staged s
     where p.source = $1 and s.source = $1 and s.run = $2 and p.key_index = s.key_index
       and (s.role = 'g' or (s.role = 'w' and p.held_batch is null))`,
    [source, run],
  );
}
