// The canonical form of JSON (RFC 8785), of which digests are taken that others recompute.
import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** Gives the RFC 8785 form of a value. */
export function canonicalJson(value: unknown): string {
  return canonicalize(value) ?? 'null';
}

/** Gives the SHA-256 of the RFC 8785 form, in lower-case hex. */
export function canonicalDigest(value: unknown): string {
  return hash('sha256', canonicalJson(value), 'hex');
}
