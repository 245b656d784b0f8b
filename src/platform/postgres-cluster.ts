// The data folder of the embedded PostgreSQL: made once with a password and the database `gateway`, then only
// checked. It is made under another name and renamed when it is complete and on disk, so a killed start leaves
// nothing that looks whole.
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { GatewayError } from '../core/errors.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import { runProgram, type ProgramUser } from './run-program.js';

export interface ClusterPlace {
  /** DATA_DIR, absolute. */
  readonly dataDir: string;
  readonly binaries: PostgresBinaries;
  readonly user: ProgramUser | undefined;
}

export const DATABASE = 'gateway';
export const SUPERUSER = 'postgres';
const DRAFT_PREFIX = 'postgres-init-';

/** Gives the data folder of a DATA_DIR. */
export function clusterFolder(dataDir: string): string {
  return path.join(dataDir, 'postgres');
}

/** Makes the data folder where there is none, or where its making was broken off; throws `postgres.not-startable`. */
export async function ensureCluster(place: ClusterPlace): Promise<void> {
  const drafts = readdirSync(place.dataDir).filter((name) => name.startsWith(DRAFT_PREFIX));
  for (const name of drafts) rmSync(path.join(place.dataDir, name), { recursive: true, force: true });
  if (existsSync(path.join(clusterFolder(place.dataDir), 'PG_VERSION'))) return;
  await makeCluster(place);
}

/** Throws `postgres.not-startable`, naming both versions, when the data folder is of another major version. */
export function checkClusterVersion(dataDir: string, major: number): void {
  const folder = clusterFolder(dataDir);
  const found = readFileSync(path.join(folder, 'PG_VERSION'), 'utf8').trim();
  if (Number(found) === major) return;
  throw new GatewayError(
    'postgres.not-startable',
    `${folder} was made by PostgreSQL ${found}, but this gateway brings PostgreSQL ${major}. Start it with the gateway that made it and dump it from there, or choose another DATA_DIR; nothing has been changed.`,
    { details: { found, brought: String(major) } },
  );
}

/** Reads the password of the superuser; throws `postgres.not-startable` when the file is gone. */
export function readPassword(dataDir: string): string {
  const file = passwordFile(dataDir);
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  throw new GatewayError(
    'postgres.not-startable',
    `The password of the database in ${clusterFolder(dataDir)} is missing: put ${file} back.`,
  );
}

function passwordFile(dataDir: string): string {
  return path.join(dataDir, 'postgres-password');
}

async function makeCluster({ dataDir, binaries, user }: ClusterPlace): Promise<void> {
  const draft = path.join(dataDir, `${DRAFT_PREFIX}${randomBytes(4).toString('hex')}`);
  const folder = path.join(draft, 'data');
  const password = randomBytes(24).toString('hex');
  const passwordCopy = path.join(draft, 'password');
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordCopy, password, { mode: 0o600 });
  if (user !== undefined) {
    chownSync(passwordCopy, user.uid, user.gid);
    chownSync(draft, user.uid, user.gid);
  }
  const run = async (program: string, args: readonly string[], input?: string): Promise<void> => {
    const options = input === undefined ? { cwd: draft, user } : { cwd: draft, user, input };
    const { code, output } = await runProgram(program, [...args, '-D', folder], options);
    if (code !== 0) throw failedMaking(folder, output);
  };
  const locale = ['--encoding=UTF8', '--locale=C', '--no-instructions'];
  const access = [`--username=${SUPERUSER}`, '--auth=scram-sha-256', `--pwfile=${passwordCopy}`];
  await run(binaries.initdb, [...locale, ...access, '--no-sync']);
  await run(
    binaries.postgres,
    ['--single', '-F', ...['-c', 'exit_on_error=on'], 'postgres'],
    `create database ${DATABASE};\n`,
  );
  await run(binaries.initdb, ['--sync-only']);
  writePassword(dataDir, password);
  rmSync(clusterFolder(dataDir), { recursive: true, force: true });
  renameSync(folder, clusterFolder(dataDir));
  syncPath(dataDir);
  rmSync(draft, { recursive: true, force: true });
}

function writePassword(dataDir: string, password: string): void {
  const file = passwordFile(dataDir);
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  syncPath(file);
}

function syncPath(place: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(place, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function failedMaking(folder: string, output: string): GatewayError {
  return new GatewayError('postgres.not-startable', `The data folder ${folder} cannot be made: ${output}`);
}
