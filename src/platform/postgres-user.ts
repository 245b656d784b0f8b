// PostgreSQL refuses to run as root. Started by root it runs as the owner of its data folder, else as `postgres`,
// else as `nobody`; that user must be able to enter every folder above the data and above the programs.
import { existsSync, readFileSync, realpathSync, statSync, type Stats } from 'node:fs';
import path from 'node:path';
import { GatewayError } from '../core/errors.js';
import type { ProgramUser } from './run-program.js';

const CANDIDATES = ['postgres', 'nobody'];

/** Chooses the user that PostgreSQL runs as; undefined means ourselves. Throws `postgres.not-startable`. */
export function choosePostgresUser(dataFolder: string): ProgramUser | undefined {
  const ownUid = process.getuid?.();
  if (ownUid === undefined) return undefined;
  const owner = existsSync(dataFolder) ? statSync(dataFolder) : undefined;
  if (ownUid !== 0) {
    if (owner !== undefined && owner.uid !== ownUid) throw foreignFolder(dataFolder, owner.uid);
    return undefined;
  }
  if (owner === undefined) return systemUser();
  if (owner.uid !== 0) return { name: nameOf(owner.uid), uid: owner.uid, gid: owner.gid };
  const { name } = systemUser();
  throw new GatewayError(
    'postgres.not-startable',
    `${dataFolder} belongs to root, and PostgreSQL does not run as root. Run: chown -R ${name} ${dataFolder}`,
  );
}

/** Checks that `user` can enter each of these existing folders and all above them; throws `postgres.not-startable` with the command that helps. */
export function checkReachable(places: readonly string[], user: ProgramUser | undefined): void {
  if (user === undefined) return;
  const folders = new Set(places.flatMap(withFoldersAbove));
  const closed = [...folders].filter((folder) => !mayEnter(statSync(folder), user));
  if (closed.length === 0) return;
  const list = closed.join(' ');
  throw new GatewayError(
    'postgres.not-startable',
    `PostgreSQL runs as the user ${user.name}, who may not enter ${closed.join(' and ')}. Run: chmod o+x ${list}`,
    { details: { folders: closed, user: user.name } },
  );
}

function withFoldersAbove(place: string): string[] {
  const folders: string[] = [];
  for (let folder = realpathSync(place); ; folder = path.dirname(folder)) {
    folders.unshift(folder);
    if (folder === path.dirname(folder)) return folders;
  }
}

function mayEnter(folder: Stats, user: ProgramUser): boolean {
  if (folder.uid === user.uid) return (folder.mode & 0o100) !== 0;
  if (folder.gid === user.gid) return (folder.mode & 0o010) !== 0;
  return (folder.mode & 0o001) !== 0;
}

function systemUser(): ProgramUser {
  const users = readUsers();
  const chosen = CANDIDATES.map((name) => users.find((user) => user.name === name)).find(
    (user) => user !== undefined,
  );
  if (chosen !== undefined) return chosen;
  throw new GatewayError(
    'postgres.not-startable',
    'PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody. Start the gateway as another user, or set DATABASE_URL.',
  );
}

function nameOf(uid: number): string {
  return readUsers().find((user) => user.uid === uid)?.name ?? String(uid);
}

function readUsers(): ProgramUser[] {
  if (!existsSync('/etc/passwd')) return [];
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
}

function foreignFolder(folder: string, uid: number): GatewayError {
  return new GatewayError(
    'postgres.not-startable',
    `${folder} belongs to the user ${nameOf(uid)}. Start the gateway as that user or as root, or choose another DATA_DIR.`,
  );
}
