// What decides, besides the day, how a change is written for a destination. A message that was tried under another wording may
// be there already in other words: it must not go again under its own id.
import { canonicalDigest } from '../core/canonical-json.js';
import type { Agency, Destination } from '../core/configuration.js';
import type { Definitions } from '../core/definitions.js';

export type WordingOf = (destination: Destination) => string;

/** Raised where the same content is written otherwise than by the version before. */
const WRITING = 1;
const DIGITS = 16;

/** Gives the wording of each destination in a few characters: mappings, fields, agencies' codes, and its own entry. */
export function compileWording(
  { mappings, types }: Pick<Definitions, 'mappings' | 'types'>,
  agencies: readonly Pick<Agency, 'id' | 'creditCode'>[],
): WordingOf {
  const codes = agencies.map(({ id, creditCode }) => [id, creditCode]);
  const common = digestOf([WRITING, [...mappings], [...types], codes]);
  return ({ openness, showsPersonalNumbers }) =>
    digestOf([common, openness, showsPersonalNumbers]).slice(0, DIGITS);
}

function digestOf(value: unknown): string {
  return canonicalDigest(JSON.parse(JSON.stringify(value)));
}
