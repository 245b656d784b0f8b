// Asks a service for its pages, one after another. A page that cannot be had ends the pull: half a result
// would move the place behind rows that nobody has seen.
import type { ReadingLimits } from '../../core/reading-limits.js';
import { createEntryReader } from '../read-entry.js';
import { ask, type AskNeeds } from './ask.js';
import { firstAddress, nextAddress } from './next-page.js';
import { pullFailed } from './pull-fault.js';
import { readPage, type Page, type PulledRow } from './read-page.js';

export interface PagesNeeds extends AskNeeds {
  /** The id of the source. */
  readonly source: string;
  readonly limits: ReadingLimits;
}

const NO_ROWS: Page = { rows: [], next: undefined, total: undefined };

/** Yields the rows of each page; `since` is the value to ask from, undefined for all rows. */
export async function* askPages(
  since: string | undefined,
  needs: PagesNeeds,
): AsyncGenerator<readonly PulledRow[]> {
  const { settings, source, limits } = needs;
  const readEntry = createEntryReader(limits);
  const asked = new Set<string>();
  let url: URL | undefined = firstAddress(settings, since);
  let rowsSoFar = 0;
  let last = '';
  for (let number = 1; url !== undefined; number += 1) {
    const place = { source, page: number };
    refuseEndless(url, number, { asked, needs });
    asked.add(url.href);
    const body = await ask(url, place, needs);
    const page: Page = body === undefined ? NO_ROWS : readPage(body, { settings, limits, readEntry, place });
    const text = page.rows.map((row) => row.text).join('\n');
    if (text !== '' && text === last) throw repeated(source, number);
    last = text;
    rowsSoFar += page.rows.length;
    if (page.rows.length > 0) yield page.rows;
    url = nextAddress({ paging: settings.paging, url, page, rowsSoFar, place });
  }
}

function refuseEndless(
  url: URL,
  number: number,
  { asked, needs: { settings, source } }: { asked: ReadonlySet<string>; needs: PagesNeeds },
): void {
  if (number > settings.maxPages)
    throw pullFailed({ source }, `has more than ${settings.maxPages} pages`, `超过 ${settings.maxPages} 页`);
  if (asked.has(url.href))
    throw pullFailed(
      { source, page: number - 1 },
      `leads from page ${number - 1} back to an earlier one`,
      `第 ${number - 1} 页指回此前的页`,
    );
}

/** A service that does not know the parameter gives its first page for ever. */
function repeated(source: string, number: number): Error {
  return pullFailed(
    { source, page: number },
    `gave the same rows on the pages ${number - 1} and ${number}; it may not know the page parameter, or need its total named`,
    `第 ${number - 1} 页与第 ${number} 页内容相同，可能不识别分页参数，或需配置总行数`,
  );
}
