// Everything that is wrong just now: one look after another, each a few look-ups in an index. One at a time, since
// all of them share the pool with those who do the work.
import { hostname } from 'node:os';
import { addressVariable, type Addresses } from '../core/addresses.js';
import { shanghaiDay } from '../core/clock.js';
import type { FoundCondition } from '../core/conditions.js';
import type { Configuration } from '../core/configuration.js';
import { isAuditWritable } from '../db/audit-probe.js';
import { failedBatches, heldBatches, stuckBatches } from '../db/batch-troubles.js';
import { readConditions } from '../db/conditions.js';
import { readDestinationLag } from '../db/destination-lag.js';
import { readDestinationStops } from '../db/destination-stops.js';
import { nextFires } from '../db/fires.js';
import { disabledEndpoints, unreadNotices } from '../db/notice-troubles.js';
import type { Database } from '../db/pool.js';
import { failingPulls, stuckPulls } from '../db/pull-troubles.js';
import { countOpenDifferences } from '../db/reconciliation-differences.js';
import { listReminders } from '../db/reminders.js';
import { countSetAside } from '../db/set-aside.js';
import { listPauses } from '../db/source-pauses.js';
import { findStuckFeedback } from '../db/stuck-feedback.js';
import { withoutAddress } from '../platform/check-addresses.js';
import { schedulesOf } from '../jobs/schedules-of.js';
import type { Pressure } from './pressure.js';
import { isMissed } from './source-list.js';

export interface LookNeeds {
  readonly database: Database;
  readonly configuration: Configuration;
  /** Undefined where others wake the destinations: then what the process with the role scheduler has noted is told. */
  readonly addresses?: Addresses;
  readonly pressure: () => Promise<Pressure | null>;
  readonly now: Date;
}

/** What a process sees of its own machine alone. */
export const LOCAL_CONDITIONS = ['disk.full'] as const;

const NOVEMBER = 11;

type Look = (needs: LookNeeds) => Promise<FoundCondition[]> | FoundCondition[];

const LOOKS: readonly Look[] = [
  lateSources,
  failingSources,
  pausedSources,
  stuck,
  missedSchedules,
  waitingBatches,
  laggingDestinations,
  unaddressedDestinations,
  stoppedDestinations,
  setAsideMessages,
  differingDestinations,
  stuckFeedback,
  unreachedAgencies,
  unwritableAudit,
  pressedGateway,
  calendars,
];

/** Looks for all that is wrong. */
export async function findConditions(needs: LookNeeds): Promise<FoundCondition[]> {
  const found: FoundCondition[] = [];
  for (const look of LOOKS) found.push(...(await look(needs)));
  return found;
}

/** Names this machine in what is wrong with it. */
export function thisMachine(): string {
  return hostname();
}

function ago(now: Date, minutes: number): Date {
  return new Date(now.getTime() - minutes * 60_000);
}

async function lateSources({ database }: LookNeeds): Promise<FoundCondition[]> {
  return [...(await listReminders(database))].map(([subject, reminders]) => ({
    code: 'source.late',
    subject,
    since: new Date(reminders[0]?.raisedAt ?? 0),
    facts: { periods: reminders.map(({ period }) => period).join(', ') },
  }));
}

async function failingSources({ database, configuration }: LookNeeds): Promise<FoundCondition[]> {
  const failing = await failingPulls(database, configuration.gateway.status.failingAfterRuns);
  return failing.map(({ source, since, failures, error }) => ({
    code: 'source.failing',
    subject: source,
    since,
    facts: { failures, error },
  }));
}

async function pausedSources({ database }: LookNeeds): Promise<FoundCondition[]> {
  return [...(await listPauses(database))].map(([subject, { since, by, reason }]) => ({
    code: 'source.paused',
    subject,
    since: new Date(since),
    facts: { by, reason },
  }));
}

async function stuck({ database, configuration, now }: LookNeeds): Promise<FoundCondition[]> {
  const before = ago(now, configuration.gateway.status.stuckAfterMinutes);
  const batches = await stuckBatches(database, before);
  const pulls = await stuckPulls(database, { now, before });
  return [
    ...batches.map(({ id, source, since }) => {
      return { code: 'batch.stuck', subject: id, since, facts: { source } } as const;
    }),
    ...pulls.map(({ source, since }) => ({ code: 'pull.stuck', subject: source, since }) as const),
  ];
}

async function missedSchedules({ database, configuration, now }: LookNeeds): Promise<FoundCondition[]> {
  const names = schedulesOf(configuration).map(({ name }) => name);
  return [...(await nextFires(database, names))]
    .filter(([, dueAt]) => isMissed(dueAt, now))
    .map(([subject, since]) => ({ code: 'schedule.missed', subject, since }));
}

async function waitingBatches({ database }: LookNeeds): Promise<FoundCondition[]> {
  const held = await heldBatches(database);
  const failed = await failedBatches(database);
  return [
    ...held.map(({ id, source, since, reason }) => {
      return { code: 'batch.held', subject: id, since, facts: { source, reason } } as const;
    }),
    ...failed.map(({ id, source, since }) => {
      return { code: 'batch.failed', subject: id, since, facts: { source } } as const;
    }),
  ];
}

async function laggingDestinations({ database, configuration, now }: LookNeeds): Promise<FoundCondition[]> {
  const { destinations, gateway } = configuration;
  const before = ago(now, gateway.status.laggingAfterMinutes);
  const lags = await readDestinationLag(
    database,
    destinations.map(({ id }) => id),
  );
  return lags.flatMap(({ id, records, since, failures }): FoundCondition[] => {
    const most = destinations.find((each) => each.id === id)?.breaker.failures ?? 1;
    const isLagging = since !== null && since < before;
    return [
      ...(isLagging
        ? [{ code: 'destination.lagging', subject: id, since, facts: { records } } as const]
        : []),
      ...(failures >= most
        ? [{ code: 'destination.unreachable', subject: id, facts: { failures } } as const]
        : []),
    ];
  });
}

async function unaddressedDestinations(needs: LookNeeds): Promise<FoundCondition[]> {
  const { database, configuration, addresses } = needs;
  const code = 'destination.no-address';
  const ids =
    addresses === undefined
      ? (await readConditions(database)).flatMap((noted) => (noted.code === code ? [noted.subject] : []))
      : withoutAddress(configuration, addresses);
  return ids.map((subject) => ({
    ...{ code, subject },
    facts: { variable: addressVariable(subject, 'URL'), token: addressVariable(subject, 'TOKEN') },
  }));
}

async function stoppedDestinations({ database, configuration }: LookNeeds): Promise<FoundCondition[]> {
  const ids = configuration.destinations.map(({ id }) => id);
  return (await readDestinationStops(database, ids)).map(({ id, kind, since, reason }) => ({
    code: kind === 'paused' ? 'destination.paused' : 'destination.parked',
    subject: id,
    since,
    facts: { reason },
  }));
}

async function setAsideMessages({ database, configuration }: LookNeeds): Promise<FoundCondition[]> {
  const ids = configuration.destinations.map(({ id }) => id);
  return (await countSetAside(database, ids)).map(({ id, since, messages, records }) => ({
    code: 'destination.set-aside',
    subject: id,
    since,
    facts: { messages, records },
  }));
}

async function differingDestinations({ database }: LookNeeds): Promise<FoundCondition[]> {
  return (await countOpenDifferences(database)).map(({ destination, records, days, since }) => ({
    code: 'destination.differs',
    subject: destination,
    since,
    facts: { records, days },
  }));
}

async function stuckFeedback({ database, configuration, now }: LookNeeds): Promise<FoundCondition[]> {
  const before = ago(now, configuration.gateway.status.laggingAfterMinutes);
  return (await findStuckFeedback(database, before)).map(({ destination, since, ...facts }) => ({
    code: 'feedback.stuck',
    subject: destination,
    since,
    facts: { ...facts },
  }));
}

async function unreachedAgencies({ database, configuration }: LookNeeds): Promise<FoundCondition[]> {
  const endpoints = configuration.agencies.flatMap(({ id, webhook }) =>
    webhook === undefined ? [] : [{ agency: id, url: webhook.url }],
  );
  const disabled = await disabledEndpoints(database, endpoints);
  const unread = await unreadNotices(database);
  return [
    ...disabled.map(({ agency, since }) => {
      return { code: 'endpoint.disabled', subject: agency, since } as const;
    }),
    ...unread.map(({ agency, notices, since }) => {
      return { code: 'notice.unread', subject: agency, since, facts: { notices } } as const;
    }),
  ];
}

async function unwritableAudit({ database, now }: LookNeeds): Promise<FoundCondition[]> {
  return (await isAuditWritable(database, now)) ? [] : [{ code: 'audit.unwritable', subject: 'audit-log' }];
}

async function pressedGateway({ pressure }: LookNeeds): Promise<FoundCondition[]> {
  const pressed = await pressure();
  if (pressed === null) return [];
  return pressed.reason === 'disk'
    ? [{ code: 'disk.full', subject: thisMachine() }]
    : [{ code: 'backlog.full', subject: 'batches' }];
}

/** From December on limits end in the next year, whose notice is usually out by then; in November it is to be known. */
function calendars({ configuration, now }: LookNeeds): FoundCondition[] {
  const { catalogue, calendars: known } = configuration;
  if (catalogue.every(({ timeliness }) => timeliness === undefined)) return [];
  const today = shanghaiDay(now);
  const [year, month] = [Number(today.slice(0, 4)), Number(today.slice(5, 7))];
  const years = month >= NOVEMBER ? [year, year + 1] : [year];
  return years.flatMap((each): FoundCondition[] => {
    const calendar = known.find((one) => one.year === each);
    if (calendar !== undefined && calendar.provisional !== true) return [];
    const code = calendar === undefined ? 'calendar.missing' : 'calendar.provisional';
    const isEarly = each > year && month === NOVEMBER;
    return [{ code, subject: String(each), ...(isEarly ? { severity: 'info' as const } : {}) }];
  });
}
