// The part of the table of routes that is about destinations: how they stand, resends, what went wrong, and comparing.
import type { HttpDeps } from './deps.js';
import { endSetAside, listRefusals, listSetAside } from './destination-troubles.js';
import { listDestinations, pauseDestination, resumeDestination } from './destinations.js';
import {
  listDifferences,
  listReconciliations,
  orderReconciliation,
  repairDifferences,
} from './reconciliations.js';
import { cancelReplay, listReplays, orderReplay } from './replays.js';
import type { Route } from './route.js';

/** 10,000 named records. */
const REPLAY_BYTES = 1_048_576;

/** Lists the routes. */
export function destinationRoutes(deps: HttpDeps): readonly Route[] {
  return [
    ...standingRoutes(deps),
    ...replayRoutes(deps),
    ...troubleRoutes(deps),
    ...reconciliationRoutes(deps),
  ];
}

function standingRoutes(deps: HttpDeps): readonly Route[] {
  return [
    {
      method: 'get',
      path: '/v1/destinations',
      callers: ['operator', 'auditor'],
      handler: listDestinations(deps),
    },
    {
      method: 'post',
      path: '/v1/destinations/:destination/pause',
      callers: ['operator'],
      json: 'required',
      handler: pauseDestination(deps),
    },
    {
      method: 'post',
      path: '/v1/destinations/:destination/resume',
      callers: ['operator'],
      json: 'optional',
      handler: resumeDestination(deps),
    },
  ];
}

function replayRoutes(deps: HttpDeps): readonly Route[] {
  return [
    {
      method: 'post',
      path: '/v1/destinations/:destination/replay',
      callers: ['operator'],
      json: 'required',
      maxJsonBytes: REPLAY_BYTES,
      handler: orderReplay(deps),
    },
    {
      method: 'get',
      path: '/v1/destinations/:destination/replays',
      callers: ['operator', 'auditor'],
      handler: listReplays(deps),
    },
    {
      method: 'post',
      path: '/v1/destinations/:destination/replays/:replay/cancel',
      callers: ['operator'],
      json: 'required',
      handler: cancelReplay(deps),
    },
  ];
}

function troubleRoutes(deps: HttpDeps): readonly Route[] {
  return [
    {
      method: 'get',
      path: '/v1/destinations/:destination/refusals',
      callers: ['operator', 'auditor'],
      handler: listRefusals(deps),
    },
    {
      method: 'get',
      path: '/v1/destinations/:destination/set-aside',
      callers: ['operator', 'auditor'],
      handler: listSetAside(deps),
    },
    {
      method: 'post',
      path: '/v1/destinations/:destination/set-aside/:message/retry',
      callers: ['operator'],
      json: 'required',
      handler: endSetAside(deps, 'retry'),
    },
    {
      method: 'post',
      path: '/v1/destinations/:destination/set-aside/:message/replay',
      callers: ['operator'],
      json: 'required',
      handler: endSetAside(deps, 'replay'),
    },
  ];
}

function reconciliationRoutes(deps: HttpDeps): readonly Route[] {
  const days = '/v1/destinations/:destination/reconciliations';
  return [
    {
      method: 'post',
      path: '/v1/destinations/:destination/reconcile',
      callers: ['operator'],
      json: 'optional',
      handler: orderReconciliation(deps),
    },
    { method: 'get', path: days, callers: ['operator', 'auditor'], handler: listReconciliations(deps) },
    {
      method: 'get',
      path: `${days}/:date/differences`,
      callers: ['operator', 'auditor'],
      handler: listDifferences(deps),
    },
    {
      method: 'post',
      path: `${days}/:date/repair`,
      callers: ['operator'],
      json: 'required',
      handler: repairDifferences(deps),
    },
  ];
}
