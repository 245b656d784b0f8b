// Where the pages of a service are: the address of the first one, and that of the next one as the last one
// tells. A link is followed within the same origin only.
import type { HttpPullSettings, PullPaging } from '../../core/configuration.js';
import { pullFailed, type PagePlace } from './pull-fault.js';
import type { Page } from './read-page.js';

export interface Turn {
  readonly paging: PullPaging | undefined;
  readonly url: URL;
  readonly page: Page;
  /** Rows of this page and those before it. */
  readonly rowsSoFar: number;
  readonly place: PagePlace;
}

/** Gives the address of the first page, to be asked from the value `since`. */
export function firstAddress({ url, paging, since: rule }: HttpPullSettings, since: string | undefined): URL {
  const address = new URL(url);
  if (paging?.kind === 'page') {
    address.searchParams.set(paging.parameter, String(paging.first));
    if (paging.sizeParameter !== undefined && paging.size !== undefined)
      address.searchParams.set(paging.sizeParameter, String(paging.size));
  }
  if (rule !== undefined && since !== undefined) address.searchParams.set(rule.parameter, since);
  return address;
}

/** Gives the address of the next page; undefined behind the last one. */
export function nextAddress(turn: Turn): URL | undefined {
  const { paging } = turn;
  switch (paging?.kind) {
    case undefined:
      return undefined;
    case 'page':
      return isLast(paging, turn) ? undefined : numbered(paging, turn);
    case 'cursor':
      return turn.page.next === undefined ? undefined : pointedAt(turn.page.next, paging, turn);
  }
}

type Numbered = Extract<PullPaging, { kind: 'page' }>;

function isLast({ size }: Numbered, { page: { rows, total }, rowsSoFar, place }: Turn): boolean {
  if (total === undefined) return rows.length === 0 || (size !== undefined && rows.length < size);
  if (rowsSoFar >= total) return true;
  if (rows.length > 0) return false;
  throw pullFailed(
    place,
    `gave only ${rowsSoFar} of ${total} rows, page ${place.page} being empty`,
    `共 ${total} 行只返回 ${rowsSoFar} 行，第 ${place.page} 页为空`,
  );
}

function numbered({ parameter, first }: Numbered, { url, place }: Turn): URL {
  const next = new URL(url);
  next.searchParams.set(parameter, String(first + place.page));
  return next;
}

type Pointed = Extract<PullPaging, { kind: 'cursor' }>;

function pointedAt(pointer: string, { parameter }: Pointed, { url, page, place }: Turn): URL | undefined {
  const next = parameter === undefined || isLink(pointer) ? follow(pointer, url, place) : new URL(url);
  if (parameter !== undefined && !isLink(pointer)) next.searchParams.set(parameter, pointer);
  // An empty page that points at itself is where a service waits for more.
  return page.rows.length === 0 && next.href === url.href ? undefined : next;
}

/** A cursor may begin with a slash, as Base64 does; a question mark is in none. */
function isLink(pointer: string): boolean {
  return /^https?:\/\//i.test(pointer) || /^[/?][^?]*\?|^\?/.test(pointer);
}

function follow(pointer: string, url: URL, place: PagePlace): URL {
  const link = URL.canParse(pointer, url.href) ? new URL(pointer, url) : undefined;
  if (link?.origin !== url.origin)
    throw pullFailed(
      place,
      `leads from page ${place.page} to another host, which is not followed`,
      `第 ${place.page} 页指向其他主机，未予访问`,
    );
  // Who we are is said in headers alone.
  link.username = '';
  link.password = '';
  link.hash = '';
  return link;
}
