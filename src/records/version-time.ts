// Reads the time at which an agency says a version was made (column SJC and the like).
import { parseDate } from '../core/parse-date.js';

const TIME = /[ T](\d{1,2}):(\d{2})(?::(\d{2}))?/;
const SHANGHAI_OFFSET_MS = 8 * 3_600_000;

/** Gives milliseconds since 1970 of a local Asia/Shanghai time such as `2026/01/31 08:00:00`; NaN where it is none. */
export function parseVersionTime(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const date = parseDate(trimmed, { excelSerials: false, longTerm: false });
  if (date === null) return Number.NaN;
  const [, hours = '0', minutes = '0', seconds = '0'] = TIME.exec(trimmed) ?? [];
  const ofDay = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return Date.parse(`${date}T00:00:00Z`) + ofDay * 1000 - SHANGHAI_OFFSET_MS;
}
