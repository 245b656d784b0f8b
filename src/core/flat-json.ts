// Where the members of a JSON object stand in its bytes. Where values are passed on as they are, parsing a record and
// writing each value again takes several times as long as cutting it at its quotes.
import { addText, growingBytes, writtenBytes, type Span } from './growing-bytes.js';

export interface Member {
  /** Without its quotes. */
  readonly name: Span;
  readonly value: Span;
}

export interface Members {
  /** What the members are pieces of: what was given where that could be cut. */
  readonly json: Buffer;
  readonly members: readonly Member[];
}

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const OPEN = 123;
const CLOSE = 125;

/** Gives the members of an object of texts and lists of texts, written without spaces as RFC 8785 has it; of any other, by parsing. */
export function readMembers(json: Buffer): Members {
  const members = cutMembers(json);
  return members === undefined ? parseMembers(json) : { json, members };
}

/** Gives the texts of a list that is a value cut by `readMembers`, without their quotes; undefined where it is something else. */
export function readTexts(json: Buffer, { from, to }: Span): Span[] | undefined {
  if (json[from] !== OPEN_LIST) return undefined;
  const texts: Span[] = [];
  for (let at = from + 1; at < to - 1;) {
    const end = endOfText(json, at);
    if (end < 0) return undefined;
    texts.push({ from: at + 1, to: end - 1 });
    if (json[end] !== COMMA && json[end] !== CLOSE_LIST) return undefined;
    at = end + 1;
  }
  return texts;
}

/** Gives undefined at the first thing that is not as simple as that: a number, a space, a list in a list. */
function cutMembers(json: Buffer): Member[] | undefined {
  const members: Member[] = [];
  const end = json.length - 1;
  for (let at = json[0] === OPEN && json[end] === CLOSE ? 1 : end; at < end;) {
    const colon = endOfText(json, at);
    if (colon < 0 || json[colon] !== COLON) return undefined;
    const to = endOfValue(json, colon + 1);
    if (to < 0) return undefined;
    members.push({ name: { from: at + 1, to: colon - 1 }, value: { from: colon + 1, to } });
    if (json[to] !== COMMA) return to === end ? members : undefined;
    at = to + 1;
  }
  return undefined;
}

function endOfValue(json: Buffer, at: number): number {
  if (json[at] !== OPEN_LIST) return endOfText(json, at);
  if (json[at + 1] === CLOSE_LIST) return at + 2;
  for (let end = endOfText(json, at + 1); end >= 0; end = endOfText(json, end + 1)) {
    if (json[end] === CLOSE_LIST) return end + 1;
    if (json[end] !== COMMA) return -1;
  }
  return -1;
}

/** Gives the place behind the text that begins at `at`, -1 where none does. */
function endOfText(json: Buffer, at: number): number {
  if (json[at] !== QUOTE) return -1;
  for (let end = at + 1; end < json.length; end += 1) {
    if (json[end] === QUOTE) return end + 1;
    if (json[end] === BACKSLASH) end += 1;
  }
  return -1;
}

function parseMembers(json: Buffer): Members {
  const out = growingBytes(json.length);
  const add = (value: unknown, quotes: number): Span => {
    const from = out.length;
    addText(out, JSON.stringify(value));
    return { from: from + quotes, to: out.length - quotes };
  };
  const entries = Object.entries(JSON.parse(json.toString()) as object);
  const members = entries.map(([name, value]) => ({ name: add(name, 1), value: add(value, 0) }));
  return { json: writtenBytes(out), members };
}
