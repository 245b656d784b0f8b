// What judged the rows of a batch, in a few characters: when it is another than today's, the batch may fare otherwise
// today. The configuration of agencies and lists is not in it, for a replay asks for them afresh anyway.
import { hash } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.js';
import type { Source } from '../core/configuration.js';
import type { Definitions, Mapping } from '../core/definitions.js';

const DIGITS = 16;

/** Gives the version of a mapping for a source: a digest over the mapping, its schema, code lists and quality rules. */
export function mappingVersion(
  mapping: Mapping,
  { type, quality }: Pick<Source, 'type' | 'quality'>,
  { types, codeLists, qualityRules }: Definitions,
): string {
  const schema = types.get(type);
  const lists = Object.values(schema?.properties ?? {}).flatMap(({ codeList }) =>
    codeList === undefined ? [] : [codeLists.get(codeList) ?? codeList],
  );
  const rules = Object.keys(schema?.quality ?? {}).map((name) => qualityRules.get(name) ?? name);
  const judges = { mapping, schema: schema ?? null, lists, rules, quality: quality ?? {} };
  return hash('sha256', canonicalJson(JSON.parse(JSON.stringify(judges))), 'hex').slice(0, DIGITS);
}
