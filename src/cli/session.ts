// What every command that works on the site shares: environment, log, site, storage, and one list of
// stops that is run whatever happens.
import { loadSite, type Site } from '../app/site.js';
import { openStorage, type Storage } from '../app/storage.js';
import { readEnvironment, type Environment } from '../platform/environment.js';
import { createLogger, type Logger } from '../platform/logger.js';
import { createStopList, type StopList } from '../platform/stop-list.js';

export interface Session {
  readonly environment: Environment;
  readonly log: Logger;
  readonly stops: StopList;
}

const STOP_DEADLINE_MS = 30_000;

/** Runs a command and stops everything it opened, also when it throws. */
export async function withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const environment = readEnvironment();
  const log = createLogger(environment.logLevel);
  const stops = createStopList(log, STOP_DEADLINE_MS);
  try {
    return await work({ environment, log, stops });
  } finally {
    await stops.stop();
  }
}

/** Opens the site and its storage for a command; `mustHold` throws what speaks against it before there is any database. */
export async function openSite(
  { environment, log, stops }: Session,
  mustHold: (site: Site) => Promise<void> = () => Promise.resolve(),
): Promise<{ site: Site; storage: Storage }> {
  const site = loadSite(environment.configDir);
  await mustHold(site);
  return { site, storage: await openStorage(environment, stops, log) };
}
