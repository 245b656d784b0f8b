// Holds the fields in which records state how open they are against the schemas: a field that is there, and whose
// values all say what they mean. A type with such a field must name it, or what it states would count for nothing.
import type { CatalogueEntry } from '../core/catalogue.js';
import type { Configuration } from '../core/configuration.js';
import type { CodeListValue, Definitions, FieldSchema } from '../core/definitions.js';

/** Gives one sentence per contradiction. */
export function opennessProblems({ catalogue }: Configuration, definitions: Definitions): string[] {
  return catalogue.flatMap((entry) => {
    const problems = [...namedFieldProblems(entry, definitions), ...unnamedFieldProblems(entry, definitions)];
    return problems.map((problem) => `catalogue.yaml, ${entry.type}: ${problem}`);
  });
}

function namedFieldProblems(
  { type, opennessField: name }: CatalogueEntry,
  definitions: Definitions,
): string[] {
  const properties = definitions.types.get(type)?.properties;
  if (name === undefined || properties === undefined) return [];
  const values = valuesOf(properties[name], definitions);
  if (values.length === 0) return [`its opennessField needs a field with a code list, which ${name} is not`];
  return values
    .filter(({ openness }) => openness === undefined)
    .map(({ value }) => `the code list of ${name} does not say how open ${value} is`);
}

function unnamedFieldProblems({ type, opennessField }: CatalogueEntry, definitions: Definitions): string[] {
  const properties = definitions.types.get(type)?.properties ?? {};
  return Object.entries(properties)
    .filter(([name]) => name !== opennessField)
    .filter(([, field]) => valuesOf(field, definitions).some(({ openness }) => openness !== undefined))
    .map(
      ([name]) => `its records state in ${name} how open they are, but its opennessField does not name it`,
    );
}

function valuesOf(field: FieldSchema | undefined, { codeLists }: Definitions): readonly CodeListValue[] {
  return (codeLists.get(field?.codeList ?? '')?.versions ?? []).flatMap(({ values }) => values);
}
