// Reads `schemas/` and `mappings/` of the package: record types, code lists, mappings, each held against
// its own schema and then against the others. All problems are reported at once.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse as parseYaml } from 'yaml';
import type { CodeList, Definitions, Mapping, QualityRule, RecordSchema } from '../core/definitions.js';
import { configInvalid } from './configuration.js';
import { contradictions } from './definition-check.js';
import { projectRoot } from './project-root.js';

/** Loads every definition below `root`; throws `config.invalid` with every problem. */
export function loadDefinitions(root: string = projectRoot): Definitions {
  const problems: string[] = [];
  // One for all: each would compile the schema of schemas anew.
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  const schemas = join(root, 'schemas');
  const types = new Map<string, RecordSchema>();
  for (const name of filesIn(schemas, '.schema.json')) {
    const schema = read(`schemas/${name}.schema.json`, { root, problems }) as
      Partial<RecordSchema> | undefined;
    // Only record types have an identity; the folder also holds the schemas of mappings and notices.
    if (schema?.identity === undefined) continue;
    const file = `schemas/${name}.schema.json`;
    if (isSchema(file, schema, { ajv, problems }) && isWhole(file, schema, problems)) types.set(name, schema);
  }
  const listCheck = ajv.compile(readJson(join(schemas, 'code-list.schema.json')));
  const codeLists = new Map<string, CodeList>();
  for (const name of filesIn(join(schemas, 'code-lists'), '.json')) {
    const list = read(`schemas/code-lists/${name}.json`, { root, problems });
    if (list !== undefined && report(`code-lists/${name}.json`, list, { check: listCheck, problems }))
      codeLists.set(name, list as CodeList);
  }
  const mappingCheck = ajv.compile(readJson(join(schemas, 'mapping.schema.json')));
  const mappings = new Map<string, Mapping>();
  for (const name of filesIn(join(root, 'mappings'), '.yaml')) {
    const mapping = read(`mappings/${name}.yaml`, { root, problems });
    if (mapping !== undefined && report(`mappings/${name}.yaml`, mapping, { check: mappingCheck, problems }))
      mappings.set(name, mapping as Mapping);
  }
  const rulesCheck = ajv.compile(readJson(join(schemas, 'quality-rules.schema.json')));
  const rules = readJson(join(schemas, 'quality-rules.json'));
  const areRules = report('quality-rules.json', rules, { check: rulesCheck, problems });
  const qualityRules = new Map(areRules ? Object.entries(rules as Record<string, QualityRule>) : []);
  const definitions = { types, codeLists, mappings, qualityRules };
  problems.push(...contradictions(definitions));
  if (problems.length > 0) throw configInvalid(problems);
  return definitions;
}

function filesIn(folder: string, ending: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .sort();
}

/** Reads a JSON or YAML file below the root; what cannot be read is a problem that names the file. */
function read(file: string, from: { readonly root: string; readonly problems: string[] }): unknown {
  const text = readFileSync(join(from.root, file), 'utf8');
  try {
    return file.endsWith('.yaml') ? (parseYaml(text) as unknown) : (JSON.parse(text) as unknown);
  } catch (error) {
    from.problems.push(`${file}: ${(error as Error).message.split('\n')[0] ?? ''}`);
    return undefined;
  }
}

const ROOT_KEYS = ['properties', 'required', 'quality'] as const;

function isWhole(file: string, schema: Partial<RecordSchema>, problems: string[]): schema is RecordSchema {
  const missing = ROOT_KEYS.filter((key) => schema[key] === undefined);
  problems.push(...missing.map((key) => `${file}: it has no ${key} at its root`));
  return missing.length === 0;
}

/** Tells whether a record type is JSON Schema at all, down to its conditions: what compiles it asks no more. */
function isSchema(file: string, schema: object, to: { ajv: Ajv2020; problems: string[] }): boolean {
  if (to.ajv.validateSchema(schema) === true) return true;
  for (const { instancePath, message = '' } of to.ajv.errors ?? [])
    to.problems.push(`${file}${instancePath}: ${message}`);
  return false;
}

function readJson(path: string): object {
  return JSON.parse(readFileSync(path, 'utf8')) as object;
}

function report(name: string, value: unknown, to: { check: ValidateFunction; problems: string[] }): boolean {
  if (to.check(value)) return true;
  for (const error of to.check.errors ?? [])
    to.problems.push(
      `${name}${error.instancePath}: ${error.message ?? error.keyword} ${JSON.stringify(error.params)}`,
    );
  return false;
}
