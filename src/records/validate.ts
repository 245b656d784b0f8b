// Holds a canonical record against its JSON Schema and the quality rules: every fault of the row at
// once. A withdrawal is held against its identity fields alone.
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import type { FieldSchema, Mapping, RecordSchema } from '../core/definitions.js';
import { identityFields } from '../core/identity.js';
import { createRecordAjv } from '../core/record-vocabulary.js';
import type { Problem, ProblemCode } from '../core/problems.js';
import type { CheckedRow, NormalisedRow } from '../core/rows.js';
import { compileMembership } from './code-list.js';
import { compileVersionCheck } from './column-version.js';
import { compileKindCheck } from './counterpart-kind.js';
import { describeFault } from './faults.js';
import type { RowMapper } from './map.js';
import { compileQuality } from './quality.js';
import type { BatchContext, RecordType } from './record-type.js';

export interface RecordValidator {
  readonly whole: ValidateFunction;
  readonly withdrawal: ValidateFunction;
}

/** Gives the validator of a column version. */
export type ValidatorOf = (mapping: Mapping) => RecordValidator;

/** What a column version does not ask for. */
export type Leniency = Pick<Mapping, 'lacks' | 'requiredGroup'>;

/** Compiles the schema of a record type for one column version; the result serves all its batches. */
export function compileValidator(type: RecordType, leniency: Leniency = {}): RecordValidator {
  const ajv = createRecordAjv((id) => {
    const list = type.codeLists.get(id);
    if (list === undefined) throw new Error(`The schema ${type.id} names the unknown code list ${id}.`);
    return compileMembership(list);
  });
  const { identity, properties } = type.schema;
  return {
    whole: ajv.compile(softened(type.schema, leniency)),
    withdrawal: ajv.compile({
      type: 'object',
      properties: Object.fromEntries(
        [...identityFields(identity), 'counterpartIdNumber'].flatMap((field) =>
          properties[field] === undefined ? [] : [[field, identityField(properties[field])]],
        ),
      ),
      required: identityFields(identity),
    }),
  };
}

/** Nobody is asked for a field that the columns have no place for, under whatever condition. */
function softened(schema: RecordSchema, { lacks = [], requiredGroup }: Leniency): object {
  const asked = JSON.parse(
    JSON.stringify(schema, (key, value: unknown) =>
      key === 'required' && Array.isArray(value)
        ? value.filter((field: string) => !lacks.includes(field))
        : value,
    ),
  ) as RecordSchema;
  return requiredGroup === undefined ? asked : { ...asked, requiredGroup };
}

function identityField({ maxLength = 256, idTypeField }: FieldSchema): object {
  return { type: 'string', maxLength, ...(idTypeField === undefined ? {} : { idTypeField }) };
}

/** Makes the checking stage of one batch. */
export function compileCheck(checks: {
  type: RecordType;
  validator: RecordValidator;
  mapper: RowMapper;
  mapping: Mapping;
  context: BatchContext;
}): (row: NormalisedRow) => CheckedRow {
  const { type, validator, mapper, mapping } = checks;
  const context = { ...checks.context, quality: rulesInForce(type, mapping, checks.context.quality) };
  const isExample = compileExample(type);
  const checkVersion = compileVersionCheck(mapping, mapper.columnOf, context);
  const checkKind = compileKindCheck(type, mapper.columnOf, context);
  const checkQuality = compileQuality(type, mapper.columnOf, context);
  return (row) => {
    // Where the cells of a row are displaced, all else that is wrong with it is a consequence.
    if (row.problems.some(({ code }) => code.startsWith('row.'))) return { ...row, checked: true };
    const validate = row.withdraws ? validator.withdrawal : validator.whole;
    const isValid = validate.call(context, row.record);
    const faults = isValid ? [] : faultsOf(row, validate.errors ?? [], { type, mapper, context, mapping });
    if (!row.withdraws) faults.push(...checkKind(row));
    for (const found of checkVersion(row)) if (!isTold(found, faults)) faults.push(found);
    if (Number.isNaN(row.versionTimeMs)) faults.push(versionTimeFault(row));
    if (isExample(row)) faults.push({ row: row.row, code: 'row.example', column: null, severity: 'error' });
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

/** Of a value that is too long for the schema, a column version need not say so again. */
const isTold = ({ code, column }: Problem, faults: readonly Problem[]): boolean =>
  faults.some((fault) => fault.code === code && fault.column === column);

/** The example of a template is about nobody: it must not become a record where somebody left it in. */
function compileExample({ schema }: RecordType): (row: NormalisedRow) => boolean {
  const examples = identityFields(schema.identity).map((field) => ({
    field,
    value: schema.properties[field]?.examples?.[0],
  }));
  const [first, ...others] = examples;
  const stands = ({ record }: NormalisedRow, { field, value }: { field: string; value: unknown }): boolean =>
    value !== undefined && record[field] === value;
  // Nearly every row differs in the first field already.
  return (row) =>
    first !== undefined && stands(row, first) && others.every((example) => stands(row, example));
}

/** The rules of the type as the source sets them; a column version is not asked for what it has no column for. */
function rulesInForce(
  type: RecordType,
  { columns, constants, derived }: Mapping,
  own: RecordSchema['quality'],
): RecordSchema['quality'] {
  const given = new Set([columns, constants ?? {}, derived ?? {}].flatMap(Object.keys));
  const rules = Object.entries({ ...type.schema.quality, ...own });
  return Object.fromEntries(
    rules.filter(([name]) => {
      const rule = type.qualityRules.get(name);
      return rule?.kind !== 'expected' || given.has(rule.field);
    }),
  );
}

const NONE: readonly Problem[] = [];
const UNTOLD: ReadonlySet<ProblemCode> = new Set<ProblemCode>(['value.stored-as-number', 'value.nested']);

function faultsOf(
  row: NormalisedRow,
  errors: readonly ErrorObject[],
  checks: { type: RecordType; mapper: RowMapper; context: BatchContext; mapping: Mapping },
): Problem[] {
  const seen = new Set<string>();
  // Of a value that is not what the agency wrote nothing more can be said.
  const lost = row.problems.filter(({ code }) => UNTOLD.has(code)).map(({ column }) => column);
  return errors
    .flatMap((error) => describeFault(error, { row, ...checks }))
    .filter(({ column }) => !lost.includes(column))
    .filter(({ column, code }) => !seen.has(`${code} ${column}`) && seen.add(`${code} ${column}`));
}

function versionTimeFault(row: NormalisedRow): Problem {
  return { row: row.row, code: 'date.invalid', column: null, severity: 'error', details: { value: '' } };
}
