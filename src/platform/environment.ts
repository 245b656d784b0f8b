// The only reader of environment variables: text in, checked settings out. An empty variable counts as unset,
// and every fault is told at once.
import path from 'node:path';
import { GatewayError } from '../core/errors.js';

export interface Environment {
  readonly host: string;
  /** TCP port; undefined when unset, so that a command may choose a free one. 0 asks for any free port. */
  readonly port: number | undefined;
  /** Absolute path. */
  readonly dataDir: string;
  /** Absolute path. */
  readonly configDir: string;
  readonly dataKeyFile?: string | undefined;
  readonly signingKeyFile?: string | undefined;
  readonly databaseUrl?: string | undefined;
  readonly redisUrl?: string | undefined;
  readonly cityUrl?: string | undefined;
  readonly cityToken?: string | undefined;
  readonly logLevel: string;
}

export type Variables = Readonly<Record<string, string | undefined>>;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
const MAX_PORT = 65_535;
/** What a child process needs of our environment; everything else may be a secret. */
const CHILD_VARIABLES = ['PATH', 'LD_LIBRARY_PATH', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR'];

export interface Defaults {
  readonly dataDir: string;
  readonly logLevel: string;
}

const DEFAULTS: Defaults = { dataDir: 'data', logLevel: 'info' };

/** Reads the settings of the environment; throws `config.invalid` naming every faulty variable, never a value. */
export function readEnvironment(
  variables: Variables = process.env,
  defaults: Defaults = DEFAULTS,
): Environment {
  const faults: string[] = [];
  const text = (name: string): string | undefined => {
    const value = variables[name]?.trim();
    return value === '' ? undefined : value;
  };
  const url = (name: string, protocols: readonly string[]): string | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) {
      faults.push(`${name} must be an address that begins with ${protocols.join('// or ')}//`);
    }
    return value;
  };
  const absolute = (name: string): string | undefined => {
    const value = text(name);
    return value === undefined ? undefined : path.resolve(value);
  };
  const environment: Environment = {
    host: text('HOST') ?? '127.0.0.1',
    port: portOf(text('PORT'), faults),
    dataDir: path.resolve(text('DATA_DIR') ?? defaults.dataDir),
    configDir: path.resolve(text('CONFIG_DIR') ?? 'config'),
    dataKeyFile: absolute('DATA_KEY_FILE'),
    signingKeyFile: absolute('SIGNING_KEY_FILE'),
    databaseUrl: url('DATABASE_URL', ['postgres:', 'postgresql:']),
    redisUrl: url('REDIS_URL', ['redis:', 'rediss:']),
    cityUrl: url('CITY_URL', ['http:', 'https:']),
    cityToken: text('CITY_TOKEN'),
    logLevel: logLevelOf(text('LOG_LEVEL') ?? defaults.logLevel, faults),
  };
  if (faults.length > 0) {
    throw new GatewayError('config.invalid', `${faults.join('. ')}.`, { details: { faults } });
  }
  return environment;
}

/** Gives the few variables that a child process may see: none of PG*, and no secret. */
export function childEnvironment(variables: Variables = process.env): Record<string, string> {
  const kept = CHILD_VARIABLES.flatMap((name) => {
    const value = variables[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}

function portOf(value: string | undefined, faults: string[]): number | undefined {
  if (value === undefined) return undefined;
  const port = Number(value);
  if (!/^\d{1,5}$/.test(value) || port > MAX_PORT) {
    faults.push(`PORT must be a whole number from 0 to ${MAX_PORT}`);
  }
  return port;
}

function logLevelOf(value: string, faults: string[]): string {
  if (!LOG_LEVELS.includes(value)) {
    faults.push(`LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}`);
  }
  return value;
}
