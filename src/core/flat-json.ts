// The members of a JSON object as they stand in its text. Where values are passed on as they are, parsing a record and
// writing each value again takes three times as long as cutting the text at its quotes.

/** A name and the JSON text of its value. */
export type Member = readonly [name: string, value: string];

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN = 91;
const CLOSE = 93;
const BACKSLASH = 92;

/** Gives the members of an object of texts and lists of texts, written without spaces as RFC 8785 has it; of any other, by parsing. */
export function readMembers(json: string): Member[] {
  return (
    cutMembers(json) ??
    Object.entries(JSON.parse(json) as object).map(([name, value]) => [name, JSON.stringify(value)])
  );
}

/** Gives undefined at the first thing that is not as simple as that: an escape, a number, a space. */
function cutMembers(json: string): Member[] | undefined {
  const members: Member[] = [];
  for (let at = json.startsWith('{') ? 1 : -1; at > 0;) {
    const colon = endOfText(json, at);
    if (colon < 0 || json.charCodeAt(colon) !== COLON) return undefined;
    const to = endOfValue(json, colon + 1);
    if (to < 0) return undefined;
    members.push([json.slice(at + 1, colon - 1), json.slice(colon + 1, to)]);
    if (json.charCodeAt(to) !== COMMA)
      return to === json.length - 1 && json.endsWith('}') ? members : undefined;
    at = to + 1;
  }
  return undefined;
}

function endOfValue(json: string, at: number): number {
  return json.charCodeAt(at) === OPEN ? endOfList(json, at) : endOfText(json, at);
}

/** Gives the place behind the text that begins at `at`, -1 where none does or it holds an escape. */
function endOfText(json: string, at: number): number {
  if (json.charCodeAt(at) !== QUOTE) return -1;
  const end = json.indexOf('"', at + 1);
  return end < 0 || json.charCodeAt(end - 1) === BACKSLASH ? -1 : end + 1;
}

function endOfList(json: string, at: number): number {
  if (json.charCodeAt(at + 1) === CLOSE) return at + 2;
  for (let end = endOfText(json, at + 1); end >= 0; end = endOfText(json, end + 1)) {
    const next = json.charCodeAt(end);
    if (next === CLOSE) return end + 1;
    if (next !== COMMA) return -1;
  }
  return -1;
}
