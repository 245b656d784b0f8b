// How the judging asks for what it has to know: of the tables, or of what a preview would have made of them.
import {
  readCurrentVersions,
  readDocumentHolders,
  readFieldOf,
  type CurrentVersion,
  type DocumentHolder,
} from '../db/current-versions.js';
import { readEndedEntries, readRemovals, type ListEntry, type RemovalFound } from '../db/list-removals.js';
import type { Sql } from '../db/pool.js';

export interface Owner {
  readonly agency: string;
  readonly recordType: string;
}

export interface GroundReads {
  readonly currentVersions: (ids: readonly string[]) => Promise<readonly CurrentVersion[]>;
  readonly documentHolders: (
    recordType: string,
    documents: readonly ListEntry[],
  ) => Promise<readonly DocumentHolder[]>;
  /** What a text field of the current versions of records says, by record. */
  readonly fieldOf: (field: string, ids: readonly string[]) => Promise<Map<string, string>>;
  /** The removals in force of entries. */
  readonly removals: (recordType: string, entries: readonly ListEntry[]) => Promise<readonly RemovalFound[]>;
  /** The entries that were once and are no longer. */
  readonly endedEntries: (owner: Owner, entries: readonly ListEntry[]) => Promise<readonly ListEntry[]>;
}

/** Asks the tables. */
export function storedGround(sql: Sql): GroundReads {
  return {
    currentVersions: (ids) => readCurrentVersions(sql, ids),
    documentHolders: (recordType, documents) => readDocumentHolders(sql, recordType, documents),
    fieldOf: async (field, ids) => (ids.length === 0 ? new Map() : readFieldOf(sql, field, ids)),
    removals: (recordType, entries) => readRemovals(sql, recordType, entries),
    endedEntries: (owner, entries) => readEndedEntries(sql, owner, entries),
  };
}
