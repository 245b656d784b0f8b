// Fills in the keys by which records are searched for what was stored before there were such keys: a chunk at a time,
// each in a transaction of its own that moves the mark, so that a run which is killed costs one chunk.
import type { ListingFields } from '../core/catalogue.js';
import { shanghaiDay } from '../core/clock.js';
import type { CanonicalRecord } from '../core/definitions.js';
import { isGatewayError } from '../core/errors.js';
import type { Connection, Database } from '../db/pool.js';
import {
  fillVersions,
  finishBackfill,
  moveMark,
  nextChunk,
  readUnfilled,
  takeMark,
  type UnfilledVersion,
} from '../db/search-backfill.js';
import { awaitWriters } from '../db/sealed-columns.js';
import type { Logger } from '../platform/logger.js';
import type { Sealer } from '../platform/sealing.js';
import { storedKeys } from '../records/stored-keys.js';

export interface BackfillNeeds {
  readonly database: Database;
  readonly sealer: Pick<Sealer, 'open' | 'index'>;
  readonly nameFieldOf: (recordType: string) => string;
  readonly listingOf: (recordType: string) => ListingFields | undefined;
  readonly log: Logger;
  /** For how long writers under way are waited for; whoever comes to write waits behind that. */
  readonly waitMs: number;
  /** Ends it early: what is filled in stays. */
  readonly signal: AbortSignal;
}

interface FilledChunk {
  readonly filled: number;
  /** Versions whose sealed value has been changed, and so does not open. */
  readonly closed: readonly UnfilledVersion[];
}

const VERSIONS = [{ table: 'record_versions', column: 'sealed' }];

/** Fills in all that is left; gives how many versions, undefined where nothing is left or another process is at it, `written` where somebody has written for too long: the rest is for the next time. */
export async function fillSearchKeys(needs: BackfillNeeds): Promise<number | 'written' | undefined> {
  const first = await fillToEnd(needs);
  if (first === undefined) return undefined;
  // A later version takes over what the one before it lacks: who read that before it was filled in is waited for.
  if (!(await awaitWriters(needs.database, VERSIONS, needs.waitMs))) return 'written';
  const second = await fillToEnd(needs);
  if (second === undefined) return undefined;
  await finishBackfill(needs.database);
  return first + second;
}

/** Undefined where somebody else does it, or it is to stop. */
async function fillToEnd(needs: BackfillNeeds): Promise<number | undefined> {
  for (let sum = 0; !needs.signal.aborted;) {
    const chunk = await needs.database.transaction((sql) => fillNext(sql, needs));
    if (chunk === 'taken') return undefined;
    if (chunk === 'end') return sum;
    sum += chunk.filled;
    const [one] = chunk.closed;
    if (one !== undefined)
      needs.log.error(
        { record: one.recordId, version: one.version, count: chunk.closed.length },
        'Sealed values do not open; their versions stay without search keys',
      );
  }
  return undefined;
}

async function fillNext(sql: Connection, needs: BackfillNeeds): Promise<FilledChunk | 'taken' | 'end'> {
  const mark = await takeMark(sql);
  if (mark === undefined) return 'taken';
  const chunk = await nextChunk(sql, mark);
  if (chunk === undefined) return 'end';
  const { sealer } = needs;
  const of = {
    nameField: needs.nameFieldOf(chunk.recordType),
    listing: needs.listingOf(chunk.recordType),
    index: (value: string) => sealer.index(value),
    today: shanghaiDay(chunk.committedAt),
  };
  const versions = await readUnfilled(sql, { id: chunk.id, hasRemovals: of.listing !== undefined });
  const closed: UnfilledVersion[] = [];
  const filled = versions.flatMap((version) => {
    const record = recordOf(version, sealer);
    if (record === 'closed') closed.push(version);
    if (record === 'closed' || record === undefined) return [];
    const { nameKey, removes } = storedKeys(record, of);
    const { recordId, isOwn } = version;
    return [{ recordId, version: version.version, nameKey, removes: isOwn ? removes : null }];
  });
  await fillVersions(sql, filled);
  await moveMark(sql, chunk.lastPosition);
  return { filled: filled.length, closed };
}

/** What is masked stands unmasked in what is sealed. Throws where the key is missing, for that can be put back. */
function recordOf(
  { data, sealed }: UnfilledVersion,
  sealer: Pick<Sealer, 'open'>,
): CanonicalRecord | 'closed' | undefined {
  if (data === null) return undefined;
  const masked = JSON.parse(data) as CanonicalRecord;
  if (sealed === null) return masked;
  try {
    return { ...masked, ...(JSON.parse(sealer.open(sealed).toString()) as CanonicalRecord) };
  } catch (error) {
    if (isGatewayError(error) && error.code === 'internal.unexpected') return 'closed';
    throw error;
  }
}
