// Gives a checked record its identity and its content hash. No unkeyed hash is ever taken over an ID
// number: where one matters, its keyed index goes in instead.
import { hash } from 'node:crypto';
import { NATURAL_PERSON, type CanonicalRecord } from '../core/definitions.js';
import { findsPersonalNumber, maskPersonalNumber, maskPersonalNumbersIn } from '../core/mask.js';
import { subjectByCode, subjectByIdNumber } from '../core/subject.js';
import { foldName } from '../core/normalise-text.js';
import type { Problem } from '../core/problems.js';
import type { CheckedRow, Fingerprint, FingerprintedRow } from '../core/rows.js';
import type { BatchContext, RecordType } from './record-type.js';

/** Gives a keyed index of a personal number: equal for equal numbers, useless without the key. */
export type KeyedIndex = (value: string) => string;

export interface Masked {
  /** RFC 8785 form with personal numbers masked. */
  readonly data: string;
  /** The unmasked values of the fields that were masked. */
  readonly secrets: Readonly<Record<string, string>> | null;
  /** Text fields in which a number stood. */
  readonly texts: readonly string[];
}

/** Makes the fingerprinting stage of one batch. */
export function compileFingerprint(needs: {
  type: RecordType;
  index: KeyedIndex;
  context: BatchContext;
  columnOf: (field: string) => string;
}): (row: CheckedRow) => FingerprintedRow {
  const { type, context } = needs;
  const personal = type.fields.filter((field) => type.schema.properties[field]?.personal === true);
  return (row) => {
    const isFaulty = row.problems.some((problem) => problem.severity === 'error');
    const masked = isFaulty ? undefined : maskRecord(row.record, personal, context.today);
    return {
      row: row.row,
      cells: isFaulty ? row.cells : undefined,
      withdraws: row.withdraws,
      problems: withTextWarnings(row, masked, needs.columnOf),
      orderedAtMs: (isFaulty ? undefined : row.versionTimeMs) ?? context.receivedAtMs,
      print: masked && fingerprint(row.record, masked, { type, index: needs.index }),
    };
  };
}

function withTextWarnings(
  row: CheckedRow,
  masked: Masked | undefined,
  columnOf: (field: string) => string,
): readonly Problem[] {
  if (masked === undefined || masked.texts.length === 0) return row.problems;
  return [...row.problems, ...masked.texts.map((field) => textWarning(row.row, columnOf(field)))];
}

function fingerprint(
  record: CanonicalRecord,
  masked: Masked,
  { type, index }: { type: RecordType; index: KeyedIndex },
): Fingerprint {
  const { identity } = type.schema;
  const documentNumber = record[identity.documentNumber] as string;
  const { data } = masked;
  const secrets = masked.secrets === null ? null : JSON.stringify(masked.secrets);
  const subject = subjectOf(record, index);
  const person = subject.startsWith('ID:') ? subject : '';
  const name = foldName(record[identity.name] as string);
  return {
    recordId: uuid8(hash('sha256', `${type.id}\n${documentNumber}\n${name}\n${person}`, 'hex')),
    contentHash: hash('sha256', secrets === null ? data : `${data}\n${index(secrets)}`, 'hex').slice(0, 32),
    subject,
    documentNumber,
    data,
    secrets,
  };
}

/** Masks personal fields, and ID numbers that stand in texts; the key order stays. */
export function maskRecord(record: CanonicalRecord, personal: readonly string[], today: string): Masked {
  const plain = JSON.stringify(record);
  const own = personal.filter((field) => record[field] !== undefined);
  if (own.length === 0 && !findsPersonalNumber(plain)) return { data: plain, secrets: null, texts: NONE };
  const masked: CanonicalRecord = {};
  const secrets: Record<string, string> = {};
  const texts: string[] = [];
  for (const [field, value] of Object.entries(record)) {
    const shown = maskField(value, own.includes(field), today);
    masked[field] = shown;
    if (shown === value || typeof value !== 'string') continue;
    secrets[field] = value;
    if (!own.includes(field)) texts.push(field);
  }
  const isMasked = Object.keys(secrets).length > 0;
  return { data: isMasked ? JSON.stringify(masked) : plain, secrets: isMasked ? secrets : null, texts };
}

const NONE: readonly string[] = [];

function maskField(value: string | string[], isPersonal: boolean, today: string): string | string[] {
  if (Array.isArray(value)) return value;
  return isPersonal ? maskPersonalNumber(value) : maskPersonalNumbersIn(value, today);
}

/** Names the subject of a record by its first code, or by the keyed index of a person's ID number. */
export function subjectOf(record: CanonicalRecord, index: KeyedIndex): string {
  const number = record['counterpartIdNumber'];
  const kind = record['counterpartKind'];
  const isPerson = typeof number === 'string' && (kind === NATURAL_PERSON || kind === undefined);
  return isPerson ? subjectByIdNumber(number, index) : subjectByCode(record);
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
