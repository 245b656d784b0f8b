// Finds the heading row among the first rows of a file and the mapping that knows most of its
// headings. Title rows above are passed over; a second heading row (codes, then Chinese) is one too.
import type { AmountUnit, Heading, Mapping } from './definitions.js';
import { headingKey } from './heading-key.js';

export interface FieldColumn {
  readonly field: string;
  readonly column: number;
  /** The heading as it stands in the file. */
  readonly heading: string;
  readonly unit: AmountUnit;
}

export interface HeadingMatch {
  readonly mapping: Mapping;
  /** Index of the last heading row among the rows given. */
  readonly index: number;
  readonly width: number;
  readonly columns: readonly FieldColumn[];
  readonly operationColumn: number | undefined;
  readonly versionTimeColumn: number | undefined;
  /** Headings that name a field or role which another column has already. */
  readonly repeated: readonly string[];
}

export interface KnownHeading {
  readonly field: string;
  readonly unit: AmountUnit;
}

/** Names the further column of a field whose values are joined to those of the first. */
export const furtherOf = (field: string): string => `+${field}`;

const OPERATION = '#operation';
const VERSION_TIME = '#version-time';
const ROWS_SEARCHED = 10;
const FEWEST_KNOWN = 3;

/** Matches the first rows against the mappings of a source; undefined where no row looks like headings. */
export function matchHeadings(
  rows: readonly (readonly string[])[],
  mappings: readonly Mapping[],
  requiredFields: (mapping: Mapping) => readonly string[],
): HeadingMatch | undefined {
  let best: { match: HeadingMatch; known: number; missing: number } | undefined;
  for (const mapping of mappings) {
    const known = knownHeadings(mapping);
    const index = headingRow(rows, known);
    if (index === undefined) continue;
    const match = readHeadings({ mapping, known, index, cells: mergedCells(rows, index) });
    const missing = missingFields(match, requiredFields(mapping)).length;
    const score = match.columns.length;
    if (best === undefined || score > best.known || (score === best.known && missing < best.missing))
      best = { match, known: score, missing };
  }
  return best?.match;
}

/** Names the fields among `required` for which the match has no column. */
export function missingFields(match: HeadingMatch, required: readonly string[]): string[] {
  const present = new Set(match.columns.map((column) => column.field));
  return required.filter((field) => !present.has(field));
}

function headingRow(
  rows: readonly (readonly string[])[],
  known: ReadonlyMap<string, KnownHeading>,
): number | undefined {
  const searched = rows.slice(0, ROWS_SEARCHED);
  const merged = searched.map((_, i) => countKnown(mergedCells(searched, i), known));
  const most = Math.max(0, ...merged);
  if (most < FEWEST_KNOWN) return undefined;
  let index = merged.indexOf(most);
  while (countKnown(searched[index + 1] ?? [], known) >= most * 0.8) index += 1;
  return index;
}

/** A heading merged over two rows stands in the upper one: blank cells take what is above them. */
export function mergedCells(rows: readonly (readonly string[])[], index: number): string[] {
  const cells = [...(rows[index] ?? [])];
  for (let above = index - 1; above >= 0; above -= 1)
    rows[above]?.forEach((cell, column) => {
      if ((cells[column] ?? '').trim() === '') cells[column] = cell;
    });
  return Array.from(cells, (cell: string | undefined) => cell ?? '');
}

function countKnown(cells: readonly string[], known: ReadonlyMap<string, KnownHeading>): number {
  return new Set(
    cells.map((cell) => known.get(headingKey(cell))?.field).filter((field) => field !== undefined),
  ).size;
}

/** Gives what a mapping knows by the comparison form of its headings, official columns first. */
export function knownHeadings(mapping: Mapping): Map<string, KnownHeading> {
  const known = new Map<string, KnownHeading>();
  const add = (heading: Heading, to: KnownHeading): void => {
    const text = typeof heading === 'string' ? heading : heading.heading;
    const unit = typeof heading === 'string' ? to.unit : heading.unit;
    if (!known.has(headingKey(text))) known.set(headingKey(text), { field: to.field, unit });
  };
  for (const [field, rule] of Object.entries(mapping.columns)) {
    const to = { field, unit: rule.unit ?? 'yuan' } as const;
    add(rule.official, to);
    for (const heading of rule.headings) add(heading, to);
    for (const heading of rule.also ?? []) add(heading, { ...to, field: furtherOf(field) });
  }
  for (const heading of mapping.operation?.headings ?? []) add(heading, { field: OPERATION, unit: 'yuan' });
  for (const heading of mapping.versionTime?.headings ?? [])
    add(heading, { field: VERSION_TIME, unit: 'yuan' });
  return known;
}

function readHeadings(found: {
  mapping: Mapping;
  known: ReadonlyMap<string, KnownHeading>;
  index: number;
  cells: readonly string[];
}): HeadingMatch {
  const byField = new Map<string, FieldColumn>();
  const repeated: string[] = [];
  found.cells.forEach((cell, column) => {
    const known = found.known.get(headingKey(cell));
    if (known === undefined) return;
    if (byField.has(known.field)) repeated.push(cell.trim());
    else byField.set(known.field, { field: known.field, column, heading: cell.trim(), unit: known.unit });
  });
  return {
    mapping: found.mapping,
    index: found.index,
    width: lastFilled(found.cells) + 1,
    columns: [...byField.values()].filter(({ field }) => field !== OPERATION && field !== VERSION_TIME),
    operationColumn: byField.get(OPERATION)?.column,
    versionTimeColumn: byField.get(VERSION_TIME)?.column,
    repeated,
  };
}

function lastFilled(cells: readonly string[]): number {
  let last = cells.length - 1;
  while (last >= 0 && cells[last]?.trim() === '') last -= 1;
  return last;
}
