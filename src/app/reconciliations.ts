// Binds the routes of reconciliations: ordering one, looking at what came of them, and making good what differs by a
// resend once an operator says so. What is at the destination alone is never deleted there.
import { randomUUID } from 'node:crypto';
import { actorOf } from '../core/audit-entry.js';
import { shanghaiDay } from '../core/clock.js';
import { isDay } from '../core/day.js';
import type { Destination } from '../core/configuration.js';
import { GatewayError } from '../core/errors.js';
import { isBeforeTaken } from '../db/past-deliveries.js';
import type { Connection } from '../db/pool.js';
import { closeByWord, listDifferences, readRepairable } from '../db/reconciliation-differences.js';
import {
  listReconciliations,
  orderReconciliation,
  readReconciliation,
  type Reconciliation,
} from '../db/reconciliations.js';
import { orderResend, type ResendOrder, type ResendRequest } from '../db/resend-orders.js';
import type { Caller, HttpDeps } from '../http/deps.js';
import { mustBeKnown } from './destination-pauses.js';
import type { Foundation } from './gateway.js';
import { wakeQueue } from './notice-binding.js';
import { yesterday } from './reconciliation-jobs.js';
import { carryOut } from './recorded-order.js';

type Bound = Pick<
  HttpDeps,
  'listDifferences' | 'listReconciliations' | 'orderReconciliation' | 'repairDifferences'
>;

/** Records of one resend order. */
const RECORDS_AT_ONCE = 10_000;

type Needs = Pick<Foundation, 'clock' | 'dispatcher' | 'log' | 'site' | 'storage'>;

/** Binds the routes; throws `destination.unknown`, `reconciliation.unknown`, `reconciliation.past-retention`, and `request.malformed` for a day that has not begun. */
export function bindReconciliations(foundation: Needs): Bound {
  const { database } = foundation.storage;
  return {
    orderReconciliation: (destination, order) => orderDay(destination, order, foundation),
    listReconciliations: async (destination, { before, limit }) => {
      mustKnow(destination, foundation);
      if (before !== undefined && !isDay(before)) throw malformedDate();
      const found = await listReconciliations(database, destination, { before, limit: limit + 1 });
      const shown = found.slice(0, limit);
      const next = found.length > shown.length ? (shown.at(-1)?.date ?? null) : null;
      return { reconciliations: shown.map(viewOf), next };
    },
    listDifferences: async (destination, day, { after, limit }) => {
      const { open, closed } = await mustHave(destination, day, foundation);
      const found = await listDifferences(database, { destination, day }, { after, limit: limit + 1 });
      const differences = found.slice(0, limit);
      const next = found.length > differences.length ? (differences.at(-1)?.number ?? null) : null;
      return { date: day, open, closed, differences, next };
    },
    repairDifferences: (destination, day, order) => repair(destination, { ...order, day }, foundation),
  };
}

async function orderDay(
  destination: string,
  { date, caller }: { date: string | undefined; caller: Caller },
  needs: Needs,
): Promise<object> {
  mustKnow(destination, needs);
  const at = needs.clock();
  const day = date ?? yesterday(at);
  if (!isDay(day) || day > shanghaiDay(at)) throw malformedDate();
  await carryOut(
    {
      ...{ object: destination, at, caller, reason: undefined, action: 'reconciliation.ordered' },
      details: (isNew: boolean) => (isNew ? { date: day } : undefined),
    },
    needs,
    async (sql) => {
      if (await isBeforeTaken(sql, destination, day)) throw pastRetention();
      return orderReconciliation(sql, { destination, day, by: actorOf(caller), at });
    },
  );
  await wakeQueue(needs)('reconcile', destination);
  return viewOf(await mustHave(destination, day, needs));
}

async function repair(
  destination: string,
  { day, reason, caller }: { day: string; reason: string; caller: Caller },
  needs: Needs,
): Promise<object> {
  await mustHave(destination, day, needs);
  const { openness } = mustKnow(destination, needs);
  const at = needs.clock();
  const { records, noted, replays } = await carryOut(
    {
      ...{ object: destination, at, caller, reason, action: 'reconciliation.repaired' },
      details: (done: Repaired) =>
        done.isNew || done.noted > 0 ? { date: day, records: done.records, noted: done.noted } : undefined,
    },
    needs,
    (sql) => repairDay(sql, { destination, openness, day, at, reason, by: actorOf(caller) }),
  );
  await wakeQueue(needs)('forward', destination);
  return {
    date: day,
    records,
    noted,
    replays: replays.map(({ id, changes, state }) => ({ id, changes, state })),
  };
}

function mustKnow(destination: string, { site }: Needs): Destination {
  return mustBeKnown(destination, site.configuration.destinations);
}

async function mustHave(destination: string, day: string, needs: Needs): Promise<Reconciliation> {
  mustKnow(destination, needs);
  const found = isDay(day) ? await readReconciliation(needs.storage.database, destination, day) : undefined;
  if (found !== undefined) return found;
  throw new GatewayError(
    'reconciliation.unknown',
    'No comparison of this day is kept: it was never ordered, or is past its retention.',
    { detailZh: '没有该日期的对账记录：从未对账，或已超过保存期限。' },
  );
}

interface Repaired {
  /** Records that are sent again. */
  readonly records: number;
  /** Records at the destination alone, of which the operator knows from now on. */
  readonly noted: number;
  readonly replays: readonly ResendOrder[];
  /** Whether something was ordered that was not on its way already. */
  readonly isNew: boolean;
}

/** A record is sent as it stands now: an old version behind a newer one would do harm. */
async function repairDay(
  sql: Connection,
  repair: { day: string } & Pick<ResendRequest, 'destination' | 'openness' | 'at' | 'reason' | 'by'>,
): Promise<Repaired> {
  const { destination, openness, at, reason, by } = repair;
  const order = { destination, openness, at, reason, by };
  const replays: ResendOrder[] = [];
  let [records, isNew] = [0, false];
  for (let after = ''; ;) {
    const ids = await readRepairable(sql, repair, { after, limit: RECORDS_AT_ONCE });
    if (ids.length === 0) break;
    const selection = { records: ids.map((id) => ({ id })) };
    const ordered = await orderResend(sql, { ...order, id: randomUUID(), selection });
    replays.push(ordered.order);
    isNew ||= ordered.isNew;
    records += ids.length;
    after = ids.at(-1) ?? after;
  }
  return { records, noted: await closeByWord(sql, repair), replays, isNew };
}

function viewOf({ open, closed, dueAt, result, ...rest }: Reconciliation): object {
  return {
    ...rest,
    state: dueAt === null ? result : 'pending',
    nextTryAt: rest.failures > 0 ? dueAt : null,
    differences: { open, closed },
  };
}

function malformedDate(): GatewayError {
  return new GatewayError(
    'request.malformed',
    'The date must be YYYY-MM-DD, a day that has begun in Asia/Shanghai.',
    { detailZh: '日期应为 YYYY-MM-DD，且不得晚于当日（北京时间）。' },
  );
}

function pastRetention(): GatewayError {
  return new GatewayError(
    'reconciliation.past-retention',
    'What the destination took on this day is not kept, so that it cannot be compared: it is past its retention (takenChanges in config/retention.yaml), or was sent by a version that did not keep it.',
    {
      detailZh:
        '该日期的发送明细未保存，无法对账：已超过保存期限（config/retention.yaml 的 takenChanges），或由尚不保存明细的旧版本发送。',
    },
  );
}
