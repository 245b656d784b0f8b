// Hides personal numbers wherever a record or a problem is shown.
import { nextDigitRun } from './digit-runs.js';
import { findPersonalNumbers } from './find-personal-numbers.js';

const LONG = 15;
const SHOWN_FIRST = 3;
const SHOWN_LAST = 2;

/** A day for texts that may be masked too much rather than too little: nobody is born after it. */
export const ANY_DAY = '9999-12-31';

/** Masks a number: of long ones the first three and last two characters stay, of short ones the first and the last two. */
export function maskPersonalNumber(number: string): string {
  if (number.length <= 4) return '*'.repeat(number.length);
  const shown = number.length >= LONG ? SHOWN_FIRST : 1;
  return number.slice(0, shown) + '*'.repeat(number.length - shown - SHOWN_LAST) + number.slice(-SHOWN_LAST);
}

/** Tells, cheaply, whether a text may hold an ID number: false is certain, true is not. */
export function mayHoldPersonalNumber(text: string): boolean {
  return nextDigitRun(text) !== undefined;
}

/** Tells whether a text holds what `maskPersonalNumbersIn` would mask. */
export function holdsPersonalNumber(text: string, today: string): boolean {
  return findPersonalNumbers(text, today).length > 0;
}

/** Tells whether a text holds what is an ID number by date and check character: the length alone, which many keys of databases have, says nothing here. */
export function holdsProvenNumber(text: string): boolean {
  // Between letters nothing counts by its length.
  return findPersonalNumbers(`a${text}a`, ANY_DAY).length > 0;
}

/** Masks every ID number in a text, as `findPersonalNumbers` finds them; unified social credit codes stay. Masking twice equals once. */
export function maskPersonalNumbersIn(text: string, today: string): string {
  const found = findPersonalNumbers(text, today);
  if (found.length === 0) return text;
  const hidden = new Set(found.flatMap((places) => places.slice(SHOWN_FIRST, -SHOWN_LAST)));
  let masked = '';
  let from = 0;
  for (const place of [...hidden].sort((one, other) => one - other)) {
    masked += `${text.slice(from, place)}*`;
    from = place + 1;
  }
  return masked + text.slice(from);
}

/** Gives a text by which something is found, with its personal numbers masked and the keyed index of the whole behind them. */
export function keyedText(
  text: string,
  { today, index }: { today: string; index: (value: string) => string },
): string {
  const masked = maskPersonalNumbersIn(text, today);
  return masked === text ? text : `${masked}#${index(text)}`;
}

/** Takes the keyed index away again: a text for showing. */
export function withoutIndex(text: string): string {
  return text.includes('*') ? text.replace(/#[0-9a-f]{32}(?= |$)/g, '') : text;
}

/** Masks personal numbers in every text of a list or of an object, names and values. */
export function maskDetails<T>(value: T): T;
export function maskDetails(value: unknown): unknown {
  if (typeof value === 'string') return maskPersonalNumbersIn(value, ANY_DAY);
  if (Array.isArray(value)) return value.map((part: unknown) => maskDetails(part));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [maskDetails(name), maskDetails(part as unknown)]),
  );
}
