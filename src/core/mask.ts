// Hides personal numbers wherever a record or a problem is shown.
import { checkCitizenId } from './citizen-id.js';
import { isUnifiedSocialCreditCode } from './unified-social-credit-code.js';

const CANDIDATE = /(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])/g;
const QUICK = /\d{17}[\dXx]/;
const LONG = 15;

/** Masks a number: of long ones the first three and last two characters stay, of short ones the first and the last two. */
export function maskPersonalNumber(number: string): string {
  if (number.length <= 4) return '*'.repeat(number.length);
  const shown = number.length >= LONG ? 3 : 1;
  return number.slice(0, shown) + '*'.repeat(number.length - shown - 2) + number.slice(-2);
}

/** Tells, cheaply, whether a text may hold an ID number. */
export function findsPersonalNumber(text: string): boolean {
  return QUICK.test(text);
}

/** Masks every run of 18 characters in a text that is a citizen ID or looks like one and is no unified social credit code. */
export function maskPersonalNumbersIn(text: string, today: string): string {
  if (!QUICK.test(text)) return text;
  return text.replace(CANDIDATE, (run) =>
    isPersonal(run.toUpperCase(), today) ? maskPersonalNumber(run) : run,
  );
}

function isPersonal(run: string, today: string): boolean {
  return checkCitizenId(run, today) === 'valid' || !isUnifiedSocialCreditCode(run);
}
