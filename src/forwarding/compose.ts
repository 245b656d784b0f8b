// Writes a message to the city: records in the official columns of the table version, each with the digest
// of its masked form. The same message gives the same bytes at every try.
import { hash } from 'node:crypto';
import type { Destination } from '../core/configuration.js';
import { addText, growingBytes, writtenBytes, type GrowingBytes } from '../core/growing-bytes.js';
import type { OfficialTable, WriteOfficial } from '../core/official-columns.js';
import type { ReconciledLine } from '../core/reconciliation.js';
import type { Change } from '../db/changes.js';
import type { Message } from '../db/messages.js';
import type { Composed } from './adapter.js';

export interface ComposeNeeds {
  readonly officialTable: OfficialTable;
  /** Opens what a change's `data` masks. */
  readonly open: (sealed: Buffer) => Buffer;
  readonly creditCodeOf: (agency: string) => string;
  readonly showsPersonalNumbers: Destination['showsPersonalNumbers'];
}

/** What is deleted has no data; its digest is that of nothing. */
const EMPTY = '{}';
/** Stands where a digest comes: it is made of what is written behind it. */
const NO_DIGEST = '0'.repeat(64);
/** What a record takes in bytes, about. */
const RECORD_BYTES = 1024;

/** Writes the body of a message; `digest` is SHA-256 over the RFC 8785 form of `data` with personal numbers masked. */
export function composeMessage(message: Message, changes: readonly Change[], needs: ComposeNeeds): Composed {
  const out = growingBytes((changes.length + 1) * RECORD_BYTES);
  const head = JSON.stringify({
    messageId: message.id,
    tableCode: message.tableCode,
    tableVersion: message.tableVersion,
    departmentCode: needs.creditCodeOf(message.agency),
    ...(message.resend ? { resend: true } : {}),
  });
  addText(out, `${head.slice(0, -1)},"body":[`);
  const write = needs.officialTable(message.recordType, message.tableVersion);
  const recordNeeds = { ...needs, write };
  const lines = changes.map((change, index) => {
    if (index > 0) addText(out, ',');
    return addRecord(out, change, recordNeeds);
  });
  addText(out, ']}');
  return { body: writtenBytes(out), lines };
}

/** Tells whether numbers of a record type go out unmasked: only of one that the destination names. */
export function namesType(shows: Destination['showsPersonalNumbers'], recordType: string): boolean {
  return shows !== false && shows.types.includes(recordType);
}

/** Tells whether the sealed numbers of a change go out unmasked. */
export function opensNumbers(change: Change, shows: Destination['showsPersonalNumbers']): boolean {
  return namesType(shows, change.recordType) && change.operation === 'u' && change.sealed !== null;
}

type RecordNeeds = ComposeNeeds & { readonly write: WriteOfficial };

function addRecord(out: GrowingBytes, change: Change, needs: RecordNeeds): ReconciledLine {
  const { recordId: id, version } = change;
  const operation = change.operation === 'd' ? 'delete' : 'upsert';
  addText(out, `{"id":"${id}","version":${version},"operation":"${operation}","digest":"`);
  const digestAt = out.length;
  addText(out, `${NO_DIGEST}","data":`);
  const digest = addData(out, change, needs);
  out.buffer.write(digest, digestAt);
  addText(out, '}');
  return { id, version, operation, digest };
}

/** Gives the digest of what is masked, whatever goes out. */
function addData(out: GrowingBytes, change: Change, needs: RecordNeeds): string {
  const from = out.length;
  if (change.operation === 'd') addText(out, EMPTY);
  else needs.write(Buffer.from(change.data), out);
  const digest = hash('sha256', out.buffer.subarray(from, out.length), 'hex');
  if (opensNumbers(change, needs.showsPersonalNumbers)) {
    out.length = from;
    needs.write(Buffer.from(unmasked(change, needs)), out);
  }
  return digest;
}

function unmasked({ data, sealed }: Change, { open }: ComposeNeeds): string {
  const numbers = JSON.parse(open(sealed as Buffer).toString('utf8')) as object;
  return JSON.stringify({ ...(JSON.parse(data) as object), ...numbers });
}
