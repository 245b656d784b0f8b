// The whole gateway, bound once: storage ─▶ dispatcher ─▶ sandbox ─▶ workers ─▶ schedule ─▶ server. Each
// part pushes its stop on one list, which runs backwards; PostgreSQL stops last.
import { randomUUID } from 'node:crypto';
import type { Address, Addresses } from '../core/addresses.js';
import { CITY } from '../core/city.js';
import type { Clock } from '../core/clock.js';
import { GatewayError } from '../core/errors.js';
import { addressNotices } from '../platform/check-addresses.js';
import { createBullDispatcher } from '../platform/bull-dispatcher.js';
import type { Dispatcher } from '../platform/dispatcher.js';
import type { Environment } from '../platform/environment.js';
import { createInProcessDispatcher } from '../platform/in-process-dispatcher.js';
import type { Logger } from '../platform/logger.js';
import { createStopList, type StopList } from '../platform/stop-list.js';
import { configuredEndpoints } from './endpoints.js';
import { startHttp, type Http } from './http.js';
import { startSandbox, type Sandbox } from './sandbox.js';
import { loadSite, type Site } from './site.js';
import { openStorage, type Storage } from './storage.js';
import { startWorkers } from './workers.js';

export interface GatewayOptions {
  readonly environment: Environment;
  readonly log: Logger;
  readonly roles: readonly ('api' | 'worker' | 'scheduler')[];
  readonly sandbox: boolean;
  /** Takes the next free port when 8080 is busy and none was asked for. */
  readonly takeFreePort: boolean;
  /** The folder that holds `schemas/` and `mappings/`; the package where it is absent. */
  readonly definitionsRoot?: string;
}

export interface Gateway {
  /** Where the API answers; empty where this process has no role `api`. */
  readonly url: string;
  readonly sandbox: Sandbox | undefined;
  /** What whoever starts it should know: sentences in both languages. */
  readonly notices: readonly string[];
  /** Stops everything in order; true when all of it stopped cleanly. */
  stop(): Promise<boolean>;
}

/** What every part of the gateway is bound to. */
export interface Foundation {
  readonly environment: Environment;
  readonly log: Logger;
  readonly clock: Clock;
  readonly site: Site;
  /** Of the environment; the sandbox's city is not among them. */
  readonly addresses: Addresses;
  readonly storage: Storage;
  readonly dispatcher: Dispatcher;
  readonly stops: StopList;
  /** Names this process in leases. */
  readonly owner: string;
  /** Aborts when the gateway stops: work in hand is left at its next safe place. */
  readonly signal: AbortSignal;
}

const STOP_DEADLINE_MS = 45_000;
/** Where the simulated agencies of a sandbox live. */
const LOOPBACK = ['127.0.0.0/8', '::1/128'];
const NO_HTTP: Http = { url: '', notify: () => undefined, open: () => undefined };

/** Starts the gateway; what was started is stopped again where a later part fails. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { log } = options;
  if (options.sandbox && !options.roles.includes('api'))
    throw new GatewayError(
      'config.invalid',
      'A sandbox needs the role api: its agencies answer through it.',
      {
        detailZh: '沙箱需要 api 角色。',
      },
    );
  const stops = createStopList(log, STOP_DEADLINE_MS);
  const stopping = new AbortController();
  try {
    const foundation = await layFoundation(options, stops, stopping.signal);
    const http = options.roles.includes('api') ? await startHttp(foundation, options) : NO_HTTP;
    const sandbox = options.sandbox ? await startSandbox(foundation, http.url) : undefined;
    const addresses = withSimulated(foundation.addresses, sandbox?.city);
    const configured = configuredEndpoints(foundation.site.configuration.agencies);
    await startWorkers(foundation, {
      roles: options.roles,
      addresses,
      allowedRanges: sandbox === undefined ? [] : LOOPBACK,
      endpointOf: (agency) => configured(agency) ?? sandbox?.endpointOf(agency),
      onChanges: http.notify,
    });
    // Last in, first out: nothing new begins once the gateway is told to stop.
    stops.push('work in hand', () => {
      stopping.abort(new Error('The gateway is stopping.'));
      return Promise.resolve();
    });
    http.open();
    const forwards = options.roles.includes('worker') || options.roles.includes('scheduler');
    const notices = forwards ? addressNotices(foundation.site.configuration, addresses) : [];
    return { url: http.url, sandbox, notices, stop: stops.stop };
  } catch (error) {
    stopping.abort(error);
    await stops.stop();
    throw error;
  }
}

async function layFoundation(
  options: GatewayOptions,
  stops: StopList,
  signal: AbortSignal,
): Promise<Foundation> {
  const { environment, log } = options;
  const site = loadSite(environment.configDir, options.definitionsRoot);
  const addresses = environment.addressesOf([CITY, ...site.configuration.destinations.map(({ id }) => id)]);
  const storage = await openStorage(environment, stops, log);
  const dispatcher = openDispatcher(environment, stops, log);
  const clock: Clock = () => new Date();
  return {
    environment,
    log,
    clock,
    site,
    addresses,
    storage,
    dispatcher,
    stops,
    owner: randomUUID(),
    signal,
  };
}

/** The sandbox's city serves where the environment names none, and only for the city. */
function withSimulated(addresses: Addresses, city: Address | undefined): Addresses {
  return city === undefined ? addresses : new Map([...addresses, [CITY, city]]);
}

function openDispatcher(environment: Environment, stops: StopList, log: Logger): Dispatcher {
  const { redisUrl } = environment;
  const dispatcher =
    redisUrl === undefined
      ? createInProcessDispatcher({ log })
      : createBullDispatcher({ redisUrl, prefix: 'credit-exchange', log });
  stops.push('dispatcher', () => dispatcher.stop());
  return dispatcher;
}
