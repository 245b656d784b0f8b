// A value of a row as a problem may show it: masked, short, and nothing in it that PostgreSQL cannot hold.
import { maskPersonalNumbersIn } from './mask.js';

const SHOWN_CHARACTERS = 40;
const UNSTORABLE = /[\u0000-\u001f\u007f]|\p{Surrogate}/gu;

/** Gives at most 40 characters of a value; cut by characters, not by halves of them. */
export function shownValue(value: string, today: string): string {
  const characters = [...maskPersonalNumbersIn(value, today)];
  const shown = characters.slice(0, SHOWN_CHARACTERS).join('').replace(UNSTORABLE, '·');
  return characters.length > SHOWN_CHARACTERS ? `${shown}…` : shown;
}
