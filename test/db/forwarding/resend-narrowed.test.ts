// Sending once more what a destination was told of records that are too narrow for it.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  measureResend,
  orderResend,
  readResendOrder,
  type ResendSelection,
} from '../../../src/db/resend-orders.js';
import { countSuperseded } from '../../../src/db/resend-plan.js';
import { recordId, writeChunk } from '../../helpers/changes.js';
import { openForwardingBench, type ForwardingBench } from '../../helpers/forwarding.js';

describe('a resend of a record that became too narrow for its destination', () => {
  const openness = 'shared';
  let bench: ForwardingBench;
  beforeEach(async () => {
    bench = await openForwardingBench();
  });
  afterEach(() => bench.close());

  const work = (): Promise<void> => bench.forwarder({ openness }).work();
  const write = (version: number, level: { openness?: 2 } = {}): Promise<string> =>
    writeChunk(bench.test.database, { changes: [{ recordId: recordId(1), version, ...level }] });
  /** What comes to the city, as `operation version`, and what is counted before and after. */
  const resend = async (selection: ResendSelection): Promise<{ sent: string[]; superseded: number[] }> => {
    const { database } = bench.test;
    const measured = await measureResend(database, selection, { plannedTo: 9, openness });
    const by = { destination: 'city', openness, limit: 100 } as const;
    const foreseen = await countSuperseded(
      database,
      { ...measured, lastPosition: measured.last, selection },
      by,
    );
    const id = randomUUID();
    bench.messages.length = 0;
    await database.transaction((sql) =>
      orderResend(sql, {
        ...{ id, destination: 'city', openness, selection, reason: 'the city lost it' },
        ...{ by: 'operator:k', at: bench.now },
      }),
    );
    await work();
    const sent = bench.messages.flatMap(({ body }) =>
      body.map(({ operation, version }) => `${operation} ${version}`),
    );
    return { sent, superseded: [foreseen, (await readResendOrder(database, 'city', id))!.superseded] };
  };

  it('tells its end, though a version came later of which the destination is told nothing', async () => {
    await write(1);
    await write(2, { openness: 2 });
    await write(3, { openness: 2 });
    await work();
    const selections: [ResendSelection, number][] = [
      [{ positions: { from: 1 } }, 1],
      [{ positions: { from: 2, to: 2 } }, 0],
      [{ records: [{ id: recordId(1) }] }, 0],
      [{ records: [{ id: recordId(1), version: 2 }] }, 0],
    ];
    for (const [selection, superseded] of selections)
      assert.deepEqual(await resend(selection), { sent: ['delete 2'], superseded: [superseded, superseded] });
  });

  it('tells it as it stands where it has been opened again', async () => {
    await write(1);
    await write(2, { openness: 2 });
    await write(3, { openness: 2 });
    await write(4);
    await work();
    assert.deepEqual(await resend({ positions: { from: 1 } }), { sent: ['upsert 4'], superseded: [3, 3] });
    assert.deepEqual((await resend({ records: [{ id: recordId(1) }] })).sent, ['upsert 4']);
  });
});
