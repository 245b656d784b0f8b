// A row on its way: each stage takes the type that the stage before it gives, so that two stages in
// the wrong order do not compile. Row numbers are those that Excel shows, from 1.
import type { CanonicalRecord } from './definitions.js';
import type { Problem } from './problems.js';
import type { Verdict } from './words.js';

/** One data row as it stands in the file. */
export interface ParsedRow {
  readonly row: number;
  readonly cells: readonly string[];
  /** Set where the quoting of the row is broken. */
  readonly brokenQuotes?: true;
}

/** The cells by field, still as the agency wrote them; `values[i]` belongs to the mapper's i-th field. */
export interface MappedRow {
  readonly row: number;
  readonly cells: readonly string[];
  readonly values: readonly (string | undefined)[];
  readonly withdraws: boolean;
  readonly versionTime: string | undefined;
  readonly problems: readonly Problem[];
}

export interface NormalisedRow {
  readonly row: number;
  readonly cells: readonly string[];
  readonly record: CanonicalRecord;
  readonly withdraws: boolean;
  /** Milliseconds since 1970, where the mapping names a version time and the row has one. */
  readonly versionTimeMs: number | undefined;
  readonly problems: readonly Problem[];
}

export interface CheckedRow extends NormalisedRow {
  readonly checked: true;
}

export interface FingerprintedRow {
  readonly row: number;
  /** Kept where the row has an error only: a chunk of whole rows would live long enough to cost the collector dearly. */
  readonly cells: readonly string[] | undefined;
  readonly problems: readonly Problem[];
  readonly withdraws: boolean;
  readonly orderedAtMs: number;
  /** Absent where the row has an error: a faulty row has no identity. */
  readonly print: Fingerprint | undefined;
}

export interface Fingerprint {
  /** UUIDv8 over type, document number, name and, for persons, the keyed index of the ID number. */
  readonly recordId: string;
  /** First 128 bits of SHA-256 over `data` and the keyed index of what is masked in it, as hex. */
  readonly contentHash: string;
  readonly subject: string;
  readonly documentNumber: string;
  /** RFC 8785 form with personal numbers masked. */
  readonly data: string;
  /** JSON of the unmasked values of the masked fields; null where nothing is masked. */
  readonly secrets: string | null;
}

export interface JudgedRow {
  readonly row: number;
  /** What is kept of a rejected row: its cells, or its record where only the look at other records rejected it. */
  readonly rejected: RejectedContent | undefined;
  readonly verdict: Verdict;
  readonly problems: readonly Problem[];
  /** Set where the verdict stores a version. */
  readonly change: Change | undefined;
}

export type RejectedContent =
  { readonly cells: readonly string[] } | { readonly data: string; readonly secrets: string | null };

export interface Change {
  readonly recordId: string;
  readonly version: number;
  readonly operation: 'u' | 'd';
  readonly orderedAtMs: number;
  readonly contentHash: string;
  readonly subject: string;
  readonly documentNumber: string;
  readonly data: string;
  readonly secrets: string | null;
}
