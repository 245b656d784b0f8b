// Deletes orders to do something once more, finished ones that are past their retention, each with all that is kept of
// it. Those under way are never touched, nor those to which a message or a waiting change still belongs.
import type { Sql } from './pool.js';

/** Deletes up to `limit` orders to send again that ended before `cutoff`; gives how many. */
export async function deleteResendOrders(sql: Sql, cutoff: string, limit: number): Promise<number> {
  const { rowCount } = await sql.query(
    `delete from resend_orders where id in
       (select id from resend_orders o
        where state <> 'planned' and finished_at < $1
          and not exists (select from messages m where m.resend_order = o.id)
          and not exists (select from changes_waiting w where w.resend_order = o.id)
        order by finished_at limit $2 for update skip locked)`,
    [cutoff, limit],
  );
  return rowCount ?? 0;
}

/** Deletes up to `limit` orders to judge once more that ended before `cutoff`, with what became of their batches; gives how many. The batches and their replays stay. */
export async function deleteSourceReplayOrders(sql: Sql, cutoff: string, limit: number): Promise<number> {
  const { rows } = await sql.query<{ id: string }>(
    `select id from source_replay_orders where finished_at < $1
     order by finished_at limit $2 for update skip locked`,
    [cutoff, limit],
  );
  const ids = rows.map(({ id }) => id);
  await sql.query('delete from source_replays where order_id = any($1::uuid[])', [ids]);
  await sql.query('delete from source_replay_orders where id = any($1::uuid[])', [ids]);
  return ids.length;
}
