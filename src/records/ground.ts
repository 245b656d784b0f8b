// What is known of the records that a chunk's rows meet, as far as their verdicts need it.
import type { CurrentVersion } from '../db/current-versions.js';
import type { Fingerprint } from '../core/rows.js';

export interface Ground {
  readonly agency: string;
  readonly batchNumber: number;
  /** Current versions by record id; the judging keeps it up to date. */
  readonly current: Map<string, CurrentVersion>;
  /** Records in force by subject and document number, see `documentKey`; the judging keeps it up to date. */
  readonly documents: Map<string, Set<string>>;
  /** The lists that records are entries of, by record id, as far as removals need them; the judging keeps it up to date. */
  readonly lists: Map<string, string>;
}

/** Gives the key under which two records of the same document and subject meet. */
export function documentKey(print: Pick<Fingerprint, 'subject' | 'documentNumber'>): string {
  return `${print.subject}\n${print.documentNumber}`;
}
