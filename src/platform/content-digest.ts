// The `Content-Digest` header of RFC 9530: promised digests of a body, by algorithm.
import { GatewayError } from '../core/errors.js';

const KNOWN = ['sha-256', 'sha-512'];
const ENTRY = /^\s*([a-z0-9*_-][a-z0-9*_.-]*)=:([A-Za-z0-9+/]+={0,2}):\s*$/;

/** Reads the header to base64 digests by algorithm; unknown algorithms are left out. Throws `request.malformed`. */
export function readContentDigest(header: string | undefined): Map<string, string> {
  const digests = new Map<string, string>();
  if (header === undefined) return digests;
  for (const part of header.split(',')) {
    const [, algorithm, digest] = ENTRY.exec(part) ?? [];
    if (algorithm === undefined || digest === undefined)
      throw new GatewayError('request.malformed', 'Content-Digest must look like sha-256=:BASE64:.', {
        detailZh: 'Content-Digest 格式应为 sha-256=:BASE64:。',
      });
    if (KNOWN.includes(algorithm)) digests.set(algorithm, digest);
  }
  return digests;
}
