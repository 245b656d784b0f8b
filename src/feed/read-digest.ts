// The running digest of one view of the feed at a position, from the nearest place at which it is known. Works on in
// pages, and notes a place every few thousand events, so that nobody works through millions twice.
import { hash } from 'node:crypto';
import { GatewayError } from '../core/errors.js';
import { EMPTY_DIGEST, foldEvent } from '../core/feed-digest.js';
import { readFoldableAfter, readKeptPositions, type ReaderView } from '../db/changes.js';
import {
  addDigestPlace,
  readDigestPlace,
  readFirstDigestPlace,
  type DigestPlace,
} from '../db/feed-digests.js';
import type { Sql } from '../db/pool.js';
import { checkKept, parsePosition } from './feed-position.js';

export interface FeedDigest {
  /** Changes with what the catalogue and the destination's entry open: then a reader folds anew from the beginning. */
  readonly view: string;
  /** The event behind which the digest begins; `0` where that is the first. */
  readonly since: string;
  readonly lastEventId: string;
  readonly count: number;
  readonly digest: string;
}

const PAGE = 1000;
const NOTE_EVERY = 5000;

/** Gives the digest at an event, at the last one where none is named; throws as `followFeed` does for its id. */
export async function readFeedDigest(
  lastEventId: string | undefined,
  { sql, view }: { sql: Sql; view: ReaderView },
): Promise<FeedDigest> {
  const kept = await readKeptPositions(sql);
  const at = parsePosition(lastEventId ?? String(kept.last));
  checkKept(at, kept);
  const name = digestViewOf(view);
  const place = await placeAt(at, { sql, view, name, kept });
  const { since, count, digest } = place;
  return { view: name, since: String(since), lastEventId: String(at), count, digest };
}

/** Works the digest of a view out up to the last event, so that asking is cheap. */
export async function keepFeedDigest(deps: {
  sql: Sql;
  view: ReaderView;
  /** Ends it early: what is worked out is kept. */
  signal: AbortSignal;
}): Promise<void> {
  const kept = await readKeptPositions(deps.sql);
  await placeAt(kept.last, { ...deps, name: digestViewOf(deps.view), kept });
}

interface Fold {
  readonly sql: Sql;
  readonly view: ReaderView;
  readonly name: string;
  readonly kept: { readonly first: number };
  readonly signal?: AbortSignal;
}

async function placeAt(at: number, fold: Fold): Promise<DigestPlace> {
  const { sql, view, name } = fold;
  let place = await beginning(at, fold);
  let noted = place.position;
  while (place.position < at && fold.signal?.aborted !== true) {
    const limit = Math.min(PAGE, at - place.position);
    const { events, lookedTo } = await readFoldableAfter(sql, { after: place.position, limit, view });
    // What is not for this view counts for nothing: where only such is left, the digest stays.
    const position = Math.min(lookedTo ?? at, at);
    const seen = events.filter(({ id }) => Number(id) <= at);
    const digest = seen.reduce(foldEvent, place.digest);
    place = { since: place.since, position, count: place.count + seen.length, digest };
    if (position - noted < NOTE_EVERY) continue;
    await addDigestPlace(sql, name, place);
    noted = position;
  }
  return place;
}

/** Behind the beginning of what is kept, events may be gone: there the digest is known at its places alone. */
async function beginning(at: number, { sql, name, kept }: Fold): Promise<DigestPlace> {
  const oldest = kept.first - 1;
  const known = await readDigestPlace(sql, name, at);
  if (known !== undefined && (known.position >= oldest || known.position === at)) return known;
  const next = oldest === 0 ? undefined : await readFirstDigestPlace(sql, name, oldest);
  if (next !== undefined) throw unknownBefore(next.position);
  const fresh = { position: oldest, since: oldest, count: 0, digest: EMPTY_DIGEST };
  if (oldest > 0) await addDigestPlace(sql, name, fresh);
  return fresh;
}

function unknownBefore(position: number): GatewayError {
  return new GatewayError(
    'feed.past-retention',
    `Events behind this lastEventId are no longer kept; the digest is known from lastEventId=${position} on.`,
    {
      details: { lastEventId: String(position) },
      detailZh: `该 lastEventId 之前的部分事件已超过保存期限，摘要自编号 ${position} 起可查。`,
    },
  );
}

/** Names a view by what can be seen in it. */
export function digestViewOf({ openTypes, closedTypes, openness }: ReaderView): string {
  const text = JSON.stringify([openness, [...openTypes].sort(), [...closedTypes].sort()]);
  return hash('sha256', text, 'hex').slice(0, 16);
}
