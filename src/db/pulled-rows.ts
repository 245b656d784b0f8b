// What is known of the rows of an agency's table: which of them were taken, and with what content. It moves in the
// transaction that stores their batch, so that a pull that is killed has neither taken nor forgotten anything.
import { GatewayError } from '../core/errors.js';
import type { Sql } from './pool.js';
import { movePlace, readPlace } from './source-pulls.js';
import { countStaged, type Run } from './staged-rows.js';

export interface KnownRow {
  readonly contentIndex: string;
  readonly isSealed: boolean;
}

/** Gives what is known of some keys, by key. */
export async function findKnown(
  sql: Sql,
  source: string,
  keys: readonly string[],
): Promise<Map<string, KnownRow>> {
  const { rows } = await sql.query<{ key: string; content: string; sealed: boolean }>(
    `select replace(key_index::text, '-', '') as key, replace(content_index::text, '-', '') as content,
       sealed is not null as sealed
     from pulled_rows where source = $1 and key_index = any($2::uuid[])`,
    [source, keys],
  );
  return new Map(rows.map(({ key, content, sealed }) => [key, { contentIndex: content, isSealed: sealed }]));
}

/** Tells the planner of many new rows before it comes to look by itself. */
export async function analyseKnown(sql: Sql): Promise<void> {
  await sql.query('analyze pulled_rows');
}

/** Forgets the content of every row of a source, so that each is taken once more. */
export async function forgetContents(sql: Sql, source: string): Promise<void> {
  await sql.query(
    `update pulled_rows set content_index = '00000000-0000-0000-0000-000000000000' where source = $1`,
    [source],
  );
}

/**
 * Moves the place of a source, behind two fences: throws `claim.lost` where another worker has moved it since it
 * was `from`, or has cleared what this run had staged.
 */
export async function advancePull(
  sql: Sql,
  { source, run }: Run,
  step: { from: unknown; to: unknown; delivered: number },
): Promise<void> {
  await sql.query('insert into source_pulls (source) values ($1) on conflict do nothing', [source]);
  await sql.query('select from source_pulls where source = $1 for update', [source]);
  const now = await readPlace(sql, source);
  const isMine =
    JSON.stringify(now) === JSON.stringify(step.from) &&
    (await countStaged(sql, { source, run }, 'd')) === step.delivered;
  if (!isMine) throw new GatewayError('claim.lost', 'Another worker has pulled this source meanwhile.');
  await movePlace(sql, source, step.to);
}

/** Remembers the delivered rows of a run and counts them by key. An identity that its row has given up stays known under a key of its own, which no sweep will see again. */
export async function rememberStaged(
  sql: Sql,
  { source, run }: Run,
  options: { keepsGivenUp: boolean },
): Promise<number> {
  if (options.keepsGivenUp)
    await sql.query(
      `insert into pulled_rows (source, key_index, content_index, identity_index, sealed)
       select distinct on (known.key_index) $1, md5(known.key_index::text || known.identity_index::text)::uuid,
         known.content_index, known.identity_index, known.sealed
       from pulled_rows_staged s join pulled_rows known on known.source = $1 and known.key_index = s.key_index
       where s.source = $1 and s.run = $2 and s.role = 'd' and known.identity_index is not null
         and known.identity_index is distinct from s.identity_index
       on conflict (source, key_index) do nothing`,
      [source, run],
    );
  const { rowCount } = await sql.query(
    `insert into pulled_rows (source, key_index, content_index, identity_index, sealed)
     select distinct on (key_index) $1, key_index, content_index, identity_index, sealed
     from pulled_rows_staged where source = $1 and run = $2 and role = 'd' order by key_index, ordinal desc
     on conflict (source, key_index) do update set content_index = excluded.content_index,
       identity_index = excluded.identity_index, sealed = excluded.sealed`,
    [source, run],
  );
  return rowCount ?? 0;
}
