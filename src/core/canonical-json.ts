// The canonical form of JSON (RFC 8785), of which digests are taken that others recompute.
import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** Gives the RFC 8785 form of a value; throws on NaN, infinities, cycles, lone surrogates and undefined. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('There is no JSON for this value.');
  return text;
}

/** Gives the SHA-256 of the RFC 8785 form, in lower-case hex. */
export function canonicalDigest(value: unknown): string {
  return hash('sha256', canonicalJson(value), 'hex');
}
