// Which keys an entry may have: each once, none that could be taken for the prototype of an object, none that
// could not be stored as a heading.
import { hasControlCharacters } from '../core/normalise-text.js';
import { overLimit, type ReadingLimits } from '../core/reading-limits.js';
import { keyNotAllowed, keyRepeated } from './entry-faults.js';

/** Longest key, in UTF-16 units: the columns of a batch are kept in its row. */
const MAX_KEY_CHARACTERS = 1000;

/** Throws `file.key-not-allowed` where a key is none that a file of records has. */
export function refuseKey(key: string, row: number): void {
  if (key === '__proto__' || key.length > MAX_KEY_CHARACTERS || hasControlCharacters(key))
    throw keyNotAllowed(row, key);
}

/** Throws `file.key-repeated` where a key of an entry stands twice. */
export function refuseRepeatedKeys(keys: readonly string[], row: number): void {
  if (new Set(keys).size === keys.length) return;
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(key)) throw keyRepeated(row, key);
    seen.add(key);
  }
}

/** Throws `file.too-large` where an entry has more keys than a row may have columns. */
export function limitKeys(count: number, row: number, { maxColumns }: ReadingLimits): void {
  if (count > maxColumns) throw overLimit('maxColumns', maxColumns, row);
}

/** Throws `file.limit-exceeded` where a value is longer than a cell may be. */
export function limitValue(value: string, row: number, { maxCellCharacters }: ReadingLimits): void {
  if (value.length > maxCellCharacters) throw overLimit('maxCellCharacters', maxCellCharacters, row);
}
