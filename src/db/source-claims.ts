// The lease under which one worker processes the batches of one source.
import type { Sql } from './pool.js';

export interface SourceClaim {
  readonly source: string;
  readonly owner: string;
  readonly now: Date;
  readonly claimMs: number;
}

/** Takes or renews the lease; false while another worker holds it. */
export async function claimSource(sql: Sql, claim: SourceClaim): Promise<boolean> {
  const { rowCount } = await sql.query(
    `insert into source_claims as held (source, claimed_by, claimed_until) values ($1, $2, $3)
     on conflict (source) do update set claimed_by = excluded.claimed_by, claimed_until = excluded.claimed_until
     where held.claimed_by is null or held.claimed_by = excluded.claimed_by or held.claimed_until <= $4`,
    [claim.source, claim.owner, new Date(claim.now.getTime() + claim.claimMs), claim.now],
  );
  return rowCount === 1;
}

/** Gives the lease back. */
export async function releaseSource(sql: Sql, source: string, owner: string): Promise<void> {
  await sql.query(
    'update source_claims set claimed_by = null, claimed_until = null where source = $1 and claimed_by = $2',
    [source, owner],
  );
}
