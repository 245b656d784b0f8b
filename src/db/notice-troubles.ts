// Agencies that notices do not reach: their endpoint is gone, or what could not be delivered waits unread.
import type { Sql } from './pool.js';

export interface DisabledEndpoint {
  readonly agency: string;
  readonly since: Date;
}

/** Gives, of these endpoints, those that answered 410. */
export async function disabledEndpoints(
  sql: Sql,
  endpoints: readonly { readonly agency: string; readonly url: string }[],
): Promise<DisabledEndpoint[]> {
  const { rows } = await sql.query(
    `select d.agency, d.disabled_at as since from disabled_endpoints d
     join unnest($1::text[], $2::text[]) as known (agency, url) on known.agency = d.agency and known.url = d.url
     order by d.disabled_at`,
    [endpoints.map(({ agency }) => agency), endpoints.map(({ url }) => url)],
  );
  return rows as unknown as DisabledEndpoint[];
}

export interface UnreadNotices {
  readonly agency: string;
  readonly notices: number;
  readonly since: Date;
}

/** Counts for each agency the notices that could not be delivered and that it has not acknowledged. */
export async function unreadNotices(sql: Sql): Promise<UnreadNotices[]> {
  const { rows } = await sql.query(
    `select agency, count(*) as notices, min(due_at) as since from notice_deliveries
     where state = 'mailbox' and attempts > 0 and acknowledged_at is null group by agency order by agency`,
  );
  return rows as unknown as UnreadNotices[];
}
