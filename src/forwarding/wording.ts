// What decides, besides the day, how a change is written for a destination. A message that was tried under another wording may
// be there already in other words: it must not go again under its own id.
import { canonicalDigest } from '../core/canonical-json.js';
import type { Agency, Destination } from '../core/configuration.js';
import type { Definitions, Mapping } from '../core/definitions.js';

export type WordingOf = (destination: Destination) => string;

type Needs = Pick<Definitions, 'mappings' | 'types'>;
type Sender = Pick<Agency, 'id' | 'creditCode'>;

/** Raised where the same content is written otherwise than by the version before. */
const WRITING = 1;
const DIGITS = 16;

/**
 * Gives the wording of each destination in a few characters: the columns of its tables, the kinds of their fields, the codes of
 * agencies, and what its entry lets it see.
 */
export function compileWording(definitions: Needs, agencies: readonly Sender[]): WordingOf {
  const codes = agencies.map(({ id, creditCode }) => [id, creditCode]);
  const known = new Map<Destination, string>();
  return (destination) => {
    const wording =
      known.get(destination) ?? digestOf([WRITING, codes, ...sayingsOf(destination, definitions)]);
    known.set(destination, wording);
    return wording;
  };
}

function sayingsOf(
  { tables, openness, showsPersonalNumbers: shows }: Destination,
  { mappings, types }: Needs,
): unknown[] {
  const columns = Object.entries(tables).map(([type, { version }]) => [
    type,
    version,
    columnsOf(mappings.get(`${type}-${version}`)),
    Object.entries(types.get(type)?.properties ?? {}).map(([name, { normalise }]) => [name, normalise]),
  ]);
  return [columns, openness, shows === false ? [] : shows.types];
}

function columnsOf(mapping: Mapping | undefined): unknown {
  return Object.entries(mapping?.columns ?? {}).map(([field, { official, unit, instead }]) => [
    field,
    official,
    unit,
    instead?.map((entry) => entry.field),
  ]);
}

function digestOf(value: unknown): string {
  return canonicalDigest(JSON.parse(JSON.stringify(value))).slice(0, DIGITS);
}
