// Reads `config/`: every file is held against its JSON Schema and then against the others. All problems
// are reported at once; unknown keys are refused; what is left out is as its schema says; the result is frozen.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse as parseYaml } from 'yaml';
import type { Configuration } from '../core/configuration.js';
import type { Definitions } from '../core/definitions.js';
import { GatewayError } from '../core/errors.js';
import { isUnifiedSocialCreditCode } from '../core/unified-social-credit-code.js';
import { identityProblems } from './check-identities.js';
import { crossCheck } from './cross-check.js';
import { projectRoot } from './project-root.js';

const FILES = [
  'gateway',
  'schedules',
  'agencies',
  'sources',
  'destinations',
  'catalogue',
  'lists',
  'measures',
  'routes',
  'periods',
  'retention',
] as const satisfies readonly (keyof Configuration)[];
const CALENDARS = 'calendars';

/** Loads the configuration of a folder; throws `config.invalid` with every problem in `details.problems`. */
export function loadConfiguration(folder: string, definitions: Definitions): Configuration {
  if (!existsSync(folder))
    throw configInvalid([`${folder}: there is no such folder; CONFIG_DIR names it, ./config without it`]);
  const problems: string[] = [];
  const ajv = new Ajv2020({ allErrors: true, useDefaults: true });
  ajv.addFormat('unified-social-credit-code', isUnifiedSocialCreditCode);
  const loaded: Record<string, unknown> = {};
  for (const name of FILES) loaded[name] = loadFile({ folder, name, schema: name, ajv, problems });
  loaded[CALENDARS] = calendarsIn(folder).map((name) =>
    loadFile({ folder, name, schema: 'calendar', ajv, problems }),
  );
  const configuration = loaded as unknown as Configuration;
  if (problems.length === 0)
    problems.push(...crossCheck(configuration, definitions), ...identityProblems(configuration, folder));
  if (problems.length > 0) throw configInvalid(problems);
  return deepFreeze(configuration);
}

/** The error that carries a list of configuration problems. */
export function configInvalid(problems: readonly string[]): GatewayError {
  return new GatewayError(
    'config.invalid',
    `The configuration has ${problems.length} problem(s):\n- ${problems.join('\n- ')}`,
    {
      details: { problems },
    },
  );
}

/** Names the calendars of a folder, one a year. */
function calendarsIn(folder: string): string[] {
  const place = join(folder, CALENDARS);
  if (!existsSync(place)) return [];
  const files = readdirSync(place).filter((file) => file.endsWith('.yaml'));
  return files.sort().map((file) => `${CALENDARS}/${file.slice(0, -'.yaml'.length)}`);
}

interface ConfigFile {
  readonly folder: string;
  readonly name: string;
  readonly schema: string;
  readonly ajv: Ajv2020;
  readonly problems: string[];
}

function loadFile(file: ConfigFile): unknown {
  const { name, problems } = file;
  try {
    const value: unknown = parseYaml(readFileSync(join(file.folder, `${name}.yaml`), 'utf8'), {
      uniqueKeys: true,
    });
    const schema = JSON.parse(
      readFileSync(join(projectRoot, 'schemas/config', `${file.schema}.schema.json`), 'utf8'),
    ) as { $id: string };
    const validate = file.ajv.getSchema(schema.$id) ?? file.ajv.compile(schema);
    if (!validate(value))
      for (const error of validate.errors ?? [])
        problems.push(
          `${name}.yaml${error.instancePath}: ${error.message ?? error.keyword} ${JSON.stringify(error.params)}`,
        );
    return value;
  } catch (error) {
    problems.push(`${name}.yaml: ${(error as Error).message.split('\n')[0] ?? ''}`);
    return undefined;
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
