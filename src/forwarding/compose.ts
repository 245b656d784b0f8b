// Writes a message to the city: records in the official columns of the table version, each with the digest
// of its masked form. The same message gives the same bytes at every try.
import type { Destination } from '../core/configuration.js';
import type { CanonicalRecord } from '../core/definitions.js';
import { canonicalDigest } from '../core/canonical-json.js';
import type { OfficialColumns } from '../core/official-columns.js';
import type { Change } from '../db/changes.js';
import type { Message } from '../db/messages.js';

export interface ComposeNeeds {
  readonly toOfficial: OfficialColumns;
  /** Opens what a change's `data` masks. */
  readonly open: (sealed: Buffer) => Buffer;
  readonly creditCodeOf: (agency: string) => string;
  readonly showsPersonalNumbers: Destination['showsPersonalNumbers'];
}

export interface CityRecord {
  readonly id: string;
  readonly version: number;
  readonly operation: 'upsert' | 'delete';
  /** SHA-256 of the RFC 8785 form of `data` with personal numbers masked. */
  readonly digest: string;
  readonly data: Record<string, string>;
}

/** Writes the body of a message. */
export function composeMessage(message: Message, changes: readonly Change[], needs: ComposeNeeds): string {
  return JSON.stringify({
    messageId: message.id,
    tableCode: message.tableCode,
    tableVersion: message.tableVersion,
    departmentCode: needs.creditCodeOf(message.agency),
    ...(message.resend ? { resend: true } : {}),
    body: changes.map((change) => cityRecord(change, message.tableVersion, needs)),
  });
}

/** Tells whether the sealed numbers of a change go out unmasked: only of a type that the destination names. */
export function opensNumbers(change: Change, shows: Destination['showsPersonalNumbers']): boolean {
  const isNamed = shows !== false && shows.types.includes(change.recordType);
  return isNamed && change.operation === 'u' && change.sealed !== null;
}

function cityRecord(change: Change, tableVersion: string, needs: ComposeNeeds): CityRecord {
  const base = { id: change.recordId, version: change.version };
  if (change.operation === 'd')
    return { ...base, operation: 'delete', digest: canonicalDigest({}), data: {} };
  const masked = JSON.parse(change.data) as CanonicalRecord;
  const official = needs.toOfficial(change.recordType, tableVersion, masked);
  const digest = canonicalDigest(official);
  if (change.sealed === null || !opensNumbers(change, needs.showsPersonalNumbers))
    return { ...base, operation: 'upsert', digest, data: official };
  const secrets = JSON.parse(needs.open(change.sealed).toString('utf8')) as CanonicalRecord;
  const data = needs.toOfficial(change.recordType, tableVersion, { ...masked, ...secrets });
  return { ...base, operation: 'upsert', digest, data };
}
