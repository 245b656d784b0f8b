// Reads `schemas/` and `mappings/` of the package: record types, code lists, mappings, each held against
// its own schema and then against the others. All problems are reported at once.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse as parseYaml } from 'yaml';
import type { CodeList, Definitions, Mapping, RecordSchema } from '../core/definitions.js';
import { configInvalid } from './configuration.js';
import { projectRoot } from './project-root.js';

/** Loads every definition below `root`; throws `config.invalid` with every problem. */
export function loadDefinitions(root: string = projectRoot): Definitions {
  const problems: string[] = [];
  const schemas = join(root, 'schemas');
  const types = new Map<string, RecordSchema>();
  for (const name of filesIn(schemas, '.schema.json')) {
    const schema = readJson(join(schemas, `${name}.schema.json`)) as Partial<RecordSchema>;
    // Only record types have an identity; the folder also holds the schemas of mappings and notices.
    if (schema.identity !== undefined) types.set(name, schema as RecordSchema);
  }
  const listCheck = compileSchema(join(schemas, 'code-list.schema.json'));
  const codeLists = new Map<string, CodeList>();
  for (const name of filesIn(join(schemas, 'code-lists'), '.json')) {
    const list = readJson(join(schemas, 'code-lists', `${name}.json`));
    if (report(`code-lists/${name}.json`, list, { check: listCheck, problems }))
      codeLists.set(name, list as CodeList);
  }
  const mappingCheck = compileSchema(join(schemas, 'mapping.schema.json'));
  const mappings = new Map<string, Mapping>();
  for (const name of filesIn(join(root, 'mappings'), '.yaml')) {
    const mapping: unknown = parseYaml(readFileSync(join(root, 'mappings', `${name}.yaml`), 'utf8'));
    if (report(`mappings/${name}.yaml`, mapping, { check: mappingCheck, problems }))
      mappings.set(name, mapping as Mapping);
  }
  problems.push(...contradictions({ types, codeLists, mappings }));
  if (problems.length > 0) throw configInvalid(problems);
  return { types, codeLists, mappings };
}

function filesIn(folder: string, ending: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .sort();
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8')) as unknown;
}

function compileSchema(path: string): ValidateFunction {
  return new Ajv2020({ allErrors: true, strict: false }).compile(readJson(path) as object);
}

function report(name: string, value: unknown, to: { check: ValidateFunction; problems: string[] }): boolean {
  if (to.check(value)) return true;
  for (const error of to.check.errors ?? [])
    to.problems.push(
      `${name}${error.instancePath}: ${error.message ?? error.keyword} ${JSON.stringify(error.params)}`,
    );
  return false;
}

function contradictions({ types, codeLists, mappings }: Definitions): string[] {
  const problems: string[] = [];
  for (const [name, schema] of types)
    for (const [field, property] of Object.entries(schema.properties))
      if (property.codeList !== undefined && !codeLists.has(property.codeList))
        problems.push(`schemas/${name}.schema.json, ${field}: there is no code list ${property.codeList}`);
  for (const [name, mapping] of mappings) {
    const properties = types.get(mapping.type)?.properties;
    if (mapping.id !== name) problems.push(`mappings/${name}.yaml: its id is ${mapping.id}`);
    if (properties === undefined)
      problems.push(`mappings/${name}.yaml: there is no record type ${mapping.type}`);
    for (const field of Object.keys(mapping.columns))
      if (properties !== undefined && properties[field] === undefined)
        problems.push(`mappings/${name}.yaml: ${mapping.type} has no field ${field}`);
  }
  return problems;
}
