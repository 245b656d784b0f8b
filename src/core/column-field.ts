// A column may stand for several fields: numbers of persons and codes of organisations under one heading. Here
// stands which of its fields the column is named after.
import type { Mapping } from './definitions.js';

/** Gives the field whose column holds the values of a field: itself, or the one that gives them up to it. */
export function columnField(field: string, { columns }: Pick<Mapping, 'columns'>): string {
  if (columns[field] !== undefined) return field;
  const owner = Object.entries(columns).find(([, rule]) =>
    rule.instead?.some((entry) => entry.field === field),
  );
  return owner?.[0] ?? field;
}
