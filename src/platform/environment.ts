// The only reader of environment variables: text in, checked settings out. An empty variable counts as unset,
// and every fault is told at once.
import path from 'node:path';
import { addressVariable, type Addresses } from '../core/addresses.js';
import { CITY } from '../core/city.js';
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
  readonly logLevel: string;
  /** Gives where destinations are, by their ids; throws `config.invalid` as `readEnvironment` does. */
  readonly addressesOf: (destinations: readonly string[]) => Addresses;
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
  const { text, url, faults, end } = readerOf(variables);
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
    logLevel: logLevelOf(text('LOG_LEVEL') ?? defaults.logLevel, faults),
    addressesOf: (destinations) => readAddresses(destinations, variables),
  };
  // Of the others nobody knows the names before the configuration is read; this one is told of with the rest.
  url(addressVariable(CITY, 'URL'), ['http:', 'https:']);
  end();
  return environment;
}

function readAddresses(destinations: readonly string[], variables: Variables): Addresses {
  const { text, url, end } = readerOf(variables);
  const addresses = destinations.flatMap((id) => {
    const at = url(addressVariable(id, 'URL'), ['http:', 'https:']);
    const token = text(addressVariable(id, 'TOKEN')) ?? '';
    return at === undefined ? [] : [[id, { url: at, token }] as const];
  });
  end();
  return new Map(addresses);
}

interface Reader {
  readonly text: (name: string) => string | undefined;
  readonly url: (name: string, protocols: readonly string[]) => string | undefined;
  readonly faults: string[];
  /** Throws where there was a fault. */
  readonly end: () => void;
}

function readerOf(variables: Variables): Reader {
  const faults: string[] = [];
  const text: Reader['text'] = (name) => {
    const value = variables[name]?.trim();
    return value === '' ? undefined : value;
  };
  return {
    text,
    faults,
    url: (name, protocols) => {
      const value = text(name);
      if (value !== undefined && !(URL.canParse(value) && protocols.includes(new URL(value).protocol)))
        faults.push(`${name} must be an address that begins with ${protocols.join('// or ')}//`);
      return value;
    },
    end: () => {
      if (faults.length > 0)
        throw new GatewayError('config.invalid', `${faults.join('. ')}.`, { details: { faults } });
    },
  };
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
