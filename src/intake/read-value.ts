// One value of a JSON entry as the text of a cell. Digits stay as the file has them: no number becomes a
// double on its way.
import type { GatewayError } from '../core/errors.js';
import { overLimit } from '../core/reading-limits.js';
import { expect, fault, readString, skipSpace, type Cursor } from './json-cursor.js';
import { refuseKey, refuseRepeatedKeys } from './check-keys.js';
import { plainDigits } from './plain-digits.js';

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORDS = ['true', 'false', 'null'] as const;
/** What may be the beginning of a word or number, up to the end of the text. */
const CUT_OFF = /[-+.\w]*$/y;
const GOES_ON = /[-+.\w]/;
const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** Reads the value at the cursor, at this nesting; '' where it is null, or no cell, which `isNested` tells. */
export function readValue(cursor: Cursor, depth: number): string {
  switch (cursor.text.charCodeAt(cursor.at)) {
    case QUOTE:
      return readString(cursor);
    case OPEN_LIST:
      return readList(cursor, depth);
    case OPEN_OBJECT:
      return readObject(cursor, depth);
    default:
      return readBare(cursor);
  }
}

function readBare(cursor: Cursor): string {
  const { text } = cursor;
  for (const word of WORDS)
    if (text.startsWith(word, cursor.at)) {
      cursor.at += word.length;
      return word === 'null' ? '' : word;
    }
  NUMBER.lastIndex = cursor.at;
  const number = NUMBER.exec(text)?.[0];
  if (number === undefined || GOES_ON.test(text[cursor.at + number.length] ?? '')) throw bareFault(cursor);
  cursor.at += number.length;
  cursor.hasNumber = true;
  return plainDigits(number);
}

function bareFault(cursor: Cursor): GatewayError {
  CUT_OFF.lastIndex = cursor.at;
  if (CUT_OFF.test(cursor.text)) cursor.at = cursor.text.length;
  return fault(cursor);
}

/** A list of plain values is one value, joined by semicolons. */
function readList(cursor: Cursor, depth: number): string {
  const values: string[] = [];
  readItems(cursor, { depth, close: CLOSE_LIST }, () => {
    if (cursor.text.charCodeAt(cursor.at) === OPEN_LIST) cursor.isNested = true;
    values.push(readValue(cursor, depth + 1));
  });
  return cursor.isNested ? '' : values.join(';');
}

function readObject(cursor: Cursor, depth: number): string {
  const keys: string[] = [];
  cursor.isNested = true;
  readItems(cursor, { depth, close: CLOSE_OBJECT }, () => {
    const key = readString(cursor);
    refuseKey(key, cursor.row);
    keys.push(key);
    skipSpace(cursor);
    expect(cursor, COLON);
    readValue(cursor, depth + 1);
  });
  refuseRepeatedKeys(keys, cursor.row);
  return '';
}

/** Reads what stands between two brackets, the cursor being at the first one. */
function readItems(
  cursor: Cursor,
  { depth, close }: { depth: number; close: number },
  readItem: () => void,
): void {
  const { limits, row, text } = cursor;
  if (depth > limits.maxDepth) throw overLimit('maxDepth', limits.maxDepth, row);
  cursor.at += 1;
  skipSpace(cursor);
  if (text.charCodeAt(cursor.at) !== close)
    for (;;) {
      readItem();
      skipSpace(cursor);
      if (text.charCodeAt(cursor.at) !== COMMA) break;
      cursor.at += 1;
      skipSpace(cursor);
    }
  if (text.charCodeAt(cursor.at) !== close) throw fault(cursor);
  cursor.at += 1;
}
