// Holds schemas, mappings, code lists and quality rules against one another: names that lead nowhere, and
// fields that every record needs and no column gives.
import type { Definitions, FieldSchema, Mapping, RecordSchema } from '../core/definitions.js';
import { identityFields } from '../core/identity.js';
import { PROBLEMS } from '../core/problems.js';

/** Gives one sentence per contradiction. */
export function contradictions(definitions: Definitions): string[] {
  return [
    ...[...definitions.types].flatMap(([name, schema]) => typeProblems(name, schema, definitions)),
    ...[...definitions.mappings].flatMap(([name, mapping]) => mappingProblems(name, mapping, definitions)),
    ...ruleProblems(definitions),
  ];
}

function typeProblems(
  name: string,
  schema: RecordSchema,
  { codeLists, qualityRules }: Definitions,
): string[] {
  const { properties, required } = schema;
  const at = `schemas/${name}.schema.json`;
  const unknown = (fields: readonly string[]): string[] =>
    fields.filter((field) => properties[field] === undefined);
  const fields = Object.entries(properties).flatMap(([field, property]) => {
    const list = property.codeList;
    const { notBefore = [], notAfter = [], notMoreThan = [], idTypeField = [] } = property;
    const others = unknown([notBefore, notAfter, notMoreThan, idTypeField].flat());
    return [
      ...(list === undefined || codeLists.has(list)
        ? []
        : [`${at}, ${field}: there is no code list ${list}`]),
      ...others.map((other) => `${at}, ${field}: there is no field ${other}`),
    ];
  });
  const optional = identityFields(schema.identity).filter((field) => !required.includes(field));
  return [
    ...fields,
    ...Object.entries(properties).flatMap(([field, property]) => incomplete(`${at}, ${field}`, property)),
    ...conditionProblems(at, schema, codeLists),
    ...unknown(required).map((field) => `${at}, required: there is no field ${field}`),
    ...optional.map((field) => `${at}, identity: ${field} must be a required field`),
    ...Object.keys(schema.quality)
      .filter((rule) => !qualityRules.has(rule))
      .map((rule) => `${at}, quality: there is no rule ${rule} in quality-rules.json`),
    ...ruleFieldProblems(at, schema, qualityRules),
  ];
}

/** What a field lacks of what templates, pages and the protection of persons need of it. */
function incomplete(at: string, field: FieldSchema): string[] {
  const { title, titleZh, normalise, maxLength, format, personal, idTypeField } = field;
  const isBounded = maxLength !== undefined || format !== undefined;
  const isIdNumber = normalise === 'id-number';
  return [
    ...(title && titleZh ? [] : [`${at}: it needs title and titleZh`]),
    ...(field.type === 'array' || normalise === 'amount' || isBounded ? [] : [`${at}: it needs a maxLength`]),
    ...(isIdNumber && (personal !== true || idTypeField === undefined)
      ? [`${at}: an ID number needs personal: true and idTypeField`]
      : []),
  ];
}

interface Condition {
  readonly if?: {
    readonly properties?: Readonly<Record<string, { readonly const?: unknown; readonly enum?: unknown[] }>>;
  };
}

/** A condition on a value that its code list has not would never be met. */
function conditionProblems(
  at: string,
  schema: RecordSchema & { readonly allOf?: readonly Condition[] },
  codeLists: Definitions['codeLists'],
): string[] {
  const conditions = (schema.allOf ?? []).flatMap((entry) => Object.entries(entry.if?.properties ?? {}));
  return conditions.flatMap(([field, { const: one, enum: several = [one] }]) => {
    const property = schema.properties[field];
    if (property === undefined) return [`${at}, allOf: there is no field ${field}`];
    const list = codeLists.get(property.codeList ?? '');
    if (list === undefined || property.type === 'array') return [];
    const values = list.versions.flatMap((version) => version.values.map(({ value }) => value));
    return several
      .filter((value) => value !== undefined && !values.includes(value as string))
      .map((value) => `${at}, allOf: ${field} is never ${String(value)}, which is not in ${list.id}`);
  });
}

/** The field that a rule is about must be there; what it is held against may be missing from a type. */
function ruleFieldProblems(
  at: string,
  { quality, properties }: RecordSchema,
  rules: Definitions['qualityRules'],
): string[] {
  return Object.keys(quality).flatMap((name) => {
    const field = rules.get(name)?.field;
    return field === undefined || properties[field] !== undefined
      ? []
      : [`${at}, quality: the rule ${name} is about ${field}, which the type has not`];
  });
}

function mappingProblems(name: string, mapping: Mapping, { types, codeLists }: Definitions): string[] {
  const at = `mappings/${name}.yaml`;
  const schema = types.get(mapping.type);
  const own = mapping.id === name ? [] : [`${at}: its id is ${mapping.id}`];
  if (schema === undefined) return [...own, `${at}: there is no record type ${mapping.type}`];
  const given = [mapping.columns, mapping.constants ?? {}, mapping.derived ?? {}].flatMap(Object.keys);
  const instead = Object.values(mapping.columns).flatMap((rule) => rule.instead ?? []);
  const known = [...given, ...(mapping.lacks ?? []), ...instead.map(({ field }) => field)];
  const versions = Object.entries(mapping.columns).flatMap(([field, { listVersion }]) => {
    const list = codeLists.get(schema.properties[field]?.codeList ?? '');
    return listVersion === undefined || list?.versions.some(({ id }) => id === listVersion) === true
      ? []
      : [`${at}, ${field}: its code list has no version ${listVersion}`];
  });
  return [
    ...own,
    ...known
      .filter((field) => schema.properties[field] === undefined)
      .map((field) => `${at}: ${mapping.type} has no field ${field}`),
    ...schema.required
      .filter((field) => !known.includes(field))
      .map((field) => `${at}: the required field ${field} has no column, constant or derivation`),
    ...versions,
    ...versionProblems(at, mapping, schema),
  ];
}

/** What a column version says beside its columns must be about fields, and its groups may only ask for less. */
function versionProblems(at: string, mapping: Mapping, schema: RecordSchema): string[] {
  const { requires = [], requiredGroup = [], versionTime } = mapping;
  const groups = schema.requiredGroup ?? [];
  const named = [...requires, ...requiredGroup.flatMap(({ fields }) => fields), versionTime?.since ?? []];
  const isLooser = (fields: readonly string[]): boolean =>
    groups.some((group) =>
      group.fields.every((field) => mapping.columns[field] === undefined || fields.includes(field)),
    );
  return [
    ...[...new Set(named.flat())]
      .filter((field) => mapping.columns[field] === undefined)
      .map((field) => `${at}: it has no column for ${field}`),
    ...requiredGroup
      .filter(({ fields }) => !isLooser(fields))
      .map(({ fields }) => `${at}, requiredGroup: ${fields.join(', ')} asks for more than the schema`),
    ...Object.entries(mapping.columns)
      .filter(([field, { maxLength = 0 }]) => maxLength > (schema.properties[field]?.maxLength ?? Infinity))
      .map(([field]) => `${at}, ${field}: the schema allows fewer characters`),
  ];
}

function ruleProblems({ qualityRules, codeLists }: Definitions): string[] {
  return [...qualityRules].flatMap(([name, rule]) => [
    ...(rule.code in PROBLEMS ? [] : [`quality-rules.json, ${name}: there is no problem code ${rule.code}`]),
    ...(rule.kind !== 'list-by-date' || codeLists.has(rule.codeList)
      ? []
      : [`quality-rules.json, ${name}: there is no code list ${rule.codeList}`]),
  ]);
}
