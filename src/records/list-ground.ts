// What is known of the lists that a chunk's rows are about: removals look for their entries, and entries for removals
// that came before them.
import type { Fingerprint } from '../core/rows.js';
import type { CurrentVersion, DocumentHolder } from '../db/current-versions.js';
import type { ListEntry, RemovalFound } from '../db/list-removals.js';
import type { GroundReads } from './ground-reads.js';
import { documentKey, noRemovals, noteRemoval, type Ground, type ListGround } from './ground.js';

interface Reading {
  readonly prints: readonly Fingerprint[];
  /** Who holds the documents that removals name. */
  readonly holders: readonly DocumentHolder[];
  readonly owner: { readonly agency: string; readonly recordType: string };
  /** Completed by the records that entries and removals lead to. */
  readonly known: Ground['current'];
}

/** Gives the entries that removals among the prints name. */
export function removedEntries(prints: readonly Fingerprint[]): ListEntry[] {
  return prints.flatMap(({ subject, listing }) =>
    listing?.removes === undefined ? [] : [{ subject, documentNumber: listing.removes }],
  );
}

/** Reads what the judging has to know of lists; asks nothing where the type has none. */
export async function readListGround(reads: GroundReads, reading: Reading): Promise<ListGround> {
  const { prints, holders, owner, known } = reading;
  const listing = prints.find((print) => print.listing !== undefined)?.listing;
  if (listing === undefined) return { lists: new Map(), removals: noRemovals(), ended: new Set() };
  const wanted = distinct(removedEntries(prints));
  const names = new Set(wanted.map(documentKey));
  const entries = holders.filter((one) => names.has(documentKey(one))).map(({ recordId }) => recordId);
  const removals = await reads.removals(owner.recordType, newEntries(prints, known));
  const ids = [...new Set([...entries, ...removals.map(({ recordId }) => recordId)])];
  await complete(reads, known, ids);
  return {
    lists: ids.length === 0 ? new Map<string, string>() : await reads.fieldOf(listing.field, ids),
    removals: groupRemovals(removals),
    ended: new Set((await reads.endedEntries(owner, wanted)).map(documentKey)),
  };
}

function newEntries(prints: readonly Fingerprint[], known: Ground['current']): ListEntry[] {
  const entries = prints.filter(
    ({ recordId, listing }) => listing !== undefined && listing.removes === undefined && !known.has(recordId),
  );
  return distinct(entries);
}

function distinct(entries: readonly ListEntry[]): ListEntry[] {
  return [...new Map(entries.map((entry) => [documentKey(entry), entry])).values()];
}

async function complete(
  reads: GroundReads,
  known: Map<string, CurrentVersion>,
  ids: readonly string[],
): Promise<void> {
  const unknown = ids.filter((id) => !known.has(id));
  for (const version of await reads.currentVersions(unknown)) known.set(version.recordId, version);
}

function groupRemovals(found: readonly RemovalFound[]): ListGround['removals'] {
  const removals = noRemovals();
  for (const { recordId, ...entry } of found) noteRemoval(removals, recordId, entry);
  return removals;
}
