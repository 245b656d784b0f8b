// XML for the two parts of a workbook that hold its rows, on bytes: Buffers of any cut go in, events come
// out, and no text is decoded that nobody asks for. A row of 23 cells costs 24 µs of processor time with it and
// 66 with saxes (shared strings; inline 21 and 37). It takes XML 1.0 without a DTD and throws at anything else.
import { isUtf8 } from 'node:buffer';
import { nameCode } from './name-code.js';
import { decodeReference, mayGoOn, referenceEnd } from './xml-reference.js';
import { hasDoctype, malformed } from './workbook-faults.js';
import { checkDeclaration } from './part-text.js';
import { createTagAttributes, INCOMPLETE, scanTag, type TagAttributes } from './xml-tag.js';

export interface XmlEvents {
  /** An element begins, the root at depth 1; its attributes can be asked for until the call returns. */
  open(name: number, depth: number, attributes: TagAttributes): void;
  close(name: number, depth: number): void;
  /** Some bytes of text, references resolved; the text of one element may come in pieces. */
  text(bytes: Buffer, start: number, end: number): void;
}

export interface XmlScanner {
  write(bytes: Buffer): void;
  /** Throws where the document is not complete. */
  end(): void;
}

interface Scan {
  readonly part: string;
  readonly events: XmlEvents;
  readonly attributes: TagAttributes;
  /** Codes of the names of the open elements. */
  readonly open: Int32Array;
  depth: number;
  isRootClosed: boolean;
  bytes: Buffer;
  end: number;
}

/** Deeper than any part of a workbook is nested. */
const MAX_DEPTH = 64;
/** Longer than any tag or comment of a workbook is. */
const MAX_HELD_BYTES = 1_048_576;
const LESS = 60;
const GREATER = 62;
const SLASH = 47;
const EXCLAMATION = 33;
const QUESTION = 63;
const AMPERSAND = 38;
const RETURN = 13;
const NEWLINE = Buffer.from('\n');
const COMMENT = Buffer.from('!--');
const CDATA = Buffer.from('![CDATA[');
const DOCTYPE = Buffer.from('!DOCTYPE');

/** Marks the bytes at which plain text ends: `<`, `&`, CR, and the control characters that XML forbids. */
const TEXT_ENDS = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === LESS || byte === AMPERSAND || (byte < 32 && byte !== 9 && byte !== 10) ? 1 : 0,
);

/** Makes a scanner for one part; every call throws `file.malformed` or `file.doctype` at a fault. */
export function createXmlScanner(part: string, events: XmlEvents): XmlScanner {
  const scan: Scan = {
    part,
    events,
    attributes: createTagAttributes(),
    open: new Int32Array(MAX_DEPTH + 1),
    depth: 0,
    isRootClosed: false,
    bytes: NEWLINE,
    end: 0,
  };
  let held: Buffer = Buffer.alloc(0);
  let checked = 0;
  return {
    write: (bytes) => {
      scan.bytes = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      scan.end = scan.bytes.length - splitCharacter(scan.bytes);
      if (!isUtf8(scan.bytes.subarray(checked, scan.end))) throw malformed('bytes that are not UTF-8', scan);
      const at = scanAll(scan);
      held = scan.bytes.subarray(at);
      checked = scan.end - at;
      if (held.length > MAX_HELD_BYTES) throw malformed('a tag without an end', scan);
    },
    end: () => {
      if (held.length > 0 || !scan.isRootClosed) throw malformed('an XML part that ends too early', scan);
    },
  };
}

/** Counts the bytes of a character at the end of which more is to come. */
function splitCharacter(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

/** Scans what is complete; gives where the rest begins. */
function scanAll(scan: Scan): number {
  let at = 0;
  while (at < scan.end) {
    const next = scan.bytes[at] === LESS ? scanMarkup(scan, at + 1) : scanText(scan, at);
    if (next === INCOMPLETE) return at;
    at = next;
  }
  return at;
}

function scanText(scan: Scan, from: number): number {
  const { bytes, end } = scan;
  let at = from;
  while (at < end && TEXT_ENDS[bytes[at] as number] === 0) at += 1;
  if (at > from) {
    giveText(scan, from, at);
    return at;
  }
  if (bytes[at] === AMPERSAND) return scanReference(scan, at);
  if (bytes[at] !== RETURN) throw malformed('a control character', scan);
  // A line break is LF, whatever the file has (XML 1.0, 2.11).
  if (at + 1 === end) return INCOMPLETE;
  if (bytes[at + 1] !== 10 && scan.depth > 0) scan.events.text(NEWLINE, 0, 1);
  return at + 1;
}

function scanReference(scan: Scan, from: number): number {
  const end = referenceEnd(scan.bytes, from, scan.end);
  if (end < 0 && mayGoOn(from, scan.end)) return INCOMPLETE;
  const character = end < 0 ? undefined : decodeReference(scan.bytes, from, end);
  if (character === undefined || scan.depth === 0) throw malformed('an unknown entity', scan);
  scan.events.text(character, 0, character.length);
  return end + 1;
}

function giveText(scan: Scan, from: number, to: number): void {
  if (scan.depth > 0) scan.events.text(scan.bytes, from, to);
  else if (scan.bytes.toString('latin1', from, to).trim() !== '')
    throw malformed('text around the XML', scan);
}

/** Scans what a `<` begins; `at` is behind it. */
function scanMarkup(scan: Scan, at: number): number {
  const { bytes, end } = scan;
  if (at >= end) return INCOMPLETE;
  const byte = bytes[at];
  if (byte === SLASH) return closeElement(scan, at + 1);
  if (byte === EXCLAMATION) return scanDeclaration(scan, at);
  return byte === QUESTION ? scanInstruction(scan, at) : openElement(scan, at);
}

function openElement(scan: Scan, at: number): number {
  const { attributes, events } = scan;
  const next = scanTag(scan.bytes, { from: at, end: scan.end, part: scan.part }, attributes);
  if (next === INCOMPLETE) return next;
  if (scan.isRootClosed) throw malformed('a second root element', scan);
  if (scan.depth === MAX_DEPTH) throw malformed('elements nested too deeply', scan);
  scan.depth += 1;
  scan.open[scan.depth] = attributes.element;
  events.open(attributes.element, scan.depth, attributes);
  if (attributes.isClosed) leaveElement(scan);
  return next;
}

function closeElement(scan: Scan, at: number): number {
  const { bytes, end } = scan;
  let nameEnd = at;
  while (nameEnd < end && (bytes[nameEnd] as number) > 32 && bytes[nameEnd] !== GREATER) nameEnd += 1;
  let close = nameEnd;
  while (close < end && isBlank(bytes[close] as number)) close += 1;
  if (close === end) return INCOMPLETE;
  const isRight = scan.depth > 0 && nameCode(bytes, at, nameEnd) === scan.open[scan.depth];
  if (bytes[close] !== GREATER || !isRight) throw malformed('an end tag without its start', scan);
  leaveElement(scan);
  return close + 1;
}

function leaveElement(scan: Scan): void {
  scan.events.close(scan.open[scan.depth] as number, scan.depth);
  scan.depth -= 1;
  scan.isRootClosed = scan.depth === 0;
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9 || byte === 10 || byte === RETURN;
}

function scanDeclaration(scan: Scan, at: number): number {
  const { bytes, end } = scan;
  if (startsWith(scan, at, COMMENT)) {
    const close = bytes.indexOf('-->', at + COMMENT.length);
    return close < 0 || close + 3 > end ? INCOMPLETE : passCharacters(scan, at, close + 3);
  }
  if (startsWith(scan, at, CDATA)) {
    const close = bytes.indexOf(']]>', at);
    if (close < 0 || close + 3 > end) return INCOMPLETE;
    if (scan.depth === 0) throw malformed('text around the XML', scan);
    passCharacters(scan, at, close);
    scan.events.text(bytes, at + CDATA.length, close);
    return close + 3;
  }
  if (startsWith(scan, at, DOCTYPE)) throw hasDoctype(scan.part);
  if (end - at < DOCTYPE.length) return INCOMPLETE;
  throw malformed('a declaration that is none', scan);
}

function startsWith({ bytes, end }: Scan, at: number, wanted: Buffer): boolean {
  return end - at >= wanted.length && bytes.compare(wanted, 0, wanted.length, at, at + wanted.length) === 0;
}

function scanInstruction(scan: Scan, at: number): number {
  const close = scan.bytes.indexOf('?>', at);
  if (close < 0 || close + 2 > scan.end) return INCOMPLETE;
  checkDeclaration(scan.bytes.toString('latin1', at + 1, close), scan.part);
  return passCharacters(scan, at, close + 2);
}

/** Where `<` and `&` mean nothing, control characters are still forbidden; gives where it ends. */
function passCharacters(scan: Scan, from: number, to: number): number {
  for (let at = from; at < to; at += 1) {
    const byte = scan.bytes[at] as number;
    if (byte < 32 && !isBlank(byte)) throw malformed('a control character', scan);
  }
  return to;
}
