// Which fields of a record say which record it is: its document number, or the columns that stand in its place,
// and the name of its subject.
import type { Identity } from './definitions.js';

/** Names the fields that stand for the document number, in order. */
export function documentFields({ documentNumber, columns }: Identity): readonly string[] {
  return documentNumber === undefined ? (columns ?? []) : [documentNumber];
}

/** Names all fields of the identity that every row must have. */
export function identityFields(identity: Identity): readonly string[] {
  return [...documentFields(identity), identity.name];
}
