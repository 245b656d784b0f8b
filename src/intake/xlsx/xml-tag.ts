// One start tag on bytes: the name of the element and its attributes, as codes and places.
import { codeOf, nameCode } from './name-code.js';
import { malformed } from './workbook-faults.js';
import { decodeReference, referenceEnd } from './xml-reference.js';

/** The tag goes on in bytes that are still to come. */
export const INCOMPLETE = -1;

export interface TagAttributes {
  /** Code of the element's name. */
  element: number;
  isClosed: boolean;
  count: number;
  bytes: Buffer;
  readonly names: Int32Array;
  /** Where the values stand in `bytes`. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Where the name of the element ends, and that of each attribute begins, in `bytes`. */
  nameStart: number;
  nameEnd: number;
}

interface TagPlace {
  /** Behind the `<`. */
  readonly from: number;
  readonly end: number;
  readonly part: string;
}

/** More than any element of a workbook has. */
const MAX_ATTRIBUTES = 128;
const SLASH = 47;
const GREATER = 62;
const EQUALS = 61;
const LESS = 60;
const AMPERSAND = 38;

/** Marks the bytes that a name may have: letters, digits, `-._:` and all that is not ASCII. */
const NAME_BYTES = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 128 || /[\w:.-]/.test(String.fromCharCode(byte)) ? 1 : 0,
);
const BLANKS = Uint8Array.from({ length: 256 }, (_, byte) => ([9, 10, 13, 32].includes(byte) ? 1 : 0));

/** Makes the place for the attributes of one tag after the other. */
export function createTagAttributes(): TagAttributes {
  return {
    element: 0,
    isClosed: false,
    count: 0,
    bytes: Buffer.alloc(0),
    names: new Int32Array(MAX_ATTRIBUTES),
    starts: new Int32Array(MAX_ATTRIBUTES),
    ends: new Int32Array(MAX_ATTRIBUTES),
    nameStart: 0,
    nameEnd: 0,
  };
}

/** Gives the text of an attribute; undefined where the tag has none of this name. */
export function attributeText(attributes: TagAttributes, name: string): string | undefined {
  const place = attributes.names.subarray(0, attributes.count).indexOf(codeOf(name));
  if (place < 0) return undefined;
  return attributes.bytes.toString('utf8', attributes.starts[place], attributes.ends[place]);
}

/** Scans a start tag into `tag`; gives where the text behind it begins. */
export function scanTag(bytes: Buffer, place: TagPlace, tag: TagAttributes): number {
  const { from, end, part } = place;
  let at = from;
  while (at < end && NAME_BYTES[bytes[at] as number] === 1) at += 1;
  if (at === end) return INCOMPLETE;
  if (at === from) throw malformed('a < that begins nothing', { part });
  tag.bytes = bytes;
  tag.element = nameCode(bytes, from, at);
  tag.nameStart = from;
  tag.nameEnd = at;
  tag.count = 0;
  for (;;) {
    const next = skipBlanks(bytes, at, end);
    if (next === end) return INCOMPLETE;
    const byte = bytes[next];
    tag.isClosed = byte === SLASH;
    if (byte === GREATER) return next + 1;
    if (byte === SLASH) return closes(bytes, next + 1, place);
    if (next === at) throw malformed('attributes without a space', { part });
    at = scanAttribute(bytes, { from: next, end, part }, tag);
    if (at === INCOMPLETE) return at;
  }
}

function closes(bytes: Buffer, at: number, { end, part }: TagPlace): number {
  if (at === end) return INCOMPLETE;
  if (bytes[at] !== GREATER) throw malformed('a / within a tag', { part });
  return at + 1;
}

function scanAttribute(bytes: Buffer, { from, end, part }: TagPlace, tag: TagAttributes): number {
  let at = from;
  while (at < end && NAME_BYTES[bytes[at] as number] === 1) at += 1;
  const name = nameCode(bytes, from, at);
  const nameEnd = at;
  at = skipBlanks(bytes, at, end);
  if (at === end) return INCOMPLETE;
  if (nameEnd === from || bytes[at] !== EQUALS) throw malformed('an attribute without a value', { part });
  at = skipBlanks(bytes, at + 1, end);
  if (at === end) return INCOMPLETE;
  const quote = bytes[at];
  if (quote !== 34 && quote !== 39) throw malformed('an attribute without quotes', { part });
  const close = findQuote(bytes, { from: at + 1, end, part }, quote);
  if (close === INCOMPLETE) return close;
  addAttribute(tag, name, part);
  tag.starts[tag.count - 1] = at + 1;
  tag.ends[tag.count - 1] = close;
  return close + 1;
}

function addAttribute(tag: TagAttributes, name: number, part: string): void {
  for (let i = 0; i < tag.count; i += 1)
    if (tag.names[i] === name) throw malformed('an attribute that stands twice', { part });
  if (tag.count === MAX_ATTRIBUTES) throw malformed('a tag with too many attributes', { part });
  tag.names[tag.count] = name;
  tag.count += 1;
}

function findQuote(bytes: Buffer, { from, end, part }: TagPlace, quote: number): number {
  let at = from;
  let references = 0;
  while (at < end && bytes[at] !== quote) {
    const byte = bytes[at] as number;
    if (byte === LESS || (byte < 32 && BLANKS[byte] === 0))
      throw malformed('a character that no attribute may have', { part });
    if (byte === AMPERSAND) references += 1;
    at += 1;
  }
  if (at === end) return INCOMPLETE;
  if (references > 0) checkReferences(bytes, { from, end: at, part });
  return at;
}

function checkReferences(bytes: Buffer, { from, end, part }: TagPlace): void {
  for (let at = bytes.indexOf(AMPERSAND, from); at >= 0 && at < end; at = bytes.indexOf(AMPERSAND, at + 1)) {
    const close = referenceEnd(bytes, at, end);
    if (close < 0 || decodeReference(bytes, at, close) === undefined)
      throw malformed('an unknown entity', { part });
  }
}

function skipBlanks(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && BLANKS[bytes[at] as number] === 1) at += 1;
  return at;
}
