// Dates as they are really written, to `YYYY-MM-DD`. The year comes first or nothing is read: day and
// month are never guessed, and neither is a century.
import { LONG_TERM } from './definitions.js';

export interface DateOptions {
  /** Reads integers as Excel serials (1900 system). */
  readonly excelSerials: boolean;
  /** Reads 长期 as 2099-12-31. */
  readonly longTerm: boolean;
}

const CANONICAL = /^\d{4}-\d{2}-\d{2}$/;
const WRITTEN =
  /^(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日?)(?:[ T]*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?Z?)?$/;
const COMPACT = /^(\d{4})(\d{2})(\d{2})$/;
const SERIAL = /^(\d{1,5})(?:\.0+)?$/;
const AMBIGUOUS = /^\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})$/;
const LAST_SERIAL = 73_050;
const LEAP_BUG_SERIAL = 60;
const DAY_MS = 86_400_000;

/** Reads a date; null where the text is none, or lies outside 1900 to 2099. */
export function parseDate(text: string, options: DateOptions): string | null {
  const plain = CANONICAL.test(text) ? text : text.normalize('NFKC').trim();
  if (options.longTerm && plain === '长期') return LONG_TERM;
  const written = WRITTEN.exec(plain);
  if (written !== null)
    return isTimeOfDay(written)
      ? realDay(written[1], written[3] ?? written[5], written[4] ?? written[6])
      : null;
  const compact = COMPACT.exec(plain);
  if (compact !== null) return realDay(compact[1], compact[2], compact[3]);
  const serial = options.excelSerials ? SERIAL.exec(plain) : null;
  return serial === null ? null : fromSerial(Number(serial[1]));
}

/** Tells whether a text looks like a date that does not say which part is the day. */
export function isAmbiguousDate(text: string): boolean {
  return AMBIGUOUS.test(text.normalize('NFKC').trim());
}

function isTimeOfDay([, , , , , , , hours = '0', minutes = '0', seconds = '0']: RegExpExecArray): boolean {
  return Number(hours) < 24 && Number(minutes) < 60 && Number(seconds) < 60;
}

function realDay(year = '', month = '', day = ''): string | null {
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  if (y < 1900 || y > 2099 || m < 1 || m > 12 || d < 1 || d > daysIn(y, m)) return null;
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Excel counts 1900 as a leap year: serial 60 is a day that never was, later ones are one too high. */
function fromSerial(serial: number): string | null {
  if (serial < 1 || serial > LAST_SERIAL || serial === LEAP_BUG_SERIAL) return null;
  const days = serial > LEAP_BUG_SERIAL ? serial - 1 : serial;
  return new Date(Date.UTC(1899, 11, 31) + days * DAY_MS).toISOString().slice(0, 10);
}
