// Stops a destination and lets it go on. While it is stopped changes go on waiting for it, in order; what is in
// flight comes to its end. Going on also ends a parking and an open breaker.
import { actorOf } from '../core/audit-entry.js';
import type { Destination } from '../core/configuration.js';
import { GatewayError } from '../core/errors.js';
import { pauseDestination, resumeDestination } from '../db/pauses.js';
import type { HttpDeps } from '../http/deps.js';
import { listDestinations } from './destination-list.js';
import type { Foundation } from './gateway.js';
import { wakeQueue } from './notice-binding.js';
import { carryOut } from './recorded-order.js';

type Bound = Pick<HttpDeps, 'listDestinations' | 'pauseDestination' | 'resumeDestination'>;

/** Binds the routes; throws `destination.unknown`, and `destination.paused` or `destination.running` where it stands so already. */
export function bindDestinations(foundation: Foundation): Bound {
  const { clock, site, storage } = foundation;
  const { destinations } = site.configuration;
  const wake = wakeQueue(foundation);
  return {
    listDestinations: () =>
      listDestinations(
        storage.database,
        destinations.map(({ id }) => id),
      ),
    pauseDestination: async (id, { reason, caller }) => {
      mustBeKnown(id, destinations);
      const at = clock();
      const by = actorOf(caller);
      await carryOut(
        { object: id, at, caller, reason, action: 'destination.paused' },
        foundation,
        async (sql) => {
          if (!(await pauseDestination(sql, id, { at, by, reason }))) throw alreadyPaused();
        },
      );
      return { since: at.toISOString(), by, reason };
    },
    resumeDestination: async (id, { reason, caller }) => {
      mustBeKnown(id, destinations);
      const at = clock();
      await carryOut(
        { object: id, at, caller, reason, action: 'destination.resumed' },
        foundation,
        async (sql) => {
          if (!(await resumeDestination(sql, id, at))) throw isRunning();
        },
      );
      await wake('forward', id);
    },
  };
}

/** Gives a destination of the configuration; throws `destination.unknown`. */
export function mustBeKnown(id: string, destinations: readonly Destination[]): Destination {
  const found = destinations.find((destination) => destination.id === id);
  if (found === undefined)
    throw new GatewayError(
      'destination.unknown',
      'There is no such destination in config/destinations.yaml.',
      {
        detailZh: 'config/destinations.yaml 中没有该目的地。',
      },
    );
  return found;
}

function alreadyPaused(): GatewayError {
  return new GatewayError('destination.paused', 'This destination is paused already.', {
    detailZh: '该目的地已暂停。',
  });
}

function isRunning(): GatewayError {
  return new GatewayError('destination.running', 'Nothing keeps this destination shut.', {
    detailZh: '该目的地正在转发，无需恢复。',
  });
}
