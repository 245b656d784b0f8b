// What one column version asks for beyond the schema: fields that it requires, lengths that it allows, and the
// days between which its versions were made. A mapping that asks for nothing costs nothing.
import type { Mapping } from '../core/definitions.js';
import type { Problem } from '../core/problems.js';
import type { NormalisedRow } from '../core/rows.js';
import type { BatchContext } from './record-type.js';

type VersionCheck = (row: NormalisedRow) => readonly Problem[];

const NONE: readonly Problem[] = [];
const SHANGHAI_OFFSET_MS = 8 * 3_600_000;

/** Compiles the check of one mapping; a withdrawal is asked for nothing. */
export function compileVersionCheck(
  mapping: Mapping,
  columnOf: (field: string) => string,
  context: Pick<BatchContext, 'today'>,
): VersionCheck {
  const checks = [
    ...(mapping.requires ?? []).map((field) => requiredCheck(field, columnOf)),
    ...Object.entries(mapping.columns).flatMap(([field, { maxLength }]) =>
      maxLength === undefined ? [] : [lengthCheck(field, maxLength, columnOf)],
    ),
    ...timeChecks(mapping, columnOf, context),
  ];
  if (checks.length === 0) return () => NONE;
  return (row) => (row.withdraws ? NONE : checks.flatMap((check) => check(row)));
}

function requiredCheck(field: string, columnOf: (field: string) => string): VersionCheck {
  return ({ row, record }) =>
    record[field] === undefined
      ? [{ row, code: 'value.required', column: columnOf(field), severity: 'error' }]
      : NONE;
}

function lengthCheck(field: string, limit: number, columnOf: (field: string) => string): VersionCheck {
  return ({ row, record }) => {
    const value = record[field];
    const length = typeof value === 'string' ? [...value].length : 0;
    if (length <= limit) return NONE;
    const details = { length, limit };
    return [{ row, code: 'value.too-long', column: columnOf(field), severity: 'error', details }];
  };
}

function timeChecks(
  { versionTime }: Mapping,
  columnOf: (field: string) => string,
  { today }: Pick<BatchContext, 'today'>,
): VersionCheck[] {
  const since = versionTime?.since;
  if (since === undefined) return [];
  const column = versionTime?.headings[0] ?? '';
  return [
    ({ row, record, versionTimeMs }) => {
      if (versionTimeMs === undefined || Number.isNaN(versionTimeMs)) return NONE;
      const day = new Date(versionTimeMs + SHANGHAI_OFFSET_MS).toISOString().slice(0, 10);
      const first = record[since];
      if (day > today) return [{ row, code: 'date.in-future', column, severity: 'error' }];
      if (typeof first !== 'string' || day >= first) return NONE;
      const details = { other: columnOf(since) };
      return [{ row, code: 'date.before', column, severity: 'error', details }];
    },
  ];
}
