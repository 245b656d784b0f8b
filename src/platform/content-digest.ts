// The `Content-Digest` header of RFC 9530: promised digests of a body, by algorithm.
import { GatewayError } from '../core/errors.js';

const KNOWN = ['sha-256', 'sha-512'];
// A member of a dictionary of byte sequences (RFC 9651); parameters of a member say nothing here.
const ENTRY = /^\s*([a-z*][a-z0-9*_.-]*)=:([A-Za-z0-9+/]+={0,2}):\s*(?:;[^,]*)?$/;

/** Reads the header to base64 digests by algorithm; unknown algorithms are left out. Throws `request.malformed`. */
export function readContentDigest(header: string | undefined): Map<string, string> {
  const digests = new Map<string, string>();
  if (header === undefined) return digests;
  for (const part of header.split(',')) {
    const [, algorithm, text] = ENTRY.exec(part) ?? [];
    if (algorithm === undefined || text === undefined) throw malformed();
    // Written anew: senders may leave the padding out.
    if (KNOWN.includes(algorithm)) digests.set(algorithm, Buffer.from(text, 'base64').toString('base64'));
  }
  return digests;
}

function malformed(): GatewayError {
  return new GatewayError('request.malformed', 'Content-Digest must look like sha-256=:BASE64:.', {
    details: { header: 'Content-Digest' },
    detailZh: 'Content-Digest 格式应为 sha-256=:BASE64:。',
  });
}
