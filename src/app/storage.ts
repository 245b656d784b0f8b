// Opens what everything stands on: the data key, the signing key, the originals and PostgreSQL, embedded unless
// DATABASE_URL names one, with every migration applied.
import { join } from 'node:path';
import { GatewayError } from '../core/errors.js';
import { isOwnMark } from '../db/data-key-mark.js';
import { migrate } from '../db/migrate.js';
import { openDatabase, type Database } from '../db/pool.js';
import { startEmbeddedPostgres } from '../platform/embedded-postgres.js';
import type { Environment } from '../platform/environment.js';
import { openKeyRing } from '../platform/key-ring.js';
import type { Logger } from '../platform/logger.js';
import { makeFolder } from '../platform/make-folder.js';
import { createOriginals, type Originals } from '../platform/originals.js';
import { createSealer, type Sealer } from '../platform/sealing.js';
import { openSigner, type Signer } from '../platform/signing-key.js';
import type { StopList } from '../platform/stop-list.js';

export interface Storage {
  readonly database: Database;
  readonly originals: Originals;
  readonly sealer: Sealer;
  readonly signer: Signer;
}

const MAX_CONNECTIONS = 12;
const DAY_MS = 86_400_000;

/** Opens the storage; everything opened is pushed on `stops`, PostgreSQL to be stopped last. */
export async function openStorage(environment: Environment, stops: StopList, log: Logger): Promise<Storage> {
  await makeFolder(environment.dataDir);
  const keys = openKeyRing(dataKeyFile(environment), () => new Date());
  const signer = await openSigner(
    environment.signingKeyFile ?? join(environment.dataDir, 'signing-key.json'),
  );
  const database = await openPostgres(environment, stops, log);
  const sealer = createSealer(keys);
  await mustBeOwnKey(database, sealer, dataKeyFile(environment));
  const originals = createOriginals(originalsFolder(environment), keys);
  // An upload writes at least once a minute or is ended: what is a day old has nobody.
  const removed = await originals.removeDrafts(new Date(Date.now() - DAY_MS));
  if (removed > 0) log.info({ removed }, 'Drafts of uploads that were killed are removed');
  return { database, originals, sealer, signer };
}

/** A file that is missing is made anew; with another key persons would become other records, and nothing would open. */
async function mustBeOwnKey(database: Database, sealer: Sealer, file: string): Promise<void> {
  if (await isOwnMark(database, sealer.index('the data key of this database'))) return;
  throw new GatewayError(
    'config.invalid',
    `${file} is not the data key that this database was written with; where the file was missing, it has just been made. Put the right file back in its place: nothing has been changed.`,
    {
      detailZh: `${file} 不是本数据库所用的数据密钥文件（原文件缺失时会新建）。请放回原密钥文件；数据未作任何更改。`,
    },
  );
}

/** Where the data keys are. */
export function dataKeyFile({ dataKeyFile: named, dataDir }: Environment): string {
  return named ?? join(dataDir, 'data-key.json');
}

/** Where the originals are. */
export function originalsFolder({ dataDir }: Environment): string {
  return join(dataDir, 'originals');
}

/** Opens PostgreSQL and brings its tables up to date. */
export async function openPostgres(
  environment: Environment,
  stops: StopList,
  log: Logger,
): Promise<Database> {
  const url = await databaseUrl(environment, stops, log);
  const applied = await migrate(url);
  if (applied.length > 0) log.info({ migrations: applied }, 'Tables brought up to date');
  const database = openDatabase({
    url,
    maxConnections: MAX_CONNECTIONS,
    onIdleError: (error) => log.warn({ err: error }, 'Idle database connection broke'),
  });
  stops.push('database pool', database.close);
  return database;
}

async function databaseUrl(environment: Environment, stops: StopList, log: Logger): Promise<string> {
  if (environment.databaseUrl !== undefined) return environment.databaseUrl;
  const postgres = await startEmbeddedPostgres({ dataDir: environment.dataDir, log });
  stops.push('embedded PostgreSQL', postgres.stop);
  return postgres.url;
}
