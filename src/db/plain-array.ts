// An array parameter as one text. The driver looks at each element and quotes it, which for the thousand changes of a
// message takes longer than PostgreSQL takes to read them.

/** Writes numbers, UUIDs, hex digits and single letters, which need no quotes; never texts from outside. */
export function plainArray(values: readonly (number | string)[]): string {
  return `{${values.join(',')}}`;
}

/** Writes bytes that are given in hex. */
export function plainBytes(values: readonly string[]): string {
  return `{${values.map((hex) => `\\\\x${hex}`).join(',')}}`;
}
