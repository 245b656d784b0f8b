// Writes a message to the city: records in the official columns of the table version, each with the digest
// of its masked form. The same message gives the same bytes at every try.
import { hash } from 'node:crypto';
import type { Destination } from '../core/configuration.js';
import { jsonArrayBytes } from '../core/joined-bytes.js';
import type { OfficialText } from '../core/official-columns.js';
import type { ReconciledLine } from '../core/reconciliation.js';
import type { Change } from '../db/changes.js';
import type { Message } from '../db/messages.js';
import type { Composed } from './adapter.js';

export interface ComposeNeeds {
  readonly toOfficial: OfficialText;
  /** Opens what a change's `data` masks. */
  readonly open: (sealed: Buffer) => Buffer;
  readonly creditCodeOf: (agency: string) => string;
  readonly showsPersonalNumbers: Destination['showsPersonalNumbers'];
}

/** What is deleted has no data; its digest is that of nothing. */
const EMPTY = '{}';

/** Writes the body of a message; `digest` is SHA-256 over the RFC 8785 form of `data` with personal numbers masked. */
export function composeMessage(message: Message, changes: readonly Change[], needs: ComposeNeeds): Composed {
  const head = JSON.stringify({
    messageId: message.id,
    tableCode: message.tableCode,
    tableVersion: message.tableVersion,
    departmentCode: needs.creditCodeOf(message.agency),
    ...(message.resend ? { resend: true } : {}),
  });
  const lines: ReconciledLine[] = [];
  const records = changes.map((change) => {
    const { line, data } = cityRecord(change, message.tableVersion, needs);
    lines.push(line);
    return writeRecord(line, data);
  });
  return { body: jsonArrayBytes(records, { head: `${head.slice(0, -1)},"body":`, tail: '}' }), lines };
}

/** Tells whether the sealed numbers of a change go out unmasked: only of a type that the destination names. */
export function opensNumbers(change: Change, shows: Destination['showsPersonalNumbers']): boolean {
  const isNamed = shows !== false && shows.types.includes(change.recordType);
  return isNamed && change.operation === 'u' && change.sealed !== null;
}

function cityRecord(
  change: Change,
  tableVersion: string,
  needs: ComposeNeeds,
): { line: ReconciledLine; data: string } {
  const isDelete = change.operation === 'd';
  const write = (record: string): string => needs.toOfficial(change.recordType, tableVersion, record);
  const masked = isDelete ? EMPTY : write(change.data);
  const data = opensNumbers(change, needs.showsPersonalNumbers) ? write(unmasked(change, needs)) : masked;
  const { recordId: id, version } = change;
  const operation = isDelete ? 'delete' : 'upsert';
  return { line: { id, version, operation, digest: hash('sha256', masked, 'hex') }, data };
}

function writeRecord({ id, version, operation, digest }: ReconciledLine, data: string): string {
  return `{"id":"${id}","version":${version},"operation":"${operation}","digest":"${digest}","data":${data}}`;
}

function unmasked({ data, sealed }: Change, { open }: ComposeNeeds): string {
  const numbers = JSON.parse(open(sealed as Buffer).toString('utf8')) as object;
  return JSON.stringify({ ...(JSON.parse(data) as object), ...numbers });
}
