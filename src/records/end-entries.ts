// A removal from a list is a decision of its own, and ends the entry that it names: same list, same subject, the
// document number of the entry, and the agency that delivered both. Whichever of the two comes second ends the entry.
import type { CurrentVersion } from '../db/current-versions.js';
import type { Change, Listing } from '../core/rows.js';
import { documentKey, noteRemoval, type Ground } from './ground.js';

export interface ListedRow {
  readonly recordId: string;
  readonly orderedAtMs: number;
  readonly subject: string;
  readonly documentNumber: string;
  readonly listing: Listing;
}

/** Notes what a row that has just been stored says of lists. */
export function noteListed({ recordId, subject, listing }: ListedRow, { lists, removals }: Ground): void {
  lists.set(recordId, listing.list);
  if (listing.removes !== undefined)
    noteRemoval(removals, recordId, { subject, documentNumber: listing.removes });
}

/** Gives the versions that end the entries in force that a removal names. */
export function endsOfEntries(row: ListedRow, ground: Ground): Change[] {
  return entriesOf(row, ground).map((entry) => endOf(entry, row.orderedAtMs));
}

/** Gives the version that ends an entry because its removal has come before it. */
export function endOfRemoved(row: ListedRow, ground: Ground): Change[] {
  const current = ground.current.get(row.recordId);
  return current !== undefined && isRemoved(row, ground) ? [endOf(current, row.orderedAtMs)] : [];
}

/** Tells whether the entry of a removal is known, in force or not any more. */
export function isEntryKnown(row: Omit<ListedRow, 'orderedAtMs'>, ground: Ground): boolean {
  const { subject, listing } = row;
  const { removes } = listing;
  if (removes === undefined) return false;
  return (
    ground.ended.has(documentKey({ subject, documentNumber: removes })) || entriesOf(row, ground).length > 0
  );
}

function isRemoved({ subject, documentNumber, listing }: ListedRow, ground: Ground): boolean {
  const { byEntry, entryOf } = ground.removals;
  const key = documentKey({ subject, documentNumber });
  return [...(byEntry.get(key) ?? [])].some((id) => {
    const removal = ground.current.get(id);
    // An amended removal may name another entry by now.
    const names = entryOf.get(id) === key && ground.lists.get(id) === listing.list;
    return names && removal?.agency === ground.agency && removal.operation === 'u';
  });
}

function entriesOf(
  { recordId, subject, listing }: Omit<ListedRow, 'orderedAtMs'>,
  ground: Ground,
): CurrentVersion[] {
  const { removes = '' } = listing;
  const holders = ground.documents.get(documentKey({ subject, documentNumber: removes }));
  return [...(holders ?? [])].flatMap((id) => {
    const current = ground.current.get(id);
    const isEntry = id !== recordId && ground.lists.get(id) === listing.list;
    const isOwn = current?.agency === ground.agency && current.operation === 'u';
    return isEntry && isOwn ? [current] : [];
  });
}

function endOf(
  { recordId, version, contentHash, subject, documentNumber, nameKey, openness }: CurrentVersion,
  orderedAtMs: number,
): Change {
  return {
    recordId,
    version: version + 1,
    operation: 'd',
    orderedAtMs,
    contentHash,
    subject,
    documentNumber,
    nameKey,
    data: '{}',
    secrets: null,
    endsOn: null,
    openness,
    removes: null,
  };
}
