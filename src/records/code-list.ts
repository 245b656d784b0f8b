// Brings the values of a code list into their official form: official values, codes and listed
// spellings of any version are known, everything else stays as it is and is rejected by the schema.
import type { CodeList } from '../core/definitions.js';
import { normaliseCode, normaliseText } from '../core/normalise-text.js';
import { expansionOf, officialValues } from '../core/official-values.js';

/** Compiles a list, or one version of it, into a look-up of one value; an annotated value keeps its note as `值-note`. */
export function compileCodeList(list: CodeList, version?: string): (text: string) => string {
  const known = knownValues(list, version);
  const annotated = list.annotated ?? [];
  const absent = new Set(list.absent?.map(normaliseCode));
  return (text) => {
    const direct = known.get(text);
    if (direct !== undefined) return direct[0] as string;
    const key = normaliseCode(text);
    if (absent.has(key)) return '';
    return known.get(key)?.[0] ?? annotation(normaliseText(text), annotated) ?? normaliseText(text);
  };
}

/** Compiles a list, or one version of it, into a look-up of several values joined by `;`, `；` or `、`. */
export function compileMultiList(list: CodeList, version?: string): (text: string) => string[] {
  const known = knownValues(list, version);
  return (text) => {
    const direct = known.get(text);
    if (direct !== undefined) return [...direct];
    const values: string[] = [];
    for (const part of splitKinds(normaliseText(text), known)) {
      for (const value of known.get(normaliseCode(part)) ?? [part])
        if (!values.includes(value)) values.push(value);
    }
    return values;
  };
}

/** Tells whether a canonical value is official, with a note where the list allows one. */
export function compileMembership(list: CodeList): (value: string) => boolean {
  const official = new Set(officialValues(list));
  const annotated = list.annotated ?? [];
  return (value) =>
    official.has(value) ||
    annotated.some((entry) => value.startsWith(`${entry}-`) && value.length > entry.length + 1);
}

function knownValues(list: CodeList, only: string | undefined): Map<string, readonly string[]> {
  const known = new Map<string, readonly string[]>();
  const entries = list.versions
    .filter(({ id }) => only === undefined || id === only)
    .flatMap((version) => version.values);
  for (const entry of entries) {
    const texts = [entry.value, ...entry.codes, ...entry.spellings];
    const keys = texts.flatMap((text) => [text, normaliseCode(text)]);
    for (const key of keys) if (!known.has(key)) known.set(key, expansionOf(entry));
  }
  return known;
}

/** Some official values contain `、` themselves: a run that is known as a whole is not split. */
function splitKinds(text: string, known: ReadonlyMap<string, readonly string[]>): string[] {
  const parts: string[] = [];
  for (const group of text.split(/[;；]/)) {
    let rest = group.split('、').map((part) => part.trim());
    while (rest.length > 0) {
      let take = rest.length;
      while (take > 1 && !known.has(normaliseCode(rest.slice(0, take).join('、')))) take -= 1;
      parts.push(rest.slice(0, take).join('、'));
      rest = rest.slice(take);
    }
  }
  return parts.filter((part) => part !== '');
}

function annotation(text: string, annotated: readonly string[]): string | undefined {
  const entry = annotated.find((value) => text.startsWith(value));
  if (entry === undefined) return undefined;
  const note = /^\s*(?:[-－—–]+|[:：])\s*(.+)$|^\s*[(（](.+)[)）]$/.exec(text.slice(entry.length));
  const words = (note?.[1] ?? note?.[2])?.trim();
  return words === undefined ? undefined : `${entry}-${words}`;
}
