// A canonical record as one table version of a destination names its columns; the translator is passed in.
import type { GrowingBytes } from './growing-bytes.js';

/** Takes a record as JSON in UTF-8 and adds it in its RFC 8785 form. */
export type WriteOfficial = (record: Buffer, out: GrowingBytes) => void;

/** Gives the writer of a table; it keeps canonical names where the record type has no table of this version. */
export type OfficialTable = (recordType: string, tableVersion: string) => WriteOfficial;
