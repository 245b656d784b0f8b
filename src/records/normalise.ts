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
import type { RecordType } from './record-type.js';
import { parseVersionTime } from './version-time.js';

type CellNormaliser = (text: string) => string | string[];

/** Stands before a value that could not be brought into form; no checked value contains it. */
export const UNREADABLE = '\u0000';

/** Compiles the normalising of one file: a function per field, and the mapping's constants. */
export function compileNormaliser(
  type: RecordType,
  mapper: RowMapper,
  mapping: Mapping,
): (row: MappedRow) => NormalisedRow {
  const cells = mapper.fields.map((field, i) =>
    cellNormaliser(type, fieldSchema(type, field), { unit: mapper.units[i] ?? 'yuan', mapping }),
  );
  const complete = completer(mapping);
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
  options: { unit: AmountUnit; mapping: Mapping },
): CellNormaliser {
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
      return compileCodeList(codeList(type, field));
    case 'multi-list':
      return compileMultiList(codeList(type, field));
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

function completer(mapping: Mapping): Completer {
  return (field, row, mapper) => {
    const constant = mapping.constants?.[field];
    if (constant !== undefined)
      return constant.with === undefined || isFilled(constant.with, row, mapper) ? constant.value : undefined;
    return mapping.derived?.[field] === 'kind-from-code' ? kindFromCode(row, mapper) : undefined;
  };
}

function isFilled(field: string, row: MappedRow, mapper: RowMapper): boolean {
  return !isBlank(row.values[mapper.fields.indexOf(field)] ?? '');
}

/** The 2018 table of organisations has no kind: GB 32100 marks sole traders by 92, the standard by its placeholder. */
function kindFromCode(row: MappedRow, mapper: RowMapper): string {
  const code = normaliseCode(row.values[mapper.fields.indexOf('creditCode')] ?? '');
  return code === PLACEHOLDER_CODE || code.startsWith('92') ? SOLE_TRADER : ORGANISATION;
}

/** Tells whether a record is about a natural person. */
export function isNaturalPerson(record: CanonicalRecord): boolean {
  return record['counterpartKind'] === NATURAL_PERSON;
}
