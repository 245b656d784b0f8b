// Destinations to which nothing is sent although something waits: stopped by an operator, or parked because of an
// answer that forbids going on.
import type { Sql } from './pool.js';

export interface DestinationStop {
  readonly id: string;
  readonly kind: 'paused' | 'parked';
  readonly since: Date;
  /** Who stopped it, as in the audit log; null where its own answer did. */
  readonly by: string | null;
  readonly reason: string;
}

/** Gives the stops in force. A destination may be both paused and parked. */
export async function readDestinationStops(sql: Sql, ids: readonly string[]): Promise<DestinationStop[]> {
  const { rows } = await sql.query(
    `select id, 'paused' as kind, paused_at as since, paused_by as by, pause_reason as reason
     from destinations where id = any($1::text[]) and paused_at is not null
     union all
     select id, 'parked', parked_at, null, parked_reason
     from destinations where id = any($1::text[]) and parked_at is not null
     order by 1, 2`,
    [ids],
  );
  return rows as unknown as DestinationStop[];
}
