// Our processes die at the worst moments: in the middle of planning, before a message is sent, after it was stored,
// and before its answer is kept. The next one goes on.
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { Database } from '../../src/db/pool.js';
import type { HttpClient } from '../../src/platform/http-client.js';
import { projectRoot } from '../../src/platform/project-root.js';
import { openFaultWorld, type FaultWorld } from '../helpers/fault-world.js';
import { TOKEN, type Worker } from '../helpers/forwarding.js';
import { itHolds, type Random } from '../helpers/seeds.js';
import { until } from '../helpers/until.js';

const MOMENTS = ['planning', 'before-send', 'after-send', 'before-marking'] as const;
type Moment = (typeof MOMENTS)[number];

interface Mortal {
  readonly worker: Worker;
  /** Works until it is through or dies. */
  live(): Promise<void>;
  isDead(): boolean;
}

/** A process that dies at some moment: from then on its database and its network do nothing any more. */
function createMortal(world: FaultWorld, random: Random, moments: readonly [Moment, ...Moment[]]): Mortal {
  const { database, http } = world.bench.sendNeeds();
  const moment = random.pick(moments);
  let left = 1 + random.whole(4);
  let isDead = false;
  const pass = (at: Moment): void => {
    if (at === moment) left -= 1;
    if (left <= 0) isDead = true;
    if (isDead) throw new Error('killed');
  };
  const mortalDatabase: Database = {
    query: async (text, values) => {
      pass(moment);
      return database.query(text, values);
    },
    transaction: (work) =>
      database.transaction(async (sql) => {
        const done = await work(sql);
        pass('planning');
        return done;
      }),
    close: () => Promise.resolve(),
  };
  const live = async (): Promise<void> => {
    await worker.work().catch((error: unknown) => {
      if (!isDead) throw error;
    });
    await worker.drain();
  };
  const mortalHttp: Pick<HttpClient, 'send'> = {
    send: async (request) => {
      pass('before-send');
      const answer = await http.send(request);
      pass('after-send');
      if (moment === 'before-marking') left -= 1;
      isDead ||= left <= 0;
      return answer;
    },
  };
  const worker = world.bench.forwarder(
    { messageSize: 1 + random.whole(4), messagesInFlight: 1 + random.whole(3) },
    { database: mortalDatabase, http: mortalHttp },
  );
  return { worker, live, isDead: () => isDead };
}

describe('delivery by processes that die', function () {
  this.timeout(200_000);
  for (const moment of MOMENTS)
    itHolds(`holds where they are killed ${moment}`, (random) =>
      survive(random, { moments: [moment], count: 1 }),
    );

  itHolds('holds where two work side by side and are killed at any moment', (random) =>
    survive(random, { moments: MOMENTS, count: 2 }),
  );

  itHolds('holds where a real one is killed with SIGKILL', async (random, context) => {
    context.timeout(400_000);
    const world = await openFaultWorld(random);
    const children: ChildProcess[] = [];
    try {
      for (let step = 0; step < 3; step += 1) await world.accept(6);
      await killAtMessage(1 + random.whole(3), { world, children });
      const last = startProcess(world, children);
      await until(() => world.isThrough(), {
        timeoutMs: 200_000,
        what: 'the last process to deliver the rest',
      });
      last.kill('SIGKILL');
      await world.check();
    } finally {
      for (const child of children) child.kill('SIGKILL');
      await world.bench.close();
    }
  });
});

async function survive(
  random: Random,
  { moments, count }: { moments: readonly [Moment, ...Moment[]]; count: number },
): Promise<void> {
  const world = await openFaultWorld(random);
  try {
    let processes: Mortal[] = [];
    for (let step = 0; step < 5; step += 1) {
      await world.accept();
      while (processes.length < count) processes.push(createMortal(world, random, moments));
      await Promise.all(processes.map((each) => each.live()));
      processes = processes.filter((each) => !each.isDead());
      world.pass(random.whole(20_000));
    }
    await world.finish(world.bench.forwarder({ messageSize: 3 }));
    await world.check();
  } finally {
    await world.bench.close();
  }
}

const SCRIPT = path.join(projectRoot, 'test/fixtures/faults/forward-process.ts');

function startProcess({ bench }: FaultWorld, children: ChildProcess[]): ChildProcess {
  const told = JSON.stringify({ databaseUrl: bench.test.url, cityUrl: bench.city.url, token: TOKEN });
  const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, told], {
    cwd: projectRoot,
    stdio: 'inherit',
  });
  children.push(child);
  return child;
}

/** Kills a process as its n-th message comes to the city: stored there, and not answered yet. */
async function killAtMessage(
  count: number,
  { world, children }: { world: FaultWorld; children: ChildProcess[] },
): Promise<void> {
  const child = startProcess(world, children);
  let left = count;
  world.bench.onMessage = () => {
    left -= 1;
    if (left === 0) child.kill('SIGKILL');
  };
  await until(() => child.signalCode !== null, {
    timeoutMs: 200_000,
    what: `message ${count} to kill the process`,
  });
  world.bench.onMessage = () => undefined;
}
