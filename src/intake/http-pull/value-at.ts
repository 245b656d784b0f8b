// Reads one value out of an answer by its dotted path.

/** Strings, and whole numbers that are too long for a double. */
const LONG_NUMBERS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\b\d{16,}\b(?![.eE])/g;

/** Gives the value at `data.next`; undefined where there is none. */
export function valueAt(answer: unknown, path: string): unknown {
  let value = answer;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** Gives the text or number at a path as text, with all digits that stand in the body; undefined for anything else. */
export function textAt(answer: unknown, path: string, body: string): string | undefined {
  const value = valueAt(answer, path);
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') return undefined;
  if (Number.isSafeInteger(value)) return String(value);
  const quoted = body.replace(LONG_NUMBERS, (found) => (found.startsWith('"') ? found : `"${found}"`));
  return String(valueAt(JSON.parse(quoted) as unknown, path));
}
