// Reads what the rows of a chunk are judged by: the current versions of their records, who holds their documents, and
// what is known of the lists that they are about.
import type { FingerprintedRow } from '../core/rows.js';
import type { DocumentHolder } from '../db/current-versions.js';
import type { GroundReads, Owner } from './ground-reads.js';
import { documentKey, type Ground } from './ground.js';
import { readListGround, removedEntries } from './list-ground.js';

/** Reads the ground of a chunk of one batch. */
export async function readGround(
  reads: GroundReads,
  rows: readonly FingerprintedRow[],
  of: Owner & Pick<Ground, 'batchNumber' | 'orderNumber' | 'today'>,
): Promise<Ground> {
  const prints = rows.flatMap((row) => (row.print === undefined ? [] : [row.print]));
  const current = await reads.currentVersions([...new Set(prints.map((print) => print.recordId))]);
  const known = new Map(current.map((version) => [version.recordId, version]));
  const fresh = prints.filter((print) => !known.has(print.recordId));
  // Each pair is asked for once, however many rows of the chunk share it.
  const documents = [
    ...new Map([...fresh, ...removedEntries(prints)].map((print) => [documentKey(print), print])).values(),
  ];
  const holders = await reads.documentHolders(of.recordType, documents);
  const lists = await readListGround(reads, { prints, holders, owner: of, known });
  return {
    ...lists,
    agency: of.agency,
    batchNumber: of.batchNumber,
    orderNumber: of.orderNumber,
    today: of.today,
    current: known,
    documents: groupHolders(holders),
  };
}

function groupHolders(holders: readonly DocumentHolder[]): Map<string, Set<string>> {
  const documents = new Map<string, Set<string>>();
  for (const holder of holders) {
    const key = documentKey(holder);
    documents.set(key, (documents.get(key) ?? new Set()).add(holder.recordId));
  }
  return documents;
}
