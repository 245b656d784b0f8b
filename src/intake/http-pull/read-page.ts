// One answer of a service: whether it is a success, the text of each row as the service wrote it, and where
// the next page is. The digits of its numbers are not touched; a row that no batch could read ends the pull.
import type { HttpPullSettings } from '../../core/configuration.js';
import { isGatewayError } from '../../core/errors.js';
import type { ReadingLimits } from '../../core/reading-limits.js';
import { createEntryScan } from '../entry-scan.js';
import type { EntryReader } from '../read-entry.js';
import { pullFailed, type PagePlace } from './pull-fault.js';
import { textAt, valueAt } from './value-at.js';

export interface PulledRow {
  /** The row as a JSON object in one line. */
  readonly text: string;
  /** The value of its `since` column, as written; undefined where it has none. */
  readonly changedAt: string | undefined;
}

export interface Page {
  readonly rows: readonly PulledRow[];
  /** The next cursor or link; undefined on the last page. */
  readonly next: string | undefined;
  /** How many rows there are on all pages, where the service says so. */
  readonly total: number | undefined;
}

export interface PageForm {
  readonly settings: HttpPullSettings;
  readonly limits: ReadingLimits;
  readonly readEntry: EntryReader;
  readonly place: PagePlace;
}

/** Reads the body of an answer with status 200; throws `pull.failed` where it is no success, or not as agreed. */
export function readPage(body: string, form: PageForm): Page {
  const { settings, place } = form;
  const { success, paging, rows } = settings;
  const answer = parse(body, place);
  if (success !== undefined && !success.equals.includes(valueAt(answer, success.at) as string))
    throw pullFailed(
      place,
      `answered page ${place.page} with an error in its body`,
      `第 ${place.page} 页应答内容为错误`,
    );
  const found = rows === undefined ? answer : valueAt(answer, rows);
  if (!Array.isArray(found))
    throw pullFailed(place, `gave no rows on page ${place.page}`, `第 ${place.page} 页没有数据行`);
  const next = paging?.kind === 'cursor' ? textAt(answer, paging.next, body) : undefined;
  return {
    rows: cutRows(body, found.length, form).map((text, i) => readRow(text, i + 1, form)),
    next: next === '' ? undefined : next,
    total: paging?.kind === 'page' ? totalAt(answer, paging.total, place) : undefined,
  };
}

function parse(body: string, place: PagePlace): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // No cause: JSON.parse quotes the body.
    throw pullFailed(
      place,
      `answered page ${place.page} with what is no JSON`,
      `第 ${place.page} 页应答不是 JSON`,
    );
  }
}

function totalAt(answer: unknown, path: string | undefined, place: PagePlace): number | undefined {
  if (path === undefined) return undefined;
  const total = valueAt(answer, path);
  const count = typeof total === 'string' && /^\d{1,15}$/.test(total) ? Number(total) : total;
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
  throw pullFailed(
    place,
    `does not say on page ${place.page} how many rows there are`,
    `第 ${place.page} 页未返回总行数`,
  );
}

function cutRows(body: string, count: number, { settings: { rows }, limits, place }: PageForm): string[] {
  const texts: string[] = [];
  try {
    const scan = createEntryScan(rows === undefined ? undefined : [rows], limits);
    scan.add(body, texts);
    scan.end();
  } catch (error) {
    throw unreadable(place, texts.length + 1, error);
  }
  // A key that stands twice leads the scan and JSON.parse to two places.
  if (texts.length !== count) throw unreadable(place, 1, undefined);
  // White space between the parts of an object may hold line breaks; within its texts there are none.
  return texts.map((text) => text.replace(/[\r\n]+/g, ' '));
}

function readRow(text: string, number: number, { settings, readEntry, place }: PageForm): PulledRow {
  try {
    const { keys, values } = readEntry(text, number);
    const at = settings.since === undefined ? -1 : keys.indexOf(settings.since.column);
    return { text, changedAt: values[at] };
  } catch (error) {
    throw unreadable(place, number, error);
  }
}

/** A batch would end at this row, and the place would be behind those that follow: better to fail now. */
function unreadable(place: PagePlace, row: number, error: unknown): Error {
  const reason = isGatewayError(error) ? error.code : 'file.malformed';
  return pullFailed(
    { ...place, reason },
    `gave a row that cannot be read on page ${place.page}, row ${row} (${reason})`,
    `第 ${place.page} 页第 ${row} 行无法读取（${reason}）`,
  );
}
