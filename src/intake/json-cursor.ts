// A place in the text of one JSON object, and the steps that whoever reads it takes.
import type { GatewayError } from '../core/errors.js';
import type { ReadingLimits } from '../core/reading-limits.js';
import { malformedEntry, truncated } from './entry-faults.js';

export interface Cursor {
  readonly text: string;
  readonly row: number;
  readonly limits: ReadingLimits;
  /** Neither backslash nor control character stands in the text: strings are what is between two quotes. */
  readonly isPlain: boolean;
  /** Nothing comes behind the text: where it stops too early, the file was cut off. */
  readonly endsFile: boolean;
  at: number;
  /** Set by what is read: a number was met. */
  hasNumber: boolean;
  /** Set by what is read: an object, or a list of lists, was met. */
  isNested: boolean;
}

const SPECIAL = /[\\\u0000-\u001f]/;
const SPACE = 32;
const TAB = 9;
const NEWLINE = 10;
const RETURN = 13;
const QUOTE = 34;
const BACKSLASH = 92;

/** Puts a cursor before the first character. */
export function createCursor(text: string, place: Pick<Cursor, 'row' | 'limits' | 'endsFile'>): Cursor {
  return { text, ...place, isPlain: !SPECIAL.test(text), at: 0, hasNumber: false, isNested: false };
}

/** Forgets what was met in the value before. */
export function beginValue(cursor: Cursor): void {
  cursor.hasNumber = false;
  cursor.isNested = false;
}

/** Steps over the four characters that are white space in JSON. */
export function skipSpace(cursor: Cursor): void {
  const { text } = cursor;
  for (;;) {
    const code = text.charCodeAt(cursor.at);
    if (code !== SPACE && code !== NEWLINE && code !== RETURN && code !== TAB) return;
    cursor.at += 1;
  }
}

/** Steps over this character and the white space behind it; throws where another one stands. */
export function expect(cursor: Cursor, code: number): void {
  if (cursor.text.charCodeAt(cursor.at) !== code) throw fault(cursor);
  cursor.at += 1;
  skipSpace(cursor);
}

/** Reads a string with its escapes resolved. */
export function readString(cursor: Cursor): string {
  const { text, isPlain } = cursor;
  if (text.charCodeAt(cursor.at) !== QUOTE) throw fault(cursor);
  const start = cursor.at + 1;
  let end = text.indexOf('"', start);
  if (!isPlain) while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  cursor.at = end < 0 ? text.length : end + 1;
  if (end < 0) throw fault(cursor);
  const raw = text.slice(start, end);
  return isPlain || !SPECIAL.test(raw) ? raw : unescape(raw, cursor);
}

/** Tells whether an odd number of backslashes stands before `at`. */
function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
  return (at - first) % 2 === 1;
}

function unescape(raw: string, cursor: Cursor): string {
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    throw malformedEntry(cursor.row);
  }
}

/** The failure of a text at which the cursor cannot go on. */
export function fault({ text, at, row, endsFile }: Cursor): GatewayError {
  return endsFile && at >= text.length ? truncated(row) : malformedEntry(row);
}
