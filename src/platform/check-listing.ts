// Holds what the catalogue says of entries in lists and their removals against the schemas: a removal that names a
// field of another kind would end nothing, and nobody would be told.
import type { ListingFields } from '../core/catalogue.js';
import type { Configuration } from '../core/configuration.js';
import type { Definitions, FieldSchema, RecordSchema } from '../core/definitions.js';

/** Gives one sentence per contradiction. */
export function listingProblems({ catalogue }: Configuration, definitions: Definitions): string[] {
  return catalogue.flatMap(({ type, listing }) => {
    const schema = definitions.types.get(type);
    if (listing === undefined || schema === undefined) return [];
    const problems = [
      ...unknownFields(listing, schema),
      ...actionProblems(listing, schema, definitions),
      ...listProblems(listing, schema),
      ...entryProblems(listing, schema),
    ];
    return problems.map((problem) => `catalogue.yaml, ${type}: ${problem}`);
  });
}

function unknownFields({ action, list, entry }: ListingFields, { properties }: RecordSchema): string[] {
  return Object.entries({ action, list, entry })
    .filter(([, field]) => properties[field] === undefined)
    .map(([key, field]) => `its listing names ${field} as ${key}, which is no field of the schema`);
}

function actionProblems(
  { action, removal }: ListingFields,
  { properties }: RecordSchema,
  { codeLists }: Definitions,
): string[] {
  const field = properties[action];
  if (field === undefined) return [];
  const versions = codeLists.get(field.codeList ?? '')?.versions ?? [];
  if (!isText(field) || versions.length === 0)
    return [`its listing needs a field of one value with a code list as action, which ${action} is not`];
  return versions.some(({ values }) => values.some(({ value }) => value === removal))
    ? []
    : [`its listing has ${removal} as removal, which is not in the code list of ${action}`];
}

function listProblems({ list }: ListingFields, { properties }: RecordSchema): string[] {
  const field = properties[list];
  return field === undefined || (isText(field) && field.namedList === true)
    ? []
    : [`its listing needs a field with namedList as list, which ${list} is not`];
}

/** What a removal names is compared with what the entry is identified by. */
function entryProblems({ entry }: ListingFields, { identity, properties }: RecordSchema): string[] {
  const number = properties[identity.documentNumber ?? ''];
  if (number === undefined)
    return ['its listing needs records with a document number, which its schema does not identify them by'];
  const field = properties[entry];
  if (field === undefined) return [];
  if (entry === identity.documentNumber)
    return [`its listing names ${entry} as entry, which is the number of the removal itself`];
  return isText(field) && field.normalise === number.normalise
    ? []
    : [
        `its listing needs a field written as ${identity.documentNumber ?? ''} as entry, which ${entry} is not`,
      ];
}

function isText({ type }: FieldSchema): boolean {
  return type === 'string';
}
