// A canonical record as one table version of a destination names its columns; the translator is passed in.
import type { CanonicalRecord } from './definitions.js';

/** Translates a record; canonical names where the type has no table of this version. */
export type OfficialColumns = (
  type: string,
  version: string,
  record: CanonicalRecord,
) => Record<string, string>;
