// How a file is read, as it may be stored: a heading in which an ID number stands is no column of ours and is masked.
import { maskPersonalNumbersIn } from '../core/mask.js';

/** Gives the same reading with personal numbers in its headings masked. */
export function maskedReading<T extends { readonly headings: readonly string[] }>(
  reading: T,
  today: string,
): T {
  return { ...reading, headings: reading.headings.map((heading) => maskPersonalNumbersIn(heading, today)) };
}
