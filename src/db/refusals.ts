// What a destination refuses just now, for its operators: a page at a time, of one code where it is named.
import type { Sql } from './pool.js';

export interface RefusalView {
  readonly position: number;
  readonly recordId: string;
  readonly version: number;
  readonly agency: string | null;
  readonly recordType: string | null;
  readonly batch: string | null;
  readonly row: number | null;
  readonly code: string;
  readonly message: string;
  readonly refusedAt: Date;
}

export interface RefusalPage {
  readonly after: number | undefined;
  readonly limit: number;
  readonly code: string | undefined;
}

/** Lists refusals in position order, at most `limit` behind the position `after`. */
export async function listRefusals(sql: Sql, destination: string, page: RefusalPage): Promise<RefusalView[]> {
  const { rows } = await sql.query(
    `select r.position, r.record_id as "recordId", r.version, c.agency, c.record_type as "recordType",
       r.batch_id as batch, case when r.batch_id is null then null else r.row_number end as row, r.city_code as code,
       r.city_message as message, r.refused_at as "refusedAt"
     from refusals r
     left join lateral (select agency, record_type from chunks where changes > 0 and first_position <= r.position
                        order by first_position desc limit 1) c on true
     where r.destination = $1 and r.position > $2 and ($3::text is null or r.city_code = $3)
     order by r.position limit $4`,
    [destination, page.after ?? 0, page.code ?? null, page.limit],
  );
  return rows as unknown as RefusalView[];
}

/** Counts the refusals of a destination by code, the most frequent first. */
export async function countRefusals(
  sql: Sql,
  destination: string,
): Promise<{ readonly code: string; readonly count: number }[]> {
  const { rows } = await sql.query(
    `select city_code as code, count(*) as count from refusals where destination = $1
     group by city_code order by count desc, code limit 100`,
    [destination],
  );
  return rows as unknown as { code: string; count: number }[];
}
