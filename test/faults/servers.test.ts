// The servers that we stand on fail: PostgreSQL crashes and comes back, Redis is stopped, emptied, full or frozen.
import { randomBytes } from 'node:crypto';
import { dueDestinations } from '../../src/db/destinations.js';
import { startSweep } from '../../src/jobs/sweep.js';
import { createBullDispatcher } from '../../src/platform/bull-dispatcher.js';
import { createForwarder } from '../../src/forwarding/forwarder.js';
import { openFaultWorld } from '../helpers/fault-world.js';
import { DESTINATION } from '../helpers/forwarding.js';
import { startOwnCluster, type OwnCluster } from '../helpers/own-cluster.js';
import { startRedisServer, type RedisServer } from '../helpers/redis-server.js';
import { itHolds, type Random } from '../helpers/seeds.js';
import { until } from '../helpers/until.js';

describe('delivery over a PostgreSQL that crashes', function () {
  this.timeout(400_000);
  let cluster: OwnCluster;
  beforeEach(async () => {
    cluster = await startOwnCluster();
  });
  afterEach(() => cluster.remove());

  itHolds('holds where it crashes with messages under way and comes back', async (random) => {
    const world = await openFaultWorld(random, cluster.test);
    try {
      for (let crash = 0; crash < 2; crash += 1) {
        for (let chunk = 0; chunk < 3; chunk += 1) await world.accept();
        let left = 1 + random.whole(3);
        world.bench.onMessage = () => {
          left -= 1;
          if (left === 0) cluster.crash();
        };
        // Where fewer messages came than that, it crashes idle.
        const worker = world.bench.forwarder({ messageSize: 2 });
        await worker.work().catch(() => undefined);
        world.bench.onMessage = () => undefined;
        if (left > 0) cluster.crash();
        await worker.drain();
        await cluster.start();
        world.pass(10_000 + random.whole(30_000));
      }
      await world.finish(world.bench.forwarder({ messageSize: 3 }));
      await world.check();
    } finally {
      await world.bench.close();
    }
  });
});

const TROUBLES: Readonly<Record<string, (redis: RedisServer) => Promise<unknown>>> = {
  stopped: (redis) => redis.kill(),
  emptied: (redis) => redis.command('FLUSHALL'),
  full: (redis) => redis.command('CONFIG SET maxmemory 1'),
  frozen: (redis) => {
    redis.freeze();
    return Promise.resolve();
  },
};

/** Whatever it was, it is over. */
async function mend(redis: RedisServer, trouble: string): Promise<void> {
  if (trouble === 'stopped') await redis.start();
  if (trouble === 'full') await redis.command('CONFIG SET maxmemory 0');
  if (trouble === 'frozen') redis.thaw();
}

describe('delivery woken over a Redis that fails', function () {
  this.timeout(400_000);
  let redis: RedisServer | undefined;
  before(async function () {
    redis = await startRedisServer();
    if (redis === undefined) this.skip();
  });
  after(() => redis?.remove());

  for (const trouble of Object.keys(TROUBLES))
    itHolds(`holds where it is ${trouble}`, (random) => survive(random, { redis: redis!, trouble }));
});

async function survive(
  random: Random,
  { redis, trouble }: { redis: RedisServer; trouble: string },
): Promise<void> {
  const world = await openFaultWorld(random);
  const { log } = world.bench.sendNeeds();
  const { database } = world.bench.test;
  const stopping = new AbortController();
  const prefix = `faults-${randomBytes(4).toString('hex')}`;
  const dispatcher = createBullDispatcher({ redisUrl: redis.url, prefix, log, addTimeoutMs: 300 });
  const wake = (): Promise<void> => dispatcher.wake('forward', 'city').catch(() => undefined);
  const clock = (): Date => new Date();
  const forwarder = createForwarder({
    ...world.bench.sendNeeds(),
    ...{ clock, wake, signal: stopping.signal },
    destination: { ...DESTINATION, messageSize: 1 + random.whole(4) },
  });
  dispatcher.handle('forward', 1, forwarder.forward);
  const readDue = async () =>
    new Map([['forward' as const, await dueDestinations(database, ['city'], clock())]]);
  const sweep = startSweep({ everyMs: 100, log, readDue, wake });
  // Once: a second server on its port would be nobody's.
  let mending: Promise<void> | undefined;
  const mendOnce = (): Promise<void> => (mending ??= mend(redis, trouble));
  try {
    await world.accept();
    await wake();
    await TROUBLES[trouble]?.(redis);
    for (let chunk = 0; chunk < 3; chunk += 1) {
      await world.accept();
      await wake();
    }
    await mendOnce();
    await until(() => world.isThrough(), { timeoutMs: 200_000, what: 'everything to be delivered' });
    await world.check();
  } finally {
    await mendOnce();
    await sweep.stop();
    stopping.abort();
    await dispatcher.stop();
    await forwarder.drain();
    await world.bench.close();
  }
}
