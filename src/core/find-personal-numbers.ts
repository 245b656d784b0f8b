// Finds ID numbers in running text: alone, glued to other digits (a year, a telephone number), in full width, with
// spaces or hyphens between. A number of 18 counts by its date and check character; standing alone, it counts
// already where it is no unified social credit code. What is looked at grows with the text, not faster.
import { checkCitizenId, isOldCitizenId, isRealDay } from './citizen-id.js';
import { digitGroups, nextDigitRun, type DigitGroup } from './digit-runs.js';
import { isOrganisationCode } from './organisation-code.js';
import { isRegistrationNumber } from './registration-number.js';
import {
  hasValidOrganisationPart,
  isUnifiedSocialCreditCode,
  PLACEHOLDER_CODE,
} from './unified-social-credit-code.js';

const LENGTH = 18;
const OLD_LENGTH = 15;
/** Digits farther apart than this are not one number. */
const MOST_BETWEEN = 3;
/** Groups up to this length are years, months, days: no number begins or ends within one. */
const SHORT_GROUP = 4;
/** What a number may not touch to stand alone; a star is what is left of another one. */
const TOUCHES = /[0-9A-Za-z*]/;
const BIRTH = 6;
const [ZERO, ONE, TWO, THREE, EIGHT] = [0x30, 0x31, 0x32, 0x33, 0x38];
/**
 * Codes made of region, day and serial number look like the number of somebody born on that day, one in eleven to the
 * check character. Within longer runs of digits nobody is looked for who is too young to be held responsible
 * (Administrative Penalties Law, article 30).
 */
const RESPONSIBLE_AGE = 14;
/** Regions of citizens do not begin with these, codes of enterprises do. */
const OF_ENTERPRISES = /^9[1-3]/;

const NONE: readonly (readonly number[])[] = [];

interface Look {
  readonly text: string;
  /** `YYYY-MM-DD`; who is born later has no number yet. */
  readonly today: string;
  readonly found: (places: readonly number[]) => void;
}

/** Gives the places of the characters of each number that is found; they may overlap. */
export function findPersonalNumbers(text: string, today: string): readonly (readonly number[])[] {
  let run = nextDigitRun(text);
  if (run === undefined) return NONE;
  const all: (readonly number[])[] = [];
  const look: Look = { text, today, found: (places) => all.push(places) };
  for (; run !== undefined; run = nextDigitRun(text, run.end)) lookThrough(digitGroups(text, run), look);
  return all;
}

/** Groups that may belong to one number are looked through together; a code of an organisation parts them. */
function lookThrough(groups: readonly DigitGroup[], look: Look): void {
  let together: DigitGroup[] = [];
  const end = (): void => {
    findWindows(together, look);
    together = [];
  };
  for (const group of groups) {
    if (group.gap > MOST_BETWEEN) end();
    const alone = standsAlone(group, look.text) ? judgeAlone(group.digits, look.today) : undefined;
    if (alone === undefined) {
      together.push(group);
      continue;
    }
    end();
    if (alone === 'personal') look.found(placesOf(group));
  }
  end();
}

function placesOf({ digits, at }: DigitGroup): number[] {
  return Array.from(digits, (_, i) => at + i);
}

function standsAlone({ digits, at }: DigitGroup, text: string): boolean {
  if (digits.length !== LENGTH && digits.length !== OLD_LENGTH) return false;
  return !TOUCHES.test(text[at - 1] ?? '') && !TOUCHES.test(text[at + digits.length] ?? '');
}

/** Undefined where the digits alone say nothing: they may be a part. */
function judgeAlone(digits: string, today: string): 'personal' | 'organisation' | undefined {
  if (digits.length === OLD_LENGTH) {
    const isCode = isRegistrationNumber(digits) || isOrganisationCode(digits.slice(6));
    return !isCode && isOldCitizenId(digits) ? 'personal' : undefined;
  }
  if (digits === PLACEHOLDER_CODE) return 'organisation';
  if (!isUnifiedSocialCreditCode(digits)) return 'personal';
  const isEnterprise = OF_ENTERPRISES.test(digits) && hasValidOrganisationPart(digits);
  return !isEnterprise && checkCitizenId(digits, today) === 'valid' ? 'personal' : 'organisation';
}

function findWindows(groups: readonly DigitGroup[], { today, found }: Look): void {
  const digits = groups.map((group) => group.digits).join('');
  if (digits.length < LENGTH) return;
  const begins = beginsOf(groups);
  const bornBy = digits.length > LENGTH ? yearsBefore(today, RESPONSIBLE_AGE) : today;
  let group = 0;
  for (let from = 0; from + LENGTH <= digits.length; from += 1) {
    if (!isDateLike(digits, from + BIRTH)) continue;
    if (checkCitizenId(digits.slice(from, from + LENGTH), bornBy) !== 'valid') continue;
    while ((begins[group + 1] ?? Infinity) <= from) group += 1;
    const places = placesWithin({ groups, begins, group }, from);
    if (places !== undefined) found(places);
  }
}

function yearsBefore(day: string, years: number): string {
  return `${Number(day.slice(0, 4)) - years}${day.slice(4)}`;
}

function beginsOf(groups: readonly DigitGroup[]): number[] {
  let sum = 0;
  return groups.map(({ digits }) => (sum += digits.length) - digits.length);
}

/** Gives the places of a window that begins in a group; undefined where it cuts a word at one of its ends. */
function placesWithin(
  { groups, begins, group }: { groups: readonly DigitGroup[]; begins: readonly number[]; group: number },
  from: number,
): number[] | undefined {
  if (isWithinDate(groups, group)) return undefined;
  const to = from + LENGTH;
  const places: number[] = [];
  for (let i = group; places.length < LENGTH; i += 1) {
    const { digits, at } = groups[i] as DigitGroup;
    const begin = begins[i] as number;
    const [first, last] = [Math.max(from - begin, 0), Math.min(to - begin, digits.length)];
    const isWithin = last - first === LENGTH;
    if (last - first < digits.length && !isWithin && isWord(digits)) return undefined;
    for (let place = first; place < last; place += 1) places.push(at + place);
  }
  return places;
}

/** Tells whether a group may be the month or day of what stands before it. */
function isWithinDate(groups: readonly DigitGroup[], group: number): boolean {
  const [before, own] = [groups[group - 1], groups[group] as DigitGroup];
  return own.digits.length <= 2 && before !== undefined && before.digits.length <= SHORT_GROUP;
}

/** Tells whether the century, the month and the day may be those of a birth: most windows fail here. */
function isDateLike(digits: string, at: number): boolean {
  const [century, year, month] = [
    digits.charCodeAt(at),
    digits.charCodeAt(at + 1),
    digits.charCodeAt(at + 4),
  ];
  const isCentury = (century === ONE && year >= EIGHT) || (century === TWO && year === ZERO);
  return isCentury && month <= ONE && digits.charCodeAt(at + 6) <= THREE;
}

/** Tells whether a group is a word of its own, as the parts of dates are: a row of dates is no number. */
function isWord(digits: string): boolean {
  if (digits.length <= SHORT_GROUP) return true;
  return digits.length === 8 && isRealDay(`${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`);
}
