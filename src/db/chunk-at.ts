// The chunk that holds a position, as SQL. Positions have no holes, so it is the last one that begins there or before,
// and the index on the first positions finds it.

/** A row of `chunks`; behind the last position it is the last chunk, which holds no such ordinal. */
export function chunkAt(position: string): string {
  return `(select * from chunks where changes > 0 and first_position <= ${position}
    order by first_position desc limit 1)`;
}
