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
  /** Columns, from 0, whose value the file holds as a number: its digits may not be all there. */
  readonly numbers?: readonly number[];
  /** Columns, from 0, whose value is no cell: an object, a list of lists, an element with children. */
  readonly nested?: readonly number[];
}

/** One entry of a file without headings (JSON, XML): values under their keys, in the order of the file. */
export interface KeyedRow {
  /** The ordinal of the entry, from 1. */
  readonly row: number;
  readonly keys: readonly string[];
  readonly values: readonly string[];
  /** Places in `keys`, from 0, whose value the file holds as a number. */
  readonly numbers?: readonly number[];
  /** Places in `keys`, from 0, whose value is no cell. */
  readonly nested?: readonly number[];
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

export interface DatedRow extends CheckedRow {
  /** The last day on which the record is published and shared, `YYYY-MM-DD`; null where nothing says so. */
  readonly endsOn: string | null;
  /** False where the class of the record is not published. */
  readonly isPublished: boolean;
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
  /** Whether the record came in time, should it turn out to be new; absent where that is not measured. */
  readonly timeliness?: RowTimeliness | undefined;
  /** Keyed index of what a faulty row would be identified by; absent where that cannot be read. */
  readonly faultyIdentity?: string | undefined;
}

export type RowTimeliness =
  | { readonly isLate: false }
  | {
      readonly isLate: true;
      /** The column that `from` stands in. */
      readonly column: string;
      /** The day from which is counted, and the last day on which the record would have been in time. */
      readonly from: string;
      readonly deadline: string;
      readonly workingDays: number;
    };

export interface Fingerprint {
  /** UUIDv8 over type, document number, name and, for persons, the keyed index of the ID number. */
  readonly recordId: string;
  /** First 128 bits of SHA-256 over `data` and the keyed index of what is masked in it, as hex. */
  readonly contentHash: string;
  readonly subject: string;
  readonly documentNumber: string;
  /** By which the name is found, see `core/name-key`. */
  readonly nameKey: number;
  /** RFC 8785 form with personal numbers masked. */
  readonly data: string;
  /** JSON of the unmasked values of the masked fields; null where nothing is masked. */
  readonly secrets: string | null;
  readonly endsOn: string | null;
  /** Level of openness; null where nothing is narrower than the catalogue. */
  readonly openness: number | null;
  /** Absent where the type has no lists. */
  readonly listing?: Listing | undefined;
}

/** What a record says of a list. */
export interface Listing {
  /** The field that names the list. */
  readonly field: string;
  readonly list: string;
  /** Set in a removal: the document number of the entry, as stored. */
  readonly removes: string | undefined;
}

export interface JudgedRow {
  readonly row: number;
  /** What is kept of a rejected row: its cells, or its record where only the look at other records rejected it. */
  readonly rejected: RejectedContent | undefined;
  readonly verdict: Verdict;
  readonly problems: readonly Problem[];
  /** Set where the verdict stores a version. */
  readonly change: Change | undefined;
  /** Ends of other records that follow from the row: the entries that a removal removes. */
  readonly ends?: readonly Change[] | undefined;
  /** Set for a new record whose type is measured. */
  readonly timeliness?: RowTimeliness | undefined;
  /** What identifies the record of a rejected row; absent where that cannot be read. */
  readonly identity?: string | undefined;
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
  /** Null where what is ended had none. */
  readonly nameKey: number | null;
  readonly data: string;
  readonly secrets: string | null;
  /** The last day of this state, `YYYY-MM-DD`; null where it has none. */
  readonly endsOn: string | null;
  /** Level of openness; null where nothing is narrower than the catalogue. */
  readonly openness: number | null;
  /** In a removal from a list: the document number of its entry, as stored. */
  readonly removes: string | null;
}
