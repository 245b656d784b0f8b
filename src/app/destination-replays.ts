// Has a destination sent once more what it was sent. An order and its entry in the audit log are one transaction;
// the worker of the destination plans it from there.
import { actorOf, type AuditDetails } from '../core/audit-entry.js';
import type { Destination } from '../core/configuration.js';
import { GatewayError } from '../core/errors.js';
import { plannedTo } from '../db/destinations.js';
import {
  cancelResend,
  listResendOrders,
  measureResend,
  orderResend,
  readResendOrder,
  type ResendOrder,
} from '../db/resend-orders.js';
import { countSuperseded } from '../db/resend-plan.js';
import type { Sql } from '../db/pool.js';
import type { Caller, HttpDeps, ReplaySelection } from '../http/deps.js';
import { mustBeKnown } from './destination-pauses.js';
import type { Foundation } from './gateway.js';
import { wakeQueue } from './notice-binding.js';
import { carryOut } from './recorded-order.js';

/** Changes that a preview looks at one by one. */
const MOST_LOOKED_AT = 100_000;

type Ordered = Awaited<ReturnType<typeof orderResend>>;
type Bound = Pick<HttpDeps, 'cancelReplay' | 'listReplays' | 'orderReplay' | 'previewReplay'>;

/** Binds the routes; throws `destination.unknown`, `replay.unknown`, `replay.over` and what `orderResend` throws. */
export function bindReplays(foundation: Foundation): Bound {
  const { clock, site, storage } = foundation;
  const { database } = storage;
  const { destinations } = site.configuration;
  const wake = wakeQueue(foundation);
  return {
    previewReplay: async (destination, selection) => {
      return preview(mustBeKnown(destination, destinations), selection, database);
    },
    orderReplay: async (destination, { id, selection, reason, caller }) => {
      const { openness } = mustBeKnown(destination, destinations);
      const at = clock();
      const { order, isNew } = await carryOut(
        {
          ...{ object: destination, at, caller, reason, action: 'destination.replay-ordered' },
          details: (done: Ordered) => (done.isNew ? facts(done.order) : undefined),
        },
        foundation,
        (sql) => orderResend(sql, { id, destination, openness, selection, reason, by: actorOf(caller), at }),
      );
      await wake('forward', destination);
      return { replay: viewOf(order), isNew };
    },
    listReplays: async (destination, page) => {
      mustBeKnown(destination, destinations);
      const found = await listResendOrders(database, destination, { ...page, limit: page.limit + 1 });
      const shown = found.slice(0, page.limit);
      const next = found.length > shown.length ? (shown.at(-1)?.number ?? null) : null;
      return { replays: shown.map(viewOf), next };
    },
    cancelReplay: async (destination, order) => {
      mustBeKnown(destination, destinations);
      return cancelReplay(destination, order, foundation);
    },
  };
}

/** What is selected, and how much of it a later version takes the place of: null where that would take too long to tell. */
async function preview(
  { id: destination, openness }: Destination,
  selection: ReplaySelection,
  sql: Sql,
): Promise<{ changes: number; superseded: number | null }> {
  const measured = await measureResend(sql, selection, {
    plannedTo: await plannedTo(sql, destination),
    openness,
  });
  const { changes, last } = measured;
  if (changes > MOST_LOOKED_AT) return { changes, superseded: null };
  const order = { ...measured, lastPosition: last, selection };
  const by = { destination, openness, limit: MOST_LOOKED_AT };
  return { changes, superseded: await countSuperseded(sql, order, by) };
}

async function cancelReplay(
  destination: string,
  { id, reason, caller }: { id: string | undefined; reason: string; caller: Caller },
  foundation: Foundation,
): Promise<object> {
  if (id === undefined) throw unknownReplay();
  const at = foundation.clock();
  const action = 'destination.replay-cancelled';
  const details = (): AuditDetails => ({ replay: id });
  return carryOut({ object: destination, at, caller, reason, action, details }, foundation, async (sql) => {
    if ((await readResendOrder(sql, destination, id)) === undefined) throw unknownReplay();
    if (!(await cancelResend(sql, { destination, id, at }))) throw isOver();
    const cancelled = await readResendOrder(sql, destination, id);
    return cancelled === undefined ? {} : viewOf(cancelled);
  });
}

function viewOf({ number, ...order }: ResendOrder): object {
  return { ...order, number };
}

function facts({ id, selection, changes }: ResendOrder): AuditDetails {
  const { positions, ...words } = selection;
  const range: AuditDetails =
    positions === undefined
      ? {}
      : { from: positions.from, ...(positions.to === undefined ? {} : { to: positions.to }) };
  return { replay: id, ...words, ...range, changes };
}

function unknownReplay(): GatewayError {
  return new GatewayError('replay.unknown', 'There is no such replay of this destination.', {
    detailZh: '该目的地没有此补发任务。',
  });
}

function isOver(): GatewayError {
  return new GatewayError('replay.over', 'This replay is done or was cancelled before.', {
    detailZh: '该补发任务已完成或已取消。',
  });
}
