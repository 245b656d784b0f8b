// The dispatcher of several processes: Bull queues in Redis whose jobs carry an id and nothing else. Jobs are
// fetched by hand and completed when the work begins: so a job exists exactly as long as an id waits, its name
// makes a second wake-up one with the first, and neither lapsed locks nor stalled jobs can run work twice. That two
// processes do not work on one id at once is the leases' part, in PostgreSQL.
import Bull from 'bull';
import { setTimeout as wait } from 'node:timers/promises';
import { GatewayError } from '../core/errors.js';
import { QUEUES, type Dispatcher, type Queue, type WakeHandler } from './dispatcher.js';
import type { Logger } from './logger.js';
import { createRedisCondition, type RedisCondition } from './redis-condition.js';
import { createWakeSlots, type WakeSlots } from './wake-slots.js';

export interface BullDispatcherOptions {
  readonly redisUrl: string;
  /** In front of every key, so that several gateways can share one Redis. */
  readonly prefix: string;
  readonly log: Logger;
  /** How long adding a job may take. @default 2000 */
  readonly addTimeoutMs?: number;
}

interface WakeJob {
  readonly id: string;
}

interface Worker {
  readonly queue: Bull.Queue<WakeJob>;
  readonly slots: WakeSlots;
  /** Jobs fetched whose work has not begun: they wait for an earlier run of their id. */
  readonly held: Map<string, Bull.Job<WakeJob>>;
  readonly condition: RedisCondition;
  readonly isStopping: () => boolean;
}

/** What Bull has beyond its types: its connections, among them the one that waits for jobs. */
interface Connections {
  readonly clients: readonly { disconnect(reconnect?: boolean): void }[];
  readonly bclient: { disconnect(reconnect?: boolean): void };
}

const ADD_TIMEOUT_MS = 2_000;
/** Bull asks for five seconds; an answer that stays away longer has been lost with its connection. */
const FETCH_TIMEOUT_MS = 15_000;
const COMPLETE_TIMEOUT_MS = 2_000;
const RETRY_MS = 500;
const MAX_RECONNECT_MS = 1_000;
const CLOSE_TIMEOUT_MS = 3_000;
const LEFT_OVER_MS = 60_000;
const FAILED_KEPT = 100;

/** Builds a dispatcher on Redis; waking throws `redis.unavailable` when Redis does not take the job in time. */
export function createBullDispatcher(options: BullDispatcherOptions): Dispatcher {
  const { log, addTimeoutMs = ADD_TIMEOUT_MS } = options;
  const condition = createRedisCondition(log);
  const queues = new Map(QUEUES.map((name) => [name, openQueue(name, options, condition)]));
  const queueOf = (name: Queue): Bull.Queue<WakeJob> => queues.get(name) ?? unknownQueue(name);
  const workers = new Map<Queue, Worker & { ended: Promise<void> }>();
  let stopping: Promise<void> | undefined;
  const isStopping = (): boolean => stopping !== undefined;
  void checkMemoryPolicy(queueOf(QUEUES[0]), log);

  const handle = (name: Queue, concurrency: number, handler: WakeHandler): void => {
    if (workers.has(name)) throw new Error(`The queue ${name} has a handler already`);
    const held = new Map<string, Bull.Job<WakeJob>>();
    const begin = async (id: string): Promise<void> => {
      await completeHeld(held, id);
      await handler(id);
    };
    const slots = createWakeSlots({ queue: name, concurrency, handler: begin, log });
    const worker = { queue: queueOf(name), slots, held, condition, isStopping };
    workers.set(name, { ...worker, ended: work(worker) });
  };
  const wake = async (name: Queue, id: string): Promise<void> => {
    if (isStopping()) return;
    await addJob(queueOf(name), id, addTimeoutMs).catch((error: unknown) => {
      condition.failed(error);
      throw error;
    });
    condition.worked();
  };
  const stop = async (): Promise<void> => {
    await Promise.all([...workers.values()].map(({ slots }) => slots.drain()));
    await Promise.all([...workers.values()].map((worker) => giveBack(worker, addTimeoutMs)));
    await Promise.all([...queues.values()].map(closeQueue));
    await Promise.all([...workers.values()].map(({ ended }) => ended));
  };
  return { handle, wake, stop: () => (stopping ??= stop()) };
}

function openQueue(
  name: Queue,
  { redisUrl, prefix }: BullDispatcherOptions,
  condition: RedisCondition,
): Bull.Queue<WakeJob> {
  const url = new URL(redisUrl);
  const queue = new Bull<WakeJob>(name, {
    prefix,
    redis: {
      host: url.hostname,
      port: Number(url.port || 6379),
      db: Number(url.pathname.slice(1) || 0),
      ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
      ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
      ...(url.protocol === 'rediss:' ? { tls: {} } : {}),
      // Commands that nobody can take now fail instead of piling up; the sweep repeats them.
      maxRetriesPerRequest: 1,
      retryStrategy: (times: number) => Math.min(times * 100, MAX_RECONNECT_MS),
    },
    defaultJobOptions: { removeOnComplete: true, removeOnFail: FAILED_KEPT, attempts: 1 },
  });
  queue.on('error', (error) => condition.failed(error));
  return queue;
}

/** Fetches wake-ups while a worker is free; no failure of Redis ends this loop. */
async function work({ queue, slots, held, condition, isStopping }: Worker): Promise<void> {
  let nextCleaning = 0;
  while (!isStopping()) {
    await slots.whenFree();
    if (isStopping()) return;
    try {
      if (performance.now() >= nextCleaning) {
        await removeLeftOvers(queue);
        nextCleaning = performance.now() + LEFT_OVER_MS;
      }
      const job = await fetchJob(queue);
      condition.worked();
      if (job === undefined) continue;
      held.set(job.data.id, job);
      slots.wake(job.data.id);
    } catch (error) {
      if (isStopping()) return;
      condition.failed(error);
      await wait(RETRY_MS);
    }
  }
}

async function fetchJob(queue: Bull.Queue<WakeJob>): Promise<Bull.Job<WakeJob> | undefined> {
  const job = await within(queue.getNextJob(), FETCH_TIMEOUT_MS).catch((error: unknown) => {
    (queue as unknown as Connections).bclient.disconnect(true);
    throw error;
  });
  // Bull's type promises undefined; it gives null.
  return job ?? undefined;
}

/** Removes the job of a wake-up, so that one that comes from now on is a new one. */
async function completeHeld(held: Map<string, Bull.Job<WakeJob>>, id: string): Promise<void> {
  const job = held.get(id);
  held.delete(id);
  // A job that is gone already (FLUSHALL, Redis away) is a wake-up nevertheless.
  if (job !== undefined)
    await within(job.moveToCompleted('', true, true), COMPLETE_TIMEOUT_MS).catch(() => undefined);
}

/** What was fetched and not begun is another process's to do. */
async function giveBack({ queue, held }: Worker, timeoutMs: number): Promise<void> {
  for (const id of [...held.keys()]) {
    await completeHeld(held, id);
    await addJob(queue, id, timeoutMs).catch(() => undefined);
  }
}

/** A process that was killed between fetching and completing leaves a job that would swallow its id's wake-ups. */
async function removeLeftOvers(queue: Bull.Queue<WakeJob>): Promise<void> {
  await within(queue.clean(LEFT_OVER_MS, 'active'), FETCH_TIMEOUT_MS);
}

async function addJob(queue: Bull.Queue<WakeJob>, id: string, timeoutMs: number): Promise<void> {
  try {
    await within(queue.add({ id }, { jobId: id }), timeoutMs);
  } catch (error) {
    throw new GatewayError('redis.unavailable', 'Redis does not take the wake-up.', { cause: error });
  }
}

/** Bull's promises hang, and do not reject, while Redis is away. */
async function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  const abort = new AbortController();
  const late = wait(timeoutMs, undefined, { signal: abort.signal }).then(() => {
    throw new Error(`No answer of Redis within ${timeoutMs} ms`);
  });
  late.catch(() => undefined);
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    abort.abort();
  }
}

async function closeQueue(queue: Bull.Queue<WakeJob>): Promise<void> {
  await within(queue.close(true), CLOSE_TIMEOUT_MS).catch(() => undefined);
  for (const client of (queue as unknown as Connections).clients) client.disconnect();
}

async function checkMemoryPolicy(queue: Bull.Queue<WakeJob>, log: Logger): Promise<void> {
  try {
    await queue.isReady();
    const policy = /^maxmemory_policy:(\S+)/m.exec(await queue.client.info('memory'))?.[1];
    if (policy !== undefined && policy !== 'noeviction') {
      log.error({ policy }, 'Redis may drop wake-ups: set its maxmemory-policy to noeviction');
    }
  } catch (err) {
    log.debug({ err }, 'The maxmemory-policy of Redis could not be read');
  }
}

function unknownQueue(name: string): never {
  throw new Error(`There is no queue ${name}`);
}
