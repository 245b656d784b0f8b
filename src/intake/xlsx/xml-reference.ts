// The references that XML knows without a DTD: five names, and characters by number.

/** Bytes from `&` to `;` of the longest reference that is read. */
const LONGEST = 12;
const SEMICOLON = 59;
const HASH = 35;
const SMALL_X = 120;

const NAMED: ReadonlyMap<string, Buffer> = new Map([
  ['amp', Buffer.from('&')],
  ['lt', Buffer.from('<')],
  ['gt', Buffer.from('>')],
  ['quot', Buffer.from('"')],
  ['apos', Buffer.from("'")],
]);
const ASCII: readonly Buffer[] = Array.from({ length: 128 }, (_, byte) => Buffer.from([byte]));

/** Gives where the `;` of the reference stands that begins at `ampersand`; -1 where it is not among the bytes up to `end`. */
export function referenceEnd(bytes: Buffer, ampersand: number, end: number): number {
  const last = Math.min(end, ampersand + LONGEST);
  for (let at = ampersand + 1; at < last; at += 1) if (bytes[at] === SEMICOLON) return at;
  return -1;
}

/** Tells whether a reference that has no `;` yet may still get one behind `end`. */
export function mayGoOn(ampersand: number, end: number): boolean {
  return end - ampersand < LONGEST;
}

/** Gives the character, as UTF-8, of the reference between `&` and `;`; undefined where it is none. */
export function decodeReference(bytes: Buffer, ampersand: number, semicolon: number): Buffer | undefined {
  if (bytes[ampersand + 1] !== HASH) return NAMED.get(bytes.toString('latin1', ampersand + 1, semicolon));
  const isHex = bytes[ampersand + 2] === SMALL_X;
  const start = ampersand + (isHex ? 3 : 2);
  let point = start < semicolon ? 0 : -1;
  for (let at = start; at < semicolon && point >= 0; at += 1) {
    const digit = digitOf(bytes[at] as number, isHex);
    point = digit < 0 ? -1 : point * (isHex ? 16 : 10) + digit;
  }
  if (!isCharacter(point)) return undefined;
  return point < 128 ? ASCII[point] : Buffer.from(String.fromCodePoint(point));
}

function digitOf(byte: number, isHex: boolean): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = (byte | 32) - 97;
  return isHex && letter >= 0 && letter < 6 ? letter + 10 : -1;
}

/** XML 1.0, 2.2. */
function isCharacter(point: number): boolean {
  if (point < 32) return point === 9 || point === 10 || point === 13;
  return point <= 0xd7ff || (point >= 0xe000 && point <= 0x10ffff && point !== 0xfffe && point !== 0xffff);
}
