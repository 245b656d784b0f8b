// Translates what ajv found into problems that an agency understands. Values are shown masked and
// shortened, and never those of personal fields.
import type { ErrorObject } from 'ajv/dist/2020.js';
import { checkCitizenId } from '../core/citizen-id.js';
import type { FieldSchema, Mapping } from '../core/definitions.js';
import { officialValues } from '../core/official-values.js';
import { isMore } from '../core/record-vocabulary.js';
import { isAmbiguousDate } from '../core/parse-date.js';
import type { Problem, ProblemCode } from '../core/problems.js';
import type { NormalisedRow } from '../core/rows.js';
import { shownValue } from '../core/shown-value.js';
import type { RowMapper } from './map.js';
import { UNREADABLE } from './normalise.js';
import type { BatchContext, RecordType } from './record-type.js';

interface FaultContext {
  readonly row: NormalisedRow;
  readonly type: RecordType;
  readonly mapper: RowMapper;
  readonly mapping: Mapping;
  readonly context: BatchContext;
}

type Details = Record<string, string | number>;

/** Gives the problems behind one ajv error; none for the wrappers of conditional schemas. */
export function describeFault(error: ErrorObject, fault: FaultContext): Problem[] {
  if (error.keyword === 'required') return [requiredFault(error, fault)];
  if (error.keyword === 'requiredGroup') return groupFaults(fault);
  if (error.keyword === 'placeholderRule')
    return [problem(fault, 'creditCode', 'code.placeholder-not-allowed')];
  const field = error.instancePath.split('/')[1] ?? '';
  if (field === '' || error.keyword === 'if') return [];
  return fieldFault(error, field, fault);
}

function fieldFault(error: ErrorObject, field: string, fault: FaultContext): Problem[] {
  const schema = fault.type.schema.properties[field];
  const value = fault.row.record[field];
  if (schema === undefined || value === undefined) return [];
  const shown = [value].flat().join('、');
  // One fault per unreadable value: its length or order says nothing more.
  if (shown.startsWith(UNREADABLE) && error.keyword !== 'format') return [];
  switch (error.keyword) {
    case 'maxLength':
      return [
        problem(fault, field, [
          'value.too-long',
          { length: [...shown].length, limit: schema.maxLength ?? 0 },
        ]),
      ];
    case 'codeList':
      return [listFault(fault, field, [value].flat())];
    case 'notInFuture':
      return [problem(fault, field, 'date.in-future')];
    case 'notBefore':
    case 'notAfter':
    case 'notMoreThan':
      return [comparisonFault(fault, field, { keyword: error.keyword, schema, value: shown })];
    case 'false schema':
      return [problem(fault, field, 'value.must-be-empty')];
    case 'namedList':
      return [listNameFault(fault, field, shown)];
    case 'idTypeField':
      return [problem(fault, field, idFault(schema, fault, shown))];
    case 'format':
      return [formatFault(fault, field, shown)];
    default:
      return [problem(fault, field, 'code.format')];
  }
}

function problem(fault: FaultContext, field: string, what: ProblemCode | [ProblemCode, Details]): Problem {
  const [code, details] = typeof what === 'string' ? [what] : what;
  const found = {
    row: fault.row.row,
    code,
    column: fault.mapper.columnOf(field),
    severity: 'error' as const,
  };
  return details === undefined ? found : { ...found, details };
}

function requiredFault(error: ErrorObject, fault: FaultContext): Problem {
  const field = (error.params as { missingProperty: string }).missingProperty;
  return problem(fault, field, 'value.required');
}

function groupFaults(fault: FaultContext): Problem[] {
  return (fault.mapping.requiredGroup ?? fault.type.schema.requiredGroup ?? [])
    .filter(
      (group) =>
        fault.row.record['counterpartKind'] !== group.unlessKind &&
        !group.fields.some((field) => fault.row.record[field] !== undefined),
    )
    .map((group) =>
      problem(fault, group.fields[0] ?? '', [
        'value.group-required',
        { columns: group.fields.map(fault.mapper.columnOf).join('、') },
      ]),
    );
}

function listFault(fault: FaultContext, field: string, values: readonly string[]): Problem {
  const list = fault.type.codeLists.get(fault.type.schema.properties[field]?.codeList ?? '');
  const allowed = list === undefined ? [] : officialValues(list);
  const wrong = values.filter((value) => !allowed.includes(value)).join('、');
  const isOld = list?.withoutCounterpart?.some((old) => values.includes(old)) === true;
  return problem(fault, field, [
    isOld ? 'value.no-counterpart' : 'value.not-in-list',
    {
      value: shownValue(wrong, fault.context.today),
      allowed: allowed.join('、'),
    },
  ]);
}

function formatFault(fault: FaultContext, field: string, value: string): Problem {
  const format = fault.type.schema.properties[field]?.format;
  const shown = value.startsWith(UNREADABLE) ? value.slice(1) : value;
  switch (format) {
    case 'date': {
      const code = isAmbiguousDate(shown) ? 'date.ambiguous' : 'date.invalid';
      return problem(fault, field, [code, { value: shownValue(shown, fault.context.today) }]);
    }
    case 'amount-yuan':
      return problem(fault, field, [
        'amount.invalid',
        { value: shownValue(shown, fault.context.today), decimals: 6 },
      ]);
    case 'document-number':
      return problem(fault, field, 'document.number-missing');
    case 'subject-code':
    case 'unified-social-credit-code':
      return problem(fault, field, 'code.unified-social-credit');
    case 'organisation-code':
      return problem(fault, field, 'code.organisation');
    case 'registration-number':
      return problem(fault, field, 'code.registration-number');
    case undefined:
    default:
      return problem(fault, field, 'code.format');
  }
}

function idFault(schema: FieldSchema, fault: FaultContext, number: string): ProblemCode {
  if (fault.row.record[schema.idTypeField ?? ''] !== '身份证') return 'person.document-number';
  return checkCitizenId(number, fault.context.today) === 'birth-date'
    ? 'person.id-birth-date'
    : 'person.id-number';
}

const COMPARISONS = {
  notBefore: { code: 'date.before', offends: (other: string, value: string) => other > value },
  notAfter: { code: 'date.after', offends: (other: string, value: string) => other < value },
  notMoreThan: { code: 'amount.more-than', offends: (other: string, value: string) => isMore(value, other) },
} as const;

/** Names the columns of the fields that a value offends against. */
function comparisonFault(
  fault: FaultContext,
  field: string,
  found: { keyword: keyof typeof COMPARISONS; schema: FieldSchema; value: string },
): Problem {
  const { code, offends } = COMPARISONS[found.keyword];
  const other = [found.schema[found.keyword] ?? []]
    .flat()
    .filter((other) => {
      const against = fault.row.record[other];
      return typeof against === 'string' && offends(against, found.value);
    })
    .map(fault.mapper.columnOf)
    .join('、');
  return problem(fault, field, [code, { other }]);
}

function listNameFault(fault: FaultContext, field: string, name: string): Problem {
  const { lists, today } = fault.context;
  const value = shownValue(name, today);
  if (lists.has(name)) return problem(fault, field, ['list.not-entitled', { value }]);
  return problem(fault, field, ['list.not-named', { value, allowed: [...lists.keys()].join('、') }]);
}
