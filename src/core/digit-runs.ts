// Digits that stand together in a text, in half or full width, with spaces or hyphens between them or none. Looking
// for them is cheap where there are few: one character in fifteen is looked at.

/** A stretch of digits and separators in a text, from `start` to before `end`. */
export interface DigitRun {
  readonly start: number;
  readonly end: number;
}

/** Digits without anything between them; an X may be the last. */
export interface DigitGroup {
  /** In half width, X as a capital. */
  readonly digits: string;
  /** Where its first character stands in the text; the others follow. */
  readonly at: number;
  /** How many separators stand between the group before it and this one. */
  readonly gap: number;
}

/** The shortest personal number, the one of 15 digits. */
export const LEAST_DIGITS = 15;

/** Gives the next run of at least 15 digits that begins at `from` or later. */
export function nextDigitRun(text: string, from = 0): DigitRun | undefined {
  const { length } = text;
  // A run of 15 characters covers one of any fifteen places.
  for (let at = from + LEAST_DIGITS - 1; at < length; at += LEAST_DIGITS) {
    if (!isOfRun(text.charCodeAt(at))) continue;
    let start = at;
    while (start > from && isOfRun(text.charCodeAt(start - 1))) start -= 1;
    let digits = 0;
    let end = start;
    for (; end < length; end += 1) {
      const code = text.charCodeAt(end);
      if (isDigit(code)) digits += 1;
      else if (!isSeparator(code)) break;
    }
    if (digits >= LEAST_DIGITS) return { start, end };
    at = end;
  }
  return undefined;
}

/** Parts a run into its groups. */
export function digitGroups(text: string, { start, end }: DigitRun): DigitGroup[] {
  const groups: DigitGroup[] = [];
  let gap = 0;
  for (let at = start; at < end;) {
    if (!isDigit(text.charCodeAt(at))) {
      gap += 1;
      at += 1;
      continue;
    }
    let to = at + 1;
    while (to < end && isDigit(text.charCodeAt(to))) to += 1;
    groups.push({ digits: halfWidth(text.slice(at, to)), at, gap });
    gap = 0;
    at = to;
  }
  return isCheckX(text.charCodeAt(end)) ? withX(groups, { at: end, gap }) : groups;
}

function withX(groups: DigitGroup[], { at, gap }: { at: number; gap: number }): DigitGroup[] {
  const last = groups.at(-1);
  if (last === undefined || gap > 0) return [...groups, { digits: 'X', at, gap }];
  return [...groups.slice(0, -1), { ...last, digits: `${last.digits}X` }];
}

function halfWidth(digits: string): string {
  return /^\d*$/.test(digits)
    ? digits
    : digits.replace(/[０-９]/g, (digit) => String(digit.charCodeAt(0) - 0xff10));
}

function isOfRun(code: number): boolean {
  return isDigit(code) || isSeparator(code);
}

function isDigit(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0xff10 && code <= 0xff19);
}

/** Spaces, hyphens and marks without width; none that JSON would escape, so that a run is one in JSON as well. */
function isSeparator(code: number): boolean {
  if (code < 0x80) return code === 0x20 || code === 0x2d;
  if (code < 0x2000) return code === 0xa0 || code === 0xad;
  if (code < 0x2070) return code <= 0x2015 || (code >= 0x202a && code <= 0x202f) || code === 0x2060;
  return code === 0x2212 || code === 0x3000 || code === 0xfeff || code === 0xff0d;
}

function isCheckX(code: number): boolean {
  return code === 0x58 || code === 0x78 || code === 0xff38 || code === 0xff58;
}
