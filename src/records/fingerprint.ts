// Gives a checked record its identity and its content hash. No unkeyed hash is ever taken over an ID
// number: where one matters, its keyed index goes in instead.
import { hash } from 'node:crypto';
import type { ListingFields } from '../core/catalogue.js';
import { NATURAL_PERSON, type CanonicalRecord } from '../core/definitions.js';
import { documentFields, identityFields } from '../core/identity.js';
import { keyedText, maskPersonalNumber, maskPersonalNumbersIn, mayHoldPersonalNumber } from '../core/mask.js';
import { nameKey } from '../core/name-key.js';
import { subjectByCode, subjectByIdNumber } from '../core/subject.js';
import { foldName } from '../core/normalise-text.js';
import type { Problem } from '../core/problems.js';
import type { DatedRow, Fingerprint, FingerprintedRow, Listing } from '../core/rows.js';
import { UNREADABLE } from './normalise.js';
import type { OpennessOf } from './openness.js';
import type { BatchContext, RecordType } from './record-type.js';
import type { TimelinessCheck } from './timeliness.js';

/** Gives a keyed index of a personal number: equal for equal numbers, useless without the key. */
export type KeyedIndex = (value: string) => string;

export interface Masked {
  /** RFC 8785 form with personal numbers masked. */
  readonly data: string;
  /** The unmasked values of the fields that were masked. */
  readonly secrets: Readonly<CanonicalRecord> | null;
  /** Text fields in which a number stood. */
  readonly texts: readonly string[];
}

/** Makes the fingerprinting stage of one batch. */
export function compileFingerprint(needs: {
  type: RecordType;
  index: KeyedIndex;
  context: BatchContext;
  columnOf: (field: string) => string;
  /** Undefined where the type is not measured. */
  timelinessOf: TimelinessCheck | undefined;
  opennessOf: OpennessOf;
  /** Undefined where the type has no lists. */
  listing?: ListingFields | undefined;
}): (row: DatedRow) => FingerprintedRow {
  const { type, context, index, opennessOf } = needs;
  const { today } = context;
  const personal = type.fields.filter((field) => type.schema.properties[field]?.personal === true);
  return (row) => {
    const isFaulty = row.problems.some((problem) => problem.severity === 'error');
    const masked = isFaulty ? undefined : maskRecord(row.record, personal, today);
    return {
      row: row.row,
      cells: isFaulty ? row.cells : undefined,
      withdraws: row.withdraws,
      problems: withTextWarnings(row, masked, needs.columnOf),
      orderedAtMs: (isFaulty ? undefined : row.versionTimeMs) ?? context.receivedAtMs,
      print: masked && fingerprint(row, masked, { type, index, today, opennessOf, listing: needs.listing }),
      timeliness: isFaulty || row.withdraws ? undefined : needs.timelinessOf?.(row.record),
      faultyIdentity: isFaulty ? identityOf(row.record, needs) : undefined,
    };
  };
}

function withTextWarnings(
  row: DatedRow,
  masked: Masked | undefined,
  columnOf: (field: string) => string,
): readonly Problem[] {
  if (masked === undefined || masked.texts.length === 0) return row.problems;
  return [...row.problems, ...masked.texts.map((field) => textWarning(row.row, columnOf(field)))];
}

function fingerprint(
  { record, endsOn, isPublished }: DatedRow,
  masked: Masked,
  needs: {
    type: RecordType;
    index: KeyedIndex;
    today: string;
    opennessOf: OpennessOf;
    listing: ListingFields | undefined;
  },
): Fingerprint {
  const { type, index, today } = needs;
  const { identity } = type.schema;
  const documentNumber = documentFields(identity)
    .map((field) => keyedText(record[field] as string, { today, index }))
    .join(' ');
  const { data } = masked;
  const secrets = masked.secrets === null ? null : JSON.stringify(masked.secrets);
  const subject = subjectOf(record, index);
  const person = subject.startsWith('ID:') ? subject : '';
  const name = keyedText(foldName(record[identity.name] as string), { today, index });
  return {
    recordId: uuid8(hash('sha256', `${type.id}\n${documentNumber}\n${name}\n${person}`, 'hex')),
    contentHash: hash('sha256', secrets === null ? data : `${data}\n${index(secrets)}`, 'hex').slice(0, 32),
    subject,
    documentNumber,
    nameKey: nameKey(name),
    data,
    secrets,
    endsOn,
    openness: needs.opennessOf(record, isPublished),
    listing: needs.listing && listingOf(record, needs.listing, { index, today }),
  };
}

/** Gives what a record says of a list, and which entry it removes. */
export function listingOf(
  record: CanonicalRecord,
  fields: ListingFields,
  keys: { index: KeyedIndex; today: string },
): Listing {
  const entry = record[fields.entry];
  const isRemoval = record[fields.action] === fields.removal && typeof entry === 'string';
  // As the entry itself has stored it.
  const list = record[fields.list];
  return {
    field: fields.list,
    list: typeof list === 'string' ? list : '',
    removes: isRemoval ? keyedText(entry, keys) : undefined,
  };
}

/** Gives a keyed index of what identifies a record; undefined where that is not all there. */
function identityOf(
  record: CanonicalRecord,
  { type, index }: { type: RecordType; index: KeyedIndex },
): string | undefined {
  const parts = identityFields(type.schema.identity).map((field) => record[field]);
  const isReadable = parts.every((part) => typeof part === 'string' && !part.startsWith(UNREADABLE));
  return isReadable ? index([type.id, ...parts].join('\n')) : undefined;
}

/** Masks personal fields, and ID numbers that stand in texts; the key order stays. */
export function maskRecord(record: CanonicalRecord, personal: readonly string[], today: string): Masked {
  const plain = JSON.stringify(record);
  const own = personal.filter((field) => record[field] !== undefined);
  if (own.length === 0 && !mayHoldPersonalNumber(plain)) return { data: plain, secrets: null, texts: NONE };
  const masked: CanonicalRecord = {};
  const secrets: Record<string, string | string[]> = {};
  const texts: string[] = [];
  for (const [field, value] of Object.entries(record)) {
    const shown = maskField(value, own.includes(field), today);
    masked[field] = shown;
    if (shown === value) continue;
    secrets[field] = value;
    if (!own.includes(field)) texts.push(field);
  }
  const isMasked = Object.keys(secrets).length > 0;
  return { data: isMasked ? JSON.stringify(masked) : plain, secrets: isMasked ? secrets : null, texts };
}

const NONE: readonly string[] = [];

function maskField(value: string | string[], isPersonal: boolean, today: string): string | string[] {
  if (Array.isArray(value)) {
    const shown = value.map((part) => maskPersonalNumbersIn(part, today));
    return shown.some((part, i) => part !== value[i]) ? shown : value;
  }
  return isPersonal ? maskPersonalNumber(value) : maskPersonalNumbersIn(value, today);
}

/** Names the subject of a record by its first code, or by the keyed index of a person's ID number. */
export function subjectOf(record: CanonicalRecord, index: KeyedIndex): string {
  const number = record['counterpartIdNumber'];
  const kind = record['counterpartKind'];
  const isPerson = typeof number === 'string' && (kind === NATURAL_PERSON || kind === undefined);
  return isPerson ? subjectByIdNumber(number, index) : subjectByCode(record, index);
}

const VARIANT = '89ab';

/** Sets version 8 and the variant of RFC 9562 into the first 128 bits of a hash. */
function uuid8(hex: string): string {
  const variant = VARIANT[Number.parseInt(hex[16] as string, 16) & 3] as string;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function textWarning(row: number, column: string): Problem {
  return { row, code: 'text.personal-number', column, severity: 'warning' };
}
