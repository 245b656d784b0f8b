// What a cell says, as text: numbers in plain decimal notation with the 15 digits that Excel has, dates in
// ISO form, and the characters that XML cannot hold.
import type { NumberKind } from './number-formats.js';
import { serialDate, serialTime, type Epoch } from './serial-date.js';

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)?$/;
const SHORT_INTEGER = /^[1-9]\d{0,14}$/;
const EXCEL_DIGITS = 15;
const ESCAPED = /_x([\dA-Fa-f]{4})_/g;

/** Decodes `_xHHHH_`, which stands for the UTF-16 unit HHHH; `_x005F_` is the underscore of such a form. */
export function decodeEscapes(text: string): string {
  if (!text.includes('_x')) return text;
  return text.replace(ESCAPED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Writes a number as Excel shows it in a cell that is wide enough, never with an exponent. */
export function plainNumber(text: string): string {
  if (SHORT_INTEGER.test(text)) return text;
  const value = Number(text);
  if (!Number.isFinite(value)) return text;
  const [digits = '', exponent = '0'] = value.toExponential(EXCEL_DIGITS - 1).split('e');
  return shiftPoint(digits.replace(/\.?0+$/, ''), Number(exponent));
}

/** Moves the point of `d.ddd` by `by` places. */
function shiftPoint(mantissa: string, by: number): string {
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replaceAll(/[-.]/g, '');
  if (digits === '0') return '0';
  if (by < 0) return `${sign}0.${'0'.repeat(-by - 1)}${digits}`;
  const whole = digits.slice(0, by + 1).padEnd(by + 1, '0');
  const rest = digits.slice(by + 1);
  return `${sign}${whole}${rest === '' ? '' : `.${rest}`}`;
}

export interface NumberCell {
  readonly text: string;
  /** Whether the text is a number's: then digits may have been lost. */
  readonly isNumber: boolean;
}

/** Says what a cell of a number shows under its format. */
export function numberCell(text: string, kind: NumberKind, epoch: Epoch): NumberCell {
  if (!NUMBER.test(text)) return { text, isNumber: false };
  const date = kind === 'number' ? undefined : dateText(Number(text), kind, epoch);
  return date === undefined ? { text: plainNumber(text), isNumber: true } : { text: date, isNumber: false };
}

function dateText(serial: number, kind: Exclude<NumberKind, 'number'>, epoch: Epoch): string | undefined {
  switch (kind) {
    case 'date':
      return serialDate(serial, epoch) ?? (serial > 0 && serial < 1 ? serialTime(serial) : undefined);
    case 'time':
      return serial < 1 ? serialTime(serial) : serialDate(serial, epoch);
    case 'elapsed':
      return serialTime(serial);
  }
}

const ISO = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

/** Writes the ISO 8601 date of a cell of type `d` as `YYYY-MM-DD` or `YYYY-MM-DD HH:MM:SS`. */
export function isoCell(text: string): string {
  const [, day, minutes, seconds = '00'] = ISO.exec(text) ?? [];
  if (day === undefined) return text;
  const time = `${minutes ?? '00:00'}:${seconds}`;
  return time === '00:00:00' ? day : `${day} ${time}`;
}

/** TRUE and FALSE as Excel shows them. */
export function booleanCell(text: string): string {
  if (text === '1' || text === 'true') return 'TRUE';
  return text === '0' || text === 'false' ? 'FALSE' : text;
}
