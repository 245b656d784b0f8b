// The faults that a source has had, so that one which comes again can be counted. One statement a chunk.
import type { Connection } from './pool.js';

export interface RowFault {
  readonly row: number;
  /** First 128 bits of a hash over record, code and column, as hex. */
  readonly fault: string;
}

// What this batch had itself is no repetition: `batch_number` is that of the first batch with the fault. A
// batch that was held keeps its old number, so that the first one may be found later.
const NOTE = `
  with given as (
    select f.row_number, f.fault, b.source, b.number
    from unnest($2::bigint[], $3::uuid[]) as f (row_number, fault), batches b where b.id = $1
  ), noted as (
    insert into source_faults as known (source, fault, batch_number)
    select distinct source, fault, number from given order by fault
    on conflict (source, fault) do update set batch_number = excluded.batch_number
      where excluded.batch_number < known.batch_number
  )
  select count(distinct g.row_number) as repeated from given g
  join source_faults known on known.source = g.source and known.fault = g.fault
  where known.batch_number < g.number`;

/** Notes the faults of a chunk; gives the number of its rows with a fault that an earlier batch of the source had. */
export async function noteFaults(
  connection: Connection,
  batchId: string,
  faults: readonly RowFault[],
): Promise<number> {
  if (faults.length === 0) return 0;
  const { rows } = await connection.query<{ repeated: number }>(NOTE, [
    batchId,
    faults.map(({ row }) => row),
    faults.map(({ fault }) => fault),
  ]);
  return rows[0]?.repeated ?? 0;
}
