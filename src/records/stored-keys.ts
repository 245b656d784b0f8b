// From a stored record to the keys by which it is searched, as its own intake would have given them.
import type { ListingFields } from '../core/catalogue.js';
import type { CanonicalRecord } from '../core/definitions.js';
import { keyedText } from '../core/mask.js';
import { nameKey } from '../core/name-key.js';
import { foldName } from '../core/normalise-text.js';
import { listingOf, type KeyedIndex } from './fingerprint.js';

export interface StoredKeys {
  readonly nameKey: number | null;
  /** The document number of the entry that it removes. */
  readonly removes: string | null;
}

/** Gives the keys of a record with its personal numbers unmasked. */
export function storedKeys(
  record: CanonicalRecord,
  of: {
    readonly nameField: string;
    /** Undefined where the type has no lists. */
    readonly listing: ListingFields | undefined;
    readonly index: KeyedIndex;
    readonly today: string;
  },
): StoredKeys {
  const name = record[of.nameField];
  return {
    nameKey: typeof name === 'string' ? nameKey(keyedText(foldName(name), of)) : null,
    removes: (of.listing && listingOf(record, of.listing, of).removes) ?? null,
  };
}
