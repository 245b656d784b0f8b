// What the tables would say had the rows looked at so far been stored: the verdicts of a preview are then those of the
// processing that it foresees. Holds a record for each change, so whoever foresees bounds the rows.
import type { Change, JudgedRow } from '../core/rows.js';
import type { CurrentVersion, DocumentHolder } from '../db/current-versions.js';
import type { GroundReads } from './ground-reads.js';
import { documentKey, type Ground } from './ground.js';

export interface Foresight {
  readonly reads: GroundReads;
  /** Takes in what judged rows would change. */
  readonly note: (judged: readonly JudgedRow[], ground: Ground) => void;
}

/** Records by `documentKey`: each stands under one key at a time. */
interface ByKey {
  readonly of: Map<string, Map<string, DocumentHolder>>;
  readonly keyOf: Map<string, string>;
}

interface Foreseen {
  readonly current: Map<string, CurrentVersion>;
  readonly holders: ByKey;
  /** Removals by the entry that they name. */
  readonly removals: ByKey;
  readonly lists: Map<string, string>;
  readonly ended: Set<string>;
}

/** Begins with what is stored. */
export function foresee(stored: GroundReads): Foresight {
  const seen: Foreseen = {
    current: new Map(),
    holders: { of: new Map(), keyOf: new Map() },
    removals: { of: new Map(), keyOf: new Map() },
    lists: new Map(),
    ended: new Set(),
  };
  return {
    reads: layOver(stored, seen),
    note: (judged, ground) => {
      for (const { change, ends = [] } of judged)
        for (const each of change === undefined ? ends : [change, ...ends]) noteChange(each, ground, seen);
    },
  };
}

function layOver(stored: GroundReads, seen: Foreseen): GroundReads {
  const isStored = ({ recordId }: DocumentHolder): boolean => !seen.current.has(recordId);
  const under = ({ of }: ByKey, pairs: readonly Parameters<typeof documentKey>[0][]): DocumentHolder[] =>
    pairs.flatMap((pair) => [...(of.get(documentKey(pair))?.values() ?? [])]);
  return {
    currentVersions: async (ids) => [
      ...(await stored.currentVersions(ids.filter((id) => !seen.current.has(id)))),
      ...ids.flatMap((id) => seen.current.get(id) ?? []),
    ],
    documentHolders: async (recordType, documents) => [
      ...(await stored.documentHolders(recordType, documents)).filter(isStored),
      ...under(seen.holders, documents),
    ],
    fieldOf: async (field, ids) => {
      const unseen = ids.filter((id) => !seen.lists.has(id));
      const stated = new Map(await stored.fieldOf(field, unseen));
      for (const id of ids) {
        const list = seen.lists.get(id);
        if (list !== undefined) stated.set(id, list);
      }
      return stated;
    },
    removals: async (recordType, entries) => [
      ...(await stored.removals(recordType, entries)).filter(isStored),
      ...under(seen.removals, entries),
    ],
    endedEntries: async (owner, entries) => [
      ...(await stored.endedEntries(owner, entries)),
      ...entries.filter((entry) => seen.ended.has(documentKey(entry))),
    ],
  };
}

function noteChange({ recordId, removes }: Change, ground: Ground, seen: Foreseen): void {
  const version = ground.current.get(recordId);
  if (version === undefined) return;
  seen.current.set(recordId, version);
  const list = ground.lists.get(recordId);
  if (list !== undefined) seen.lists.set(recordId, list);
  const { subject, documentNumber } = version;
  const isOver = version.operation === 'd';
  if (isOver) seen.ended.add(documentKey(version));
  place(seen.holders, recordId, isOver ? null : { subject, documentNumber });
  place(seen.removals, recordId, isOver || removes === null ? null : { subject, documentNumber: removes });
}

function place(
  { of, keyOf }: ByKey,
  recordId: string,
  pair: { subject: string; documentNumber: string } | null,
): void {
  const before = keyOf.get(recordId);
  if (before !== undefined) of.get(before)?.delete(recordId);
  keyOf.delete(recordId);
  if (pair === null) return;
  const key = documentKey(pair);
  keyOf.set(recordId, key);
  of.set(key, (of.get(key) ?? new Map<string, DocumentHolder>()).set(recordId, { ...pair, recordId }));
}
