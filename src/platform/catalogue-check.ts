// Holds the catalogue and the named lists against the agencies, the sources and the record types: who may send
// what, about whom, and what tells one record from another.
import type { CatalogueEntry } from '../core/catalogue.js';
import type { Configuration } from '../core/configuration.js';
import type { Definitions } from '../core/definitions.js';
import { identityFields } from '../core/identity.js';

/** Gives one sentence per contradiction of catalogue.yaml. */
export function catalogueProblems(configuration: Configuration, definitions: Definitions): string[] {
  const agencies = new Set(configuration.agencies.map(({ id }) => id));
  return configuration.catalogue.flatMap((entry) => {
    const senders = entry.senders === 'any' ? [] : entry.senders;
    const problems = [
      ...senders.filter((id) => !agencies.has(id)).map((id) => `unknown agency ${id}`),
      ...senderProblems(entry, configuration),
      ...typeProblems(entry, definitions),
      ...entitlementProblems(entry, configuration, definitions),
    ];
    return problems.map((problem) => `catalogue.yaml, ${entry.type}: ${problem}`);
  });
}

function senderProblems({ type, senders }: CatalogueEntry, { sources }: Configuration): string[] {
  return sources
    .filter((source) => source.type === type && senders !== 'any' && !senders.includes(source.agency))
    .map(({ id, agency }) => `${agency} may not send it, but has the source ${id}`);
}

function typeProblems({ type, identity }: CatalogueEntry, definitions: Definitions): string[] {
  const schema = definitions.types.get(type);
  if (schema === undefined) return [`there is no schemas/${type}.schema.json`];
  const wanted = identityFields(schema.identity);
  const isSame = identity.length === wanted.length && wanted.every((field) => identity.includes(field));
  return isSame ? [] : [`its identity is ${identity.join(', ')}, but the schema has ${wanted.join(', ')}`];
}

/** Who may send entries of named lists, and who is entitled to one of them, are the same agencies. */
function entitlementProblems(
  { type, senders }: CatalogueEntry,
  { lists }: Configuration,
  { types }: Definitions,
): string[] {
  const fields = Object.values(types.get(type)?.properties ?? {});
  if (senders === 'any' || !fields.some(({ namedList }) => namedList === true)) return [];
  const entitled = new Set(lists.flatMap(({ agencies }) => agencies));
  return [
    ...lists.flatMap(({ id, agencies }) =>
      agencies
        .filter((agency) => !senders.includes(agency))
        .map((agency) => `${agency} is entitled to the list ${id}, but may not send it`),
    ),
    ...senders
      .filter((agency) => !entitled.has(agency))
      .map((agency) => `${agency} may send it, but no list of lists.yaml entitles it`),
  ];
}

/** Gives one sentence per contradiction of lists.yaml. */
export function listProblems({ lists, agencies }: Configuration): string[] {
  const known = new Set(agencies.map(({ id }) => id));
  const names = lists.map(({ name }) => name);
  return [
    ...lists.flatMap((list) =>
      list.agencies
        .filter((id) => !known.has(id))
        .map((id) => `lists.yaml, ${list.id}: unknown agency ${id}`),
    ),
    ...names
      .filter((name, i) => names.indexOf(name) !== i)
      .map((name) => `lists.yaml: the list ${name} is named twice`),
  ];
}
