// What is known of the records that a chunk's rows meet, as far as their verdicts need it.
import type { CurrentVersion } from '../db/current-versions.js';
import type { Fingerprint } from '../core/rows.js';

export interface Ground extends ListGround {
  readonly agency: string;
  readonly batchNumber: number;
  /** The place of the batch in the order of versions: a replay has that of its original. */
  readonly orderNumber: number;
  /** The day of the judging in Asia/Shanghai, `YYYY-MM-DD`. */
  readonly today: string;
  /** Current versions by record id; the judging keeps it up to date. */
  readonly current: Map<string, CurrentVersion>;
  /** Records in force by subject and document number, see `documentKey`; the judging keeps it up to date. */
  readonly documents: Map<string, Set<string>>;
}

/** What is known of entries in lists and their removals; the judging keeps it up to date. */
export interface ListGround {
  /** The lists that records name, by record id, as far as entries and removals need them. */
  readonly lists: Map<string, string>;
  readonly removals: Removals;
  /** Entries that were and are no longer, see `documentKey`. */
  readonly ended: Set<string>;
}

/** Which entry each removal removes now, and the removals that have ever named an entry; see `documentKey`. */
export interface Removals {
  readonly byEntry: Map<string, Set<string>>;
  readonly entryOf: Map<string, string>;
}

/** Gives removals of nothing. */
export function noRemovals(): Removals {
  return { byEntry: new Map(), entryOf: new Map() };
}

/** Notes that a record removes an entry now. */
export function noteRemoval(
  { byEntry, entryOf }: Removals,
  recordId: string,
  entry: Pick<Fingerprint, 'subject' | 'documentNumber'>,
): void {
  const key = documentKey(entry);
  entryOf.set(recordId, key);
  byEntry.set(key, (byEntry.get(key) ?? new Set()).add(recordId));
}

/** Gives the key under which two records of the same document and subject meet. */
export function documentKey(print: Pick<Fingerprint, 'subject' | 'documentNumber'>): string {
  return `${print.subject}\n${print.documentNumber}`;
}
