// One entry of a JSON file: the text of an object becomes keys and values. Read by hand, for JSON.parse
// loses what matters here: keys that stand twice, and the digits of long numbers.
import type { ReadingLimits } from '../core/reading-limits.js';
import type { KeyedRow } from '../core/rows.js';
import { limitKeys, limitValue, refuseKey, refuseRepeatedKeys } from './check-keys.js';
import {
  beginValue,
  createCursor,
  expect,
  fault,
  readString,
  skipSpace,
  type Cursor,
} from './json-cursor.js';
import { readValue } from './read-value.js';

/** Reads the text of an entry; throws `file.malformed`, `file.key-…` or a limit with its row. */
export type EntryReader = (text: string, row: number, endsFile?: boolean) => KeyedRow;

/** The keys of an entry, of which the next one has nearly always the same in the same order. */
interface Shape {
  readonly keys: readonly string[];
  /** The keys as they stand in the text, quotes included. */
  readonly quoted: readonly string[];
}

interface Entry {
  readonly keys: string[];
  readonly quoted: string[];
  readonly values: string[];
  readonly numbers: number[];
  readonly nested: number[];
  /** Whether a key was met that the shape does not have at its place. */
  isNew: boolean;
}

/** Keys of the shape that an entry may leave out at one place and still be read by it. */
const LOOK_AHEAD = 12;
const COMMA = 44;
const COLON = 58;
const OPEN = 123;
const CLOSE = 125;

/** Makes a reader for the entries of one file. */
export function createEntryReader(limits: ReadingLimits): EntryReader {
  let shape: Shape = { keys: [], quoted: [] };
  return (text, row, endsFile = false) => {
    const cursor = createCursor(text, { row, limits, endsFile });
    const entry: Entry = { keys: [], quoted: [], values: [], numbers: [], nested: [], isNew: false };
    skipSpace(cursor);
    expect(cursor, OPEN);
    if (text.charCodeAt(cursor.at) !== CLOSE) readMembers(cursor, entry, shape);
    expect(cursor, CLOSE);
    if (cursor.at < text.length) throw fault(cursor);
    // Keys that were found in the shape, in its order, are distinct as those of the shape are.
    if (entry.isNew) {
      refuseRepeatedKeys(entry.keys, row);
      shape = { keys: entry.keys, quoted: entry.quoted };
    }
    return keyedRow(row, entry, shape);
  };
}

function readMembers(cursor: Cursor, entry: Entry, shape: Shape): void {
  const { text, row, limits } = cursor;
  let next = 0;
  for (;;) {
    const known = findKey(cursor, shape, next);
    if (known < 0) readKey(cursor, entry);
    else {
      takeKey(cursor, entry, { shape, known });
      next = known + 1;
    }
    limitKeys(entry.keys.length, row, limits);
    skipSpace(cursor);
    expect(cursor, COLON);
    readMember(cursor, entry);
    skipSpace(cursor);
    if (text.charCodeAt(cursor.at) !== COMMA) return;
    cursor.at += 1;
    skipSpace(cursor);
  }
}

/** Gives where in the shape the key at the cursor stands; -1 where not near enough behind the last one. */
function findKey({ text, at }: Cursor, { quoted }: Shape, from: number): number {
  const end = Math.min(quoted.length, from + LOOK_AHEAD);
  for (let i = from; i < end; i += 1) if (text.startsWith(quoted[i] as string, at)) return i;
  return -1;
}

function takeKey(cursor: Cursor, entry: Entry, { shape, known }: { shape: Shape; known: number }): void {
  const quoted = shape.quoted[known] as string;
  entry.keys.push(shape.keys[known] as string);
  entry.quoted.push(quoted);
  cursor.at += quoted.length;
}

function readKey(cursor: Cursor, entry: Entry): void {
  const from = cursor.at;
  const key = readString(cursor);
  refuseKey(key, cursor.row);
  entry.keys.push(key);
  entry.quoted.push(cursor.text.slice(from, cursor.at));
  entry.isNew = true;
}

function readMember(cursor: Cursor, entry: Entry): void {
  const place = entry.values.length;
  beginValue(cursor);
  const value = readValue(cursor, 2);
  limitValue(value, cursor.row, cursor.limits);
  entry.values.push(value);
  if (cursor.isNested) entry.nested.push(place);
  else if (cursor.hasNumber) entry.numbers.push(place);
}

function keyedRow(row: number, { keys, values, numbers, nested }: Entry, shape: Shape): KeyedRow {
  return {
    row,
    // The same list for rows with the same keys lets the next stage keep its plan.
    keys: keys.length === shape.keys.length ? shape.keys : keys,
    values,
    ...(numbers.length === 0 ? {} : { numbers }),
    ...(nested.length === 0 ? {} : { nested }),
  };
}
