// The PostgreSQL that the gateway brings: found, made, started or adopted, and stopped last, by the last user.
// Rule: alive means that it accepts a connection. A server that a killed process left running is adopted.
import { accessSync, constants, mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { GatewayError } from '../core/errors.js';
import type { Logger } from './logger.js';
import { findPostgresBinaries, majorVersion } from './postgres-binaries.js';
import {
  checkClusterVersion,
  clusterFolder,
  DATABASE,
  ensureCluster,
  readPassword,
  SUPERUSER,
  type ClusterPlace,
} from './postgres-cluster.js';
import { checkReachable, choosePostgresUser } from './postgres-user.js';
import { findFreePort, probe, findPort, startPostmaster, stopPostmaster } from './postmaster.js';
import { alone, hasOtherTickets, leaveTicket, placeTicket } from './process-tickets.js';

export interface EmbeddedPostgresOptions {
  /** DATA_DIR; the server lives in its folder `postgres`. */
  readonly dataDir: string;
  readonly log: Logger;
}

export interface EmbeddedPostgres {
  /** Address of the database `gateway`, with its password. */
  readonly url: string;
  /** True when the server was running already. */
  readonly adopted: boolean;
  /** Stops the server, unless another living gateway uses it; calling it again gives the same promise. */
  stop(): Promise<void>;
}

const TAKEOVER_MS = 30_000;
const RECOVERY_MS = 900_000;
const RETRY_MS = 200;
/** What a start says while a predecessor is not gone yet, or when somebody took the port. */
const PASSING =
  /lock file .* already exists|shared memory block .* in use|could not bind|could not create any TCP/;

/** Starts the embedded PostgreSQL, or adopts the one that runs in `dataDir`; throws `postgres.not-startable`. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log } = options;
  const dataDir = path.resolve(options.dataDir);
  const place = await preparePlace(dataDir);
  const started = await alone(startFolder(dataDir), async () => {
    await ensureCluster(place);
    checkClusterVersion(dataDir, await majorVersion(place.binaries, place.user));
    const password = readPassword(dataDir);
    const { port, adopted } = await bringUp(place);
    placeTicket(usersFolder(dataDir));
    return { adopted, url: `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${DATABASE}` };
  });
  log.info({ adopted: started.adopted, folder: clusterFolder(dataDir) }, 'Embedded PostgreSQL is running');
  let stopping: Promise<void> | undefined;
  return { ...started, stop: () => (stopping ??= stopUnlessUsed(place, log)) };
}

async function preparePlace(dataDir: string): Promise<ClusterPlace> {
  const binaries = await findPostgresBinaries();
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    const message = `The data folder ${dataDir} cannot be written: ${(error as Error).message}`;
    throw new GatewayError('postgres.not-startable', message, { cause: error });
  }
  const user = choosePostgresUser(clusterFolder(dataDir));
  checkReachable([dataDir, path.dirname(binaries.postgres)], user);
  return { dataDir, binaries, user };
}

async function bringUp(place: ClusterPlace): Promise<{ port: number; adopted: boolean }> {
  const begin = performance.now();
  const isOver = (limitMs: number): boolean => performance.now() - begin > limitMs;
  for (;;) {
    const known = findPort(place.dataDir);
    const answer = known === undefined ? 'silent' : await probe(known);
    if (known !== undefined && answer === 'accepting') return { port: known, adopted: true };
    if (answer === 'busy' && isOver(RECOVERY_MS)) throw notStarted(place.dataDir, 'it is still recovering');
    if (answer === 'silent') {
      const port = await findFreePort();
      const { code, output } = await startPostmaster(place, port);
      if (code === 0) return { port, adopted: false };
      // A predecessor that was killed is still there until somebody reaps it and its children are gone.
      if (isOver(TAKEOVER_MS) || !PASSING.test(output)) throw notStarted(place.dataDir, output);
    }
    await wait(RETRY_MS);
  }
}

async function stopUnlessUsed(place: ClusterPlace, log: Logger): Promise<void> {
  const users = usersFolder(place.dataDir);
  await alone(startFolder(place.dataDir), async () => {
    leaveTicket(users);
    if (hasOtherTickets(users)) {
      log.info('Embedded PostgreSQL goes on: another gateway uses it');
      return;
    }
    const { code, output } = await stopPostmaster(place);
    const port = findPort(place.dataDir);
    if (code !== 0 && port !== undefined && (await probe(port)) !== 'silent') {
      throw new GatewayError('internal.unexpected', `The embedded PostgreSQL does not stop: ${output}`);
    }
    log.info('Embedded PostgreSQL has stopped');
  });
}

function notStarted(dataDir: string, said: string): GatewayError {
  const message = `PostgreSQL does not start in ${clusterFolder(dataDir)}; see ${path.join(dataDir, 'postgres.log')}. It said: ${said}`;
  return new GatewayError('postgres.not-startable', message);
}

const startFolder = (dataDir: string): string => path.join(dataDir, 'postgres-start');
const usersFolder = (dataDir: string): string => path.join(dataDir, 'postgres-users');
