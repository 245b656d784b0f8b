// A canonical record as one table version of a destination names its columns; the translator is passed in.

/** Takes a record as JSON and writes it in its RFC 8785 form; canonical names where the type has no table of this version. */
export type OfficialText = (type: string, version: string, record: string) => string;
