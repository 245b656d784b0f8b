// A removal from a list is a decision of its own, and ends the entry that it names: same list, same subject, the
// document number of the entry, and the agency that delivered both.
import type { Change, Fingerprint, Listing } from '../core/rows.js';
import { documentKey, type Ground } from './ground.js';

export interface Removal {
  readonly recordId: string;
  readonly orderedAtMs: number;
  readonly subject: Fingerprint['subject'];
  readonly listing: Listing & { readonly removes: string };
}

/** Gives the versions that end the entries in force of a removal; none where no such entry is known. */
export function endsOfEntries(
  { recordId, orderedAtMs, subject, listing }: Removal,
  ground: Ground,
): Change[] {
  const holders = ground.documents.get(documentKey({ subject, documentNumber: listing.removes }));
  return [...(holders ?? [])].flatMap((id) => {
    const current = ground.current.get(id);
    const isEntry = id !== recordId && ground.lists.get(id) === listing.list;
    if (current === undefined || !isEntry || current.agency !== ground.agency || current.operation === 'd')
      return [];
    const { contentHash, documentNumber, nameKey, openness } = current;
    return {
      recordId: id,
      version: current.version + 1,
      operation: 'd',
      orderedAtMs,
      contentHash,
      subject: current.subject,
      documentNumber,
      nameKey,
      data: '{}',
      secrets: null,
      endsOn: null,
      openness,
    };
  });
}
