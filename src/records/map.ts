// From cells to fields: a mapping and the headings of one file become a plan, compiled once, that
// picks each field's cell. Values stay as the agency wrote them.
import { columnField } from '../core/column-field.js';
import type { AmountUnit } from '../core/definitions.js';
import { furtherOf, type HeadingMatch } from '../core/heading-match.js';
import { hasControlCharacters, normaliseCode } from '../core/normalise-text.js';
import { PROBLEMS, type Problem, type ProblemCode } from '../core/problems.js';
import type { MappedRow, ParsedRow } from '../core/rows.js';
import { shownValue } from '../core/shown-value.js';
import { compileInstead } from './instead.js';
import { compileWantsText, type TextColumn } from './stored-as-number.js';
import type { BatchContext, RecordType } from './record-type.js';

export interface RowMapper {
  /** Fields in the order of `MappedRow.values`. */
  readonly fields: readonly string[];
  readonly units: readonly AmountUnit[];
  /** The name under which a problem shows a field: its heading in the file, else its official column. */
  readonly columnOf: (field: string) => string;
  readonly map: (row: ParsedRow) => MappedRow;
}

interface Operation {
  readonly column: number;
  readonly heading: string;
  readonly withdraws: ReadonlySet<string>;
}

export interface MapperNeeds {
  readonly type: RecordType;
  readonly match: HeadingMatch;
  readonly headings: readonly string[];
  readonly context: Pick<BatchContext, 'today'>;
}

/** Compiles the plan for one file. */
export function compileMapper({ type, match, headings, context }: MapperNeeds): RowMapper {
  const { fields } = type;
  const byField = new Map(match.columns.map((column) => [column.field, column]));
  const columns = fields.map((field) => byField.get(field)?.column ?? -1);
  const further = fields.map((field) => byField.get(furtherOf(field))?.column ?? -1);
  const valuesOf = (cells: readonly string[]): (string | undefined)[] =>
    columns.map((column) => (column < 0 ? undefined : cells[column]));
  const joinedValuesOf = (cells: readonly string[]): (string | undefined)[] =>
    valuesOf(cells).map((value, i) => joined(value, cells[further[i] ?? -1]));
  const pick = further.some((column) => column >= 0) ? joinedValuesOf : valuesOf;
  const operation = readOperation(match, headings);
  const place = compileInstead(type, match);
  const headingOf = (field: string): string | undefined =>
    byField.get(field)?.heading ?? byField.get(columnField(field, match.mapping))?.heading;
  const officialOf = (field: string): string | undefined =>
    match.mapping.columns[columnField(field, match.mapping)]?.official;
  const checks = { match, operation, today: context.today, wantsText: compileWantsText(type, match) };
  return {
    fields,
    units: fields.map((field) => byField.get(field)?.unit ?? 'yuan'),
    columnOf: (field) => headingOf(field) ?? officialOf(field) ?? field,
    map: (row) => ({
      row: row.row,
      cells: row.cells,
      values: place(pick(row.cells)),
      withdraws: operation !== undefined && withdraws(row, operation),
      versionTime: match.versionTimeColumn === undefined ? undefined : row.cells[match.versionTimeColumn],
      problems: rowProblems(row, checks),
    }),
  };
}

/** Joins the values of two columns of one field as several values are written. */
function joined(value: string | undefined, further: string | undefined): string | undefined {
  if (further === undefined || further.trim() === '') return value;
  return value === undefined || value.trim() === '' ? further : `${value};${further}`;
}

function readOperation(match: HeadingMatch, headings: readonly string[]): Operation | undefined {
  if (match.operationColumn === undefined || match.mapping.operation === undefined) return undefined;
  return {
    column: match.operationColumn,
    heading: headings[match.operationColumn] ?? '',
    withdraws: new Set(match.mapping.operation.withdraw.map(normaliseCode)),
  };
}

function withdraws(row: ParsedRow, operation: Operation): boolean {
  return operation.withdraws.has(normaliseCode(row.cells[operation.column] ?? ''));
}

const NONE: readonly Problem[] = [];

interface RowChecks {
  readonly match: HeadingMatch;
  readonly operation: Operation | undefined;
  readonly today: string;
  readonly wantsText: readonly TextColumn[];
}

function rowProblems(row: ParsedRow, checks: RowChecks): readonly Problem[] {
  const { match, operation, today } = checks;
  const problems: Problem[] = [];
  if (row.brokenQuotes === true) problems.push(faultOf(row, 'row.quotes'));
  if (row.cells.length > match.width && row.cells.slice(match.width).some((cell) => cell.trim() !== ''))
    problems.push({
      ...faultOf(row, 'row.extra-cells'),
      details: { found: row.cells.length, expected: match.width },
    });
  for (const { column, heading } of match.columns)
    if (hasControlCharacters(row.cells[column] ?? ''))
      problems.push({ ...faultOf(row, 'value.control-characters'), column: heading });
  for (const { heading, isLost } of checks.wantsText)
    if (isLost(row)) problems.push({ ...faultOf(row, 'value.stored-as-number'), column: heading });
  if (row.nested !== undefined)
    for (const { column, heading } of match.columns)
      if (row.nested.includes(column)) problems.push({ ...faultOf(row, 'value.nested'), column: heading });
  const cell = operation === undefined ? '' : (row.cells[operation.column] ?? '').trim();
  if (operation !== undefined && cell !== '' && !operation.withdraws.has(normaliseCode(cell)))
    problems.push({
      ...faultOf(row, 'operation.unknown'),
      column: operation.heading,
      details: { value: shownValue(cell, today) },
    });
  return problems.length === 0 ? NONE : problems;
}

function faultOf(row: ParsedRow, code: ProblemCode): Problem {
  return { row: row.row, code, column: null, severity: PROBLEMS[code].severity };
}
