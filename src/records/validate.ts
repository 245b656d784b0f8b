// Holds a canonical record against its JSON Schema and the quality rules: every fault of the row at
// once. A withdrawal is held against its identity fields alone.
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import type { FieldSchema } from '../core/definitions.js';
import { createRecordAjv } from '../core/record-vocabulary.js';
import type { Problem } from '../core/problems.js';
import type { CheckedRow, NormalisedRow } from '../core/rows.js';
import { compileMembership } from './code-list.js';
import { describeFault } from './faults.js';
import type { RowMapper } from './map.js';
import { compileQuality } from './quality.js';
import type { BatchContext, RecordType } from './record-type.js';

export interface RecordValidator {
  readonly whole: ValidateFunction;
  readonly withdrawal: ValidateFunction;
}

/** Compiles the schema of a record type once; the result serves every batch of the type. */
export function compileValidator(type: RecordType): RecordValidator {
  const ajv = createRecordAjv((id) => {
    const list = type.codeLists.get(id);
    if (list === undefined) throw new Error(`The schema ${type.id} names the unknown code list ${id}.`);
    return compileMembership(list);
  });
  const { identity, properties } = type.schema;
  return {
    whole: ajv.compile(type.schema),
    withdrawal: ajv.compile({
      type: 'object',
      properties: Object.fromEntries(
        [identity.documentNumber, identity.name, 'counterpartIdNumber'].flatMap((field) =>
          properties[field] === undefined ? [] : [[field, identityField(properties[field])]],
        ),
      ),
      required: [identity.documentNumber, identity.name],
    }),
  };
}

function identityField({ maxLength = 256, idTypeField }: FieldSchema): object {
  return { type: 'string', maxLength, ...(idTypeField === undefined ? {} : { idTypeField }) };
}

/** Makes the checking stage of one batch. */
export function compileCheck(checks: {
  type: RecordType;
  validator: RecordValidator;
  mapper: RowMapper;
  context: BatchContext;
}): (row: NormalisedRow) => CheckedRow {
  const { type, validator, mapper } = checks;
  const context = { ...checks.context, quality: { ...type.schema.quality, ...checks.context.quality } };
  const checkQuality = compileQuality(mapper.columnOf, context);
  return (row) => {
    // Where the cells of a row are displaced, all else that is wrong with it is a consequence.
    if (row.problems.some(({ code }) => code.startsWith('row.'))) return { ...row, checked: true };
    const validate = row.withdraws ? validator.withdrawal : validator.whole;
    const isValid = validate.call(context, row.record);
    const faults = isValid ? [] : faultsOf(row, validate.errors ?? [], { type, mapper, context });
    if (Number.isNaN(row.versionTimeMs)) faults.push(versionTimeFault(row));
    const warnings = row.withdraws ? NONE : checkQuality(row);
    const isClean = faults.length === 0 && warnings.length === 0;
    return {
      checked: true,
      row: row.row,
      cells: row.cells,
      record: row.record,
      withdraws: row.withdraws,
      versionTimeMs: row.versionTimeMs,
      problems: isClean ? row.problems : [...row.problems, ...faults, ...warnings],
    };
  };
}

const NONE: readonly Problem[] = [];

function faultsOf(
  row: NormalisedRow,
  errors: readonly ErrorObject[],
  checks: { type: RecordType; mapper: RowMapper; context: BatchContext },
): Problem[] {
  const seen = new Set<string>();
  return errors
    .flatMap((error) => describeFault(error, { row, ...checks }))
    .filter(({ column, code }) => !seen.has(`${code} ${column}`) && seen.add(`${code} ${column}`));
}

function versionTimeFault(row: NormalisedRow): Problem {
  return { row: row.row, code: 'date.invalid', column: null, severity: 'error', details: { value: '' } };
}
