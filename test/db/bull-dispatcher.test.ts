import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { isGatewayError } from '../../src/core/errors.js';
import { createBullDispatcher } from '../../src/platform/bull-dispatcher.js';
import type { Dispatcher } from '../../src/platform/dispatcher.js';
import { createCapturedLogger } from '../helpers/captured-log.js';
import { createGate, describeDispatcherContract } from '../helpers/dispatcher-contract.js';
import { findRedisUrl, startRedisServer, type RedisServer } from '../helpers/redis-server.js';
import { until } from '../helpers/until.js';

const newPrefix = (): string => `test-${randomBytes(4).toString('hex')}`;

describe('the dispatcher on Redis', () => {
  let redisUrl = '';

  before(async function () {
    const found = await findRedisUrl();
    if (found === undefined) {
      console.log('      No Redis answers at TEST_REDIS_URL, REDIS_URL or 127.0.0.1:6379.');
      this.skip();
    }
    redisUrl = found!;
  });

  describeDispatcherContract((log) => createBullDispatcher({ redisUrl, prefix: newPrefix(), log }));

  it('wakes each id in one of several processes', async () => {
    const { log } = createCapturedLogger();
    const prefix = newPrefix();
    const seen: string[] = [];
    const gate = createGate();
    const both = [1, 2].map(() => createBullDispatcher({ redisUrl, prefix, log }));
    for (const dispatcher of both) {
      dispatcher.handle('forward', 1, async (id) => {
        seen.push(id);
        await gate.opened;
      });
    }
    for (const id of ['a', 'b']) await both[0]!.wake('forward', id);
    await until(() => seen.length === 2);
    gate.open();
    await Promise.all(both.map((dispatcher) => dispatcher.stop()));
    assert.deepEqual([...seen].sort(), ['a', 'b']);
  });
});

describe('the dispatcher on a Redis that fails', function () {
  this.timeout(60_000);
  const { log, lines } = createCapturedLogger();
  const seen: string[] = [];
  const stops: (() => Promise<void>)[] = [];
  let redis: RedisServer;
  let dispatcher: Dispatcher;

  before(async function () {
    const started = await startRedisServer('allkeys-lru');
    if (started === undefined) {
      console.log('      There is no redis-server on the PATH.');
      this.skip();
    }
    redis = started!;
    stops.push(() => redis.remove());
    dispatcher = createBullDispatcher({ redisUrl: redis.url, prefix: 'test', log, addTimeoutMs: 1_000 });
    stops.push(() => dispatcher.stop());
    dispatcher.handle('forward', 1, async (id) => void seen.push(id));
  });
  after(async () => {
    for (const stop of stops.reverse()) await stop();
  });

  const wakesAgain = async (id: string): Promise<void> => {
    await until(
      () =>
        dispatcher.wake('forward', id).then(
          () => true,
          () => false,
        ),
      { timeoutMs: 20_000 },
    );
    await until(() => seen.includes(id), { timeoutMs: 20_000, what: id });
  };
  const count = (msg: RegExp): number => lines.filter((line) => msg.test(String(line.msg))).length;

  it('says that its memory policy may drop wake-ups', async () => {
    await until(() => count(/maxmemory-policy/) === 1);
  });

  it('leaves nothing of a finished job behind', async () => {
    await wakesAgain('finished');
    await until(async () => (await redis.command('EXISTS test:forward:finished')) === ':0');
  });

  it('wakes again after FLUSHALL', async () => {
    assert.equal(await redis.command('FLUSHALL'), '+OK');
    await wakesAgain('after FLUSHALL');
  });

  it('refuses a wake-up in time while Redis hangs, and wakes again when it answers', async () => {
    redis.freeze();
    const begin = performance.now();
    await assert.rejects(dispatcher.wake('forward', 'hangs'), (error) =>
      isGatewayError(error, 'redis.unavailable'),
    );
    assert.ok(performance.now() - begin < 2_000);
    redis.thaw();
    await wakesAgain('after the hang');
  });

  it('refuses wake-ups while Redis is away, says so once, and wakes again when it is back', async () => {
    lines.length = 0;
    await redis.kill();
    for (let time = 0; time < 3; time += 1) {
      await assert.rejects(dispatcher.wake('forward', 'away'), (error) =>
        isGatewayError(error, 'redis.unavailable'),
      );
    }
    assert.equal(count(/not available/), 1);
    await redis.start();
    await wakesAgain('after the outage');
    assert.equal(count(/not available/), 1);
    assert.equal(count(/available again/), 1);
  });

  it('wakes again an id whose worker was killed between fetching and completing its job', async function () {
    assert.equal(await redis.command('RPUSH test:forward:active lost'), ':1');
    const job = 'name __default__ data {} opts {} timestamp 1000000000000';
    assert.equal(await redis.command(`HMSET test:forward:lost ${job}`), '+OK');
    const other = createBullDispatcher({ redisUrl: redis.url, prefix: 'test', log });
    other.handle('forward', 1, async (id) => void seen.push(id));
    await until(async () => (await redis.command('EXISTS test:forward:lost')) === ':0');
    await wakesAgain('lost');
    await other.stop();
  });

  it('stops while Redis is away', async () => {
    await redis.kill();
    await dispatcher.stop();
  });
});
