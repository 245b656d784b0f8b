// Keys as columns: entries of JSON and XML have keys of their own, in any order, and some of them not at
// all. The columns of a file are the keys of its first entries, one for each field.
import type { Mapping } from '../core/definitions.js';
import { headingKey } from '../core/heading-key.js';
import { knownHeadings } from '../core/heading-match.js';
import type { ReadingLimits } from '../core/reading-limits.js';
import type { KeyedRow, ParsedRow } from '../core/rows.js';
import { limitKeys } from './check-keys.js';
import { keyRepeated } from './entry-faults.js';

/** Gives the keys of some entries in the order of their first appearance; throws `file.too-large` where they are too many. */
export function collectKeys(sample: readonly KeyedRow[], limits: ReadingLimits): string[] {
  const found = new Set<string>();
  let last: readonly string[] = [];
  for (const { keys, row } of sample) {
    if (keys === last) continue;
    for (const key of keys) found.add(key);
    limitKeys(found.size, row, limits);
    last = keys;
  }
  return [...found];
}

/** Names the columns: the keys of the sample, one for each field, then the fields that no key stands for yet. */
export function collectHeadings(sample: readonly KeyedRow[], mapping: Mapping): string[] {
  const known = knownHeadings(mapping);
  const fieldOf = (heading: string): string | undefined => known.get(headingKey(heading))?.field;
  const headings: string[] = [];
  const fields = new Set<string>();
  const add = (heading: string, field: string | undefined): void => {
    if (field !== undefined && fields.has(field)) return;
    if (field !== undefined) fields.add(field);
    headings.push(heading);
  };
  for (const key of new Set(sample.flatMap(({ keys }) => keys))) add(key, fieldOf(key));
  for (const [heading, { field }] of known) add(heading, field);
  return headings;
}

/** Compiles the placing of values under these columns: by key, or by what the mapping knows of the key. */
export function compileKeyColumns(
  headings: readonly string[],
  mapping: Mapping,
): (entry: KeyedRow) => ParsedRow {
  const columnOf = compileColumnOf(headings, mapping);
  const found = new Map<string, number>();
  let last: { keys: readonly string[]; columns: readonly number[] } = { keys: [], columns: [] };
  const place = (key: string): number => {
    const known = found.get(key);
    if (known !== undefined) return known;
    const column = columnOf(key);
    // Hostile files have any number of keys.
    if (found.size < MAX_REMEMBERED) found.set(detached(key), column);
    return column;
  };
  return (entry) => {
    if (!isSame(entry.keys, last.keys)) last = { keys: entry.keys, columns: entry.keys.map(place) };
    return placeValues(entry, last.columns, headings.length);
  };
}

const MAX_REMEMBERED = 2000;

function compileColumnOf(headings: readonly string[], mapping: Mapping): (key: string) => number {
  const known = knownHeadings(mapping);
  const exact = new Map(headings.map((heading, i) => [heading, i]));
  const byField = new Map<string, number>();
  headings.forEach((heading, i) => {
    const field = known.get(headingKey(heading))?.field;
    if (field !== undefined && !byField.has(field)) byField.set(field, i);
  });
  return (key) => exact.get(key) ?? byField.get(known.get(headingKey(key))?.field ?? '') ?? -1;
}

/** Copies a text: as a part of a piece of the file it would keep the whole piece in memory. */
function detached(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}

function isSame(keys: readonly string[], others: readonly string[]): boolean {
  if (keys === others) return true;
  if (keys.length !== others.length) return false;
  for (let i = 0; i < keys.length; i += 1) if (keys[i] !== others[i]) return false;
  return true;
}

function placeValues(entry: KeyedRow, columns: readonly number[], width: number): ParsedRow {
  const cells = new Array<string>(width).fill('');
  for (let i = 0; i < columns.length; i += 1) {
    const column = columns[i] as number;
    const value = entry.values[i] as string;
    if (column < 0 || value === '') continue;
    if (cells[column] !== '' && cells[column] !== value) throw keyRepeated(entry.row, entry.keys[i] ?? '');
    cells[column] = value;
  }
  return {
    row: entry.row,
    cells,
    ...(entry.numbers === undefined ? {} : { numbers: placed(entry.numbers, columns) }),
    ...(entry.nested === undefined ? {} : { nested: placed(entry.nested, columns) }),
  };
}

function placed(places: readonly number[], columns: readonly number[]): number[] {
  return places.map((place) => columns[place] ?? -1).filter((column) => column >= 0);
}
