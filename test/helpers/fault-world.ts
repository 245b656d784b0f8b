// A world in which things go wrong: changes come, processes send them, time passes; in the end every accepted
// version must be at the city once, in the order of its record, and nothing may be left over.
import assert from 'node:assert/strict';
import { shanghaiDay } from '../../src/core/clock.js';
import { dayNumber, dayOf } from '../../src/core/day.js';
import { readDeliveries } from '../../src/db/deliveries.js';
import { reconcileDay } from '../../src/forwarding/reconcile.js';
import { recordId, writeChunk, type WrittenChange } from './changes.js';
import type { TestDatabase } from './database.js';
import { openForwardingBench, type ForwardingBench, type Worker } from './forwarding.js';
import type { Random } from './seeds.js';

export interface FaultWorld {
  readonly bench: ForwardingBench;
  /** Accepts some changes: new versions of a few records, one of them perhaps twice, now and then an end. */
  accept(most?: number): Promise<void>;
  pass(ms: number): void;
  /** Works, and lets time pass, until nothing is left to do. */
  finish(...workers: readonly Worker[]): Promise<void>;
  isThrough(): Promise<boolean>;
  /** Holds the ledger of the city, and its own account of each day, against what was accepted. */
  check(): Promise<void>;
}

const RECORDS = 12;
const MAX_TURNS = 200;

/** Opens a world. */
export async function openFaultWorld(random: Random, test?: TestDatabase): Promise<FaultWorld> {
  const bench = await openForwardingBench(test);
  const opened = dayNumber(shanghaiDay(bench.now));
  const versions = new Map<string, number>();
  const batches: string[] = [];
  const nextChange = (): WrittenChange => {
    const id = recordId(1 + random.whole(RECORDS));
    const version = (versions.get(id) ?? 0) + 1;
    versions.set(id, version);
    return version > 1 && random.chance(0.1)
      ? { recordId: id, version, operation: 'd', data: {} }
      : { recordId: id, version };
  };
  const world: FaultWorld = {
    bench,
    accept: async (most = 8) => {
      const changes = Array.from({ length: 1 + random.whole(most) }, nextChange);
      batches.push(await writeChunk(bench.test.database, { changes }));
    },
    pass: (ms) => void (bench.now = new Date(bench.now.getTime() + ms)),
    finish: async (...workers) => {
      for (let turn = 0; turn < MAX_TURNS; turn += 1) {
        for (const worker of workers) await worker.work();
        if (await world.isThrough()) return;
        world.pass(61_000);
      }
      assert.fail(
        `Something is left: ${JSON.stringify(await bench.query('select state, attempts from messages'))}`,
      );
    },
    isThrough: async () => {
      const [row] = await bench.query<{ through: boolean }>(
        `select not exists (select from changes_in_flight) and not exists (select from changes_waiting)
           and (select planned_to from destinations) = (select last_position from change_log) as through`,
      );
      return row?.through === true;
    },
    check: async () => {
      await check(bench, versions, batches);
      await reconcile(bench, opened);
    },
  };
  return world;
}

async function check(
  bench: ForwardingBench,
  versions: ReadonlyMap<string, number>,
  batches: readonly string[],
): Promise<void> {
  const held = [...bench.city.records].map(([id, list]) => [id, list.map(({ version }) => version)] as const);
  const accepted = [...versions].map(
    ([id, last]) => [id, Array.from({ length: last }, (_, i) => i + 1)] as const,
  );
  assert.deepEqual(new Map(held), new Map(accepted));
  const { outOfOrder, conflicts } = bench.city.summary();
  assert.deepEqual({ outOfOrder, conflicts }, { outOfOrder: 0, conflicts: 0 });
  const byId = new Map<string, string>();
  const sentIn = new Map<string, string>();
  for (const message of bench.messages) {
    const bytes = JSON.stringify(message);
    assert.equal(byId.get(message.messageId) ?? bytes, bytes, 'one id, one content');
    byId.set(message.messageId, bytes);
    for (const { id, version } of message.body) {
      const change = `${id}.${version}`;
      assert.equal(sentIn.get(change) ?? message.messageId, message.messageId, 'one change, one message');
      sentIn.set(change, message.messageId);
    }
  }
  for (const batch of batches) {
    const { pending, rejected } = await readDeliveries(bench.test.database, batch);
    assert.deepEqual({ pending, rejected }, { pending: 0, rejected: 0 });
  }
}

async function reconcile(bench: ForwardingBench, firstDay: number): Promise<void> {
  const needs = { ...bench.sendNeeds(), timeoutMs: 60_000 };
  for (let day = firstDay; day <= dayNumber(shanghaiDay(bench.now)); day += 1) {
    const due = { destination: 'city', day: dayOf(day), failures: 0 };
    assert.deepEqual(await reconcileDay(due, needs), { result: 'agrees', open: 0 }, due.day);
  }
}
