// From fields to a record in canonical form. It judges nothing: what cannot be brought into form is
// marked unreadable and the schema rejects it. Normalising twice equals once.
import {
  NATURAL_PERSON,
  ORGANISATION,
  SOLE_TRADER,
  type AmountUnit,
  type CanonicalRecord,
  type FieldSchema,
  type Mapping,
} from '../core/definitions.js';
import {
  normaliseCode,
  normaliseDocumentNumber,
  normaliseName,
  normaliseText,
} from '../core/normalise-text.js';
import { parseAmount } from '../core/parse-amount.js';
import { parseDate } from '../core/parse-date.js';
import { PLACEHOLDER_CODE } from '../core/unified-social-credit-code.js';
import type { MappedRow, NormalisedRow } from '../core/rows.js';
import { compileCodeList, compileMultiList } from './code-list.js';
import type { RowMapper } from './map.js';
import type { BatchContext, RecordType } from './record-type.js';
import { parseVersionTime } from './version-time.js';

const CITIZEN_ID = '身份证';
const PASSPORT = '护照号';

type CellNormaliser = (text: string) => string | string[];

/** Stands before a value that could not be brought into form; no checked value contains it. */
export const UNREADABLE = '\u0000';

/** Compiles the normalising of one file: a function per field, and the mapping's constants. */
export function compileNormaliser(
  type: RecordType,
  mapper: RowMapper,
  { mapping, context }: { mapping: Mapping; context: Pick<BatchContext, 'agencyName' | 'agencyCode'> },
): (row: MappedRow) => NormalisedRow {
  const cells = mapper.fields.map((field, i) =>
    cellNormaliser(type, fieldSchema(type, field), { unit: mapper.units[i] ?? 'yuan', mapping, field }),
  );
  const complete = completer(mapping, context);
  return (row) => {
    const record: CanonicalRecord = {};
    for (let i = 0; i < mapper.fields.length; i += 1) {
      const field = mapper.fields[i] as string;
      const cell = row.values[i];
      const value =
        cell === undefined || cell === '' ? complete(field, row, mapper) : (cells[i] as CellNormaliser)(cell);
      if (value !== undefined && value.length > 0) record[field] = value;
    }
    return {
      row: row.row,
      cells: row.cells,
      record,
      withdraws: row.withdraws,
      versionTimeMs: row.versionTime === undefined ? undefined : parseVersionTime(row.versionTime),
      problems: row.problems,
    };
  };
}

function fieldSchema(type: RecordType, field: string): FieldSchema {
  return type.schema.properties[field] as FieldSchema;
}

function cellNormaliser(
  type: RecordType,
  field: FieldSchema,
  options: { unit: AmountUnit; mapping: Mapping; field: string },
): CellNormaliser {
  const listVersion = options.mapping.columns[options.field]?.listVersion;
  switch (field.normalise) {
    case 'name':
      return normaliseName;
    case 'document-number':
      return normaliseDocumentNumber;
    case 'code':
    case 'id-number':
      return normaliseCode;
    case 'text':
      return normaliseText;
    case 'date':
      return dateNormaliser(field, options.mapping);
    case 'amount':
      return (text) => (isBlank(text) ? '' : (parseAmount(text, options.unit) ?? UNREADABLE + text.trim()));
    case 'list':
      return compileCodeList(codeList(type, field), listVersion);
    case 'multi-list':
      return compileMultiList(codeList(type, field), listVersion);
  }
}

function dateNormaliser(field: FieldSchema, mapping: Mapping): CellNormaliser {
  const options = { excelSerials: mapping.dates?.excelSerials ?? false, longTerm: field.longTerm ?? false };
  return (text) => (isBlank(text) ? '' : (parseDate(text, options) ?? UNREADABLE + text.trim()));
}

const isBlank = (text: string): boolean => normaliseText(text) === '';

function codeList(
  type: RecordType,
  field: FieldSchema,
): NonNullable<ReturnType<RecordType['codeLists']['get']>> {
  const list = type.codeLists.get(field.codeList ?? '');
  if (list === undefined) throw new Error(`The field ${field.title} names an unknown code list.`);
  return list;
}

type Completer = (field: string, row: MappedRow, mapper: RowMapper) => string | undefined;

function completer(mapping: Mapping, context: Pick<BatchContext, 'agencyName' | 'agencyCode'>): Completer {
  return (field, row, mapper) => {
    const constant = mapping.constants?.[field];
    if (constant !== undefined)
      return constant.with === undefined || isFilled(constant.with, row, mapper) ? constant.value : undefined;
    switch (mapping.derived?.[field]) {
      case 'kind-from-code':
        return kindFromCode(row, mapper);
      case 'id-type-from-number':
        return idTypeFromNumber(cellOf('counterpartIdNumber', row, mapper));
      case 'agency-name':
        return context.agencyName;
      case 'agency-code':
        return context.agencyCode;
      case undefined:
        return undefined;
    }
  };
}

function isFilled(field: string, row: MappedRow, mapper: RowMapper): boolean {
  return !isBlank(cellOf(field, row, mapper));
}

function cellOf(field: string, row: MappedRow, mapper: RowMapper): string {
  return row.values[mapper.fields.indexOf(field)] ?? '';
}

const ORGANISATION_CODES = ['creditCode', 'registrationNumber', 'organisationCode', 'taxNumber'] as const;

/**
 * Old tables have no kind: GB 32100 marks sole traders by 92, the standard by its placeholder; who has an ID
 * number and none of the other codes is a natural person.
 */
function kindFromCode(row: MappedRow, mapper: RowMapper): string {
  const code = normaliseCode(cellOf('creditCode', row, mapper));
  if (code === PLACEHOLDER_CODE || code.startsWith('92')) return SOLE_TRADER;
  const isPerson =
    code === '' &&
    isFilled('counterpartIdNumber', row, mapper) &&
    !ORGANISATION_CODES.some((field) => isFilled(field, row, mapper));
  return isPerson ? NATURAL_PERSON : ORGANISATION;
}

const CITIZEN_ID_FORM = /^(\d{15}|\d{17}[\dX])$/;

/** The table of 2015 has one column for all persons: foreigners give the number of their passport in it. */
function idTypeFromNumber(number: string): string | undefined {
  if (isBlank(number)) return undefined;
  return CITIZEN_ID_FORM.test(normaliseCode(number)) ? CITIZEN_ID : PASSPORT;
}

/** Tells whether a record is about a natural person. */
export function isNaturalPerson(record: CanonicalRecord): boolean {
  return record['counterpartKind'] === NATURAL_PERSON;
}
