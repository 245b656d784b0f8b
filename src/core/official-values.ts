// The values of a code list as they are stored: of all its versions, in order, each once.
import type { CodeList, CodeListValue } from './definitions.js';

/** Names all official values of a list, in order, each once. */
export function officialValues(list: CodeList): string[] {
  const values = list.versions.flatMap((version) => version.values.flatMap((entry) => expansionOf(entry)));
  return [...new Set(values)];
}

/** Gives the values that an entry stands for: itself, or those of which it is made up. */
export function expansionOf(entry: Pick<CodeListValue, 'value' | 'expandsTo'>): readonly string[] {
  return entry.expandsTo ?? [entry.value];
}
