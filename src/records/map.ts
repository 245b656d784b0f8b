// From cells to fields: a mapping and the headings of one file become a plan, compiled once, that
// picks each field's cell. Values stay as the agency wrote them.
import type { AmountUnit } from '../core/definitions.js';
import type { HeadingMatch } from '../core/heading-match.js';
import { hasControlCharacters, normaliseCode } from '../core/normalise-text.js';
import { PROBLEMS, type Problem, type ProblemCode } from '../core/problems.js';
import type { MappedRow, ParsedRow } from '../core/rows.js';
import { shownValue } from '../core/shown-value.js';
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
  const operation = readOperation(match, headings);
  return {
    fields,
    units: fields.map((field) => byField.get(field)?.unit ?? 'yuan'),
    columnOf: (field) => byField.get(field)?.heading ?? match.mapping.columns[field]?.official ?? field,
    map: (row) => ({
      row: row.row,
      cells: row.cells,
      values: columns.map((column) => (column < 0 ? undefined : row.cells[column])),
      withdraws: operation !== undefined && withdraws(row, operation),
      versionTime: match.versionTimeColumn === undefined ? undefined : row.cells[match.versionTimeColumn],
      problems: rowProblems(row, { match, operation, today: context.today }),
    }),
  };
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
