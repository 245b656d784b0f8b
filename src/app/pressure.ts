// Tells whether new deliveries can be taken just now: room on the disk, and not too many batches waiting.
import { statfs } from 'node:fs/promises';
import type { Clock } from '../core/clock.js';
import type { GatewaySettings } from '../core/configuration.js';
import { countWaiting } from '../db/batches.js';
import type { Sql } from '../db/pool.js';
import type { Foundation } from './gateway.js';

export interface Pressure {
  readonly reason: 'disk' | 'backlog';
  readonly retryAfterSeconds: number;
}

export interface PressureNeeds {
  readonly dataDir: string;
  readonly database: Sql;
  readonly clock: Clock;
  readonly settings: GatewaySettings['backPressure'];
}

const LOOK_EVERY_MS = 1000;

/** Makes the look at disk and backlog; it is taken once a second at most, however many uploads ask. */
export function createPressure(needs: PressureNeeds): () => Promise<Pressure | null> {
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let last: Promise<Pressure | null> = Promise.resolve(null);
  return () => {
    const now = needs.clock().getTime();
    if (now - lookedAtMs >= LOOK_EVERY_MS) {
      lookedAtMs = now;
      last = look(needs);
    }
    return last;
  };
}

/** Looks at the disk and the backlog of this gateway. */
export function pressureOf({
  environment,
  site,
  storage,
  clock,
}: Foundation): () => Promise<Pressure | null> {
  return createPressure({
    dataDir: environment.dataDir,
    database: storage.database,
    clock,
    settings: site.configuration.gateway.backPressure,
  });
}

async function look({ dataDir, database, settings }: PressureNeeds): Promise<Pressure | null> {
  const { retryAfterSeconds } = settings;
  const { bavail, bsize } = await statfs(dataDir);
  if (bavail * bsize < settings.minFreeBytes) return { reason: 'disk', retryAfterSeconds };
  const waiting = await countWaiting(database, settings.maxWaitingBatches);
  return waiting >= settings.maxWaitingBatches ? { reason: 'backlog', retryAfterSeconds } : null;
}
