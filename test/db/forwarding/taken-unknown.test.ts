// Messages that the city took without our knowing, its answer lost: what goes again says the same, or is marked, so that
// both sides have the same content on the same day, and nothing is sent of what is over.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { bindTroubles } from '../../../src/app/destination-troubles.js';
import type { Foundation } from '../../../src/app/gateway.js';
import { claimMessages } from '../../../src/db/claims.js';
import { readDeliveries } from '../../../src/db/deliveries.js';
import { readDestinationLag } from '../../../src/db/destination-lag.js';
import { orderReconciliation, readReconciliation } from '../../../src/db/reconciliations.js';
import { renewMessage } from '../../../src/forwarding/renew.js';
import type { SendNeeds } from '../../../src/forwarding/send.js';
import { reconcileDay } from '../../../src/forwarding/reconcile.js';
import { endRecords } from '../../../src/jobs/end-records.js';
import type { HttpAnswer } from '../../../src/platform/http-client.js';
import { firstVersions, recordId, writeChunk } from '../../helpers/changes.js';
import { DESTINATION, openForwardingBench, WORDING, type ForwardingBench } from '../../helpers/forwarding.js';

const DAY = '2026-06-30';
const NEXT = '2026-07-01';
const UNREADABLE: HttpAnswer = { status: 200, headers: {}, body: '<html>' };

describe('a message that the city took without our knowing', () => {
  let bench: ForwardingBench;
  beforeEach(async () => {
    bench = await openForwardingBench();
  });
  afterEach(() => bench.close());

  const advance = (ms: number): void => void (bench.now = new Date(bench.now.getTime() + ms));
  /** What a comparison of the day comes to, and how many lines each side counts on it. */
  const compared = async (day: string): Promise<unknown[]> => {
    const { database } = bench.test;
    await database.transaction((sql) =>
      orderReconciliation(sql, { destination: 'city', day, by: 'operator:k', at: bench.now }),
    );
    const { signal } = new AbortController();
    await reconcileDay(
      { destination: 'city', day, failures: 0 },
      { ...bench.sendNeeds(), timeoutMs: 5000, signal },
    );
    const done = (await readReconciliation(database, 'city', day))!;
    const [table] = done.tables;
    const sum = (side: 'ours' | 'city'): number =>
      (table?.[side]?.upserts ?? 0) + (table?.[side]?.deletes ?? 0);
    return [done.result, sum('ours'), sum('city')];
  };
  const endOf = (...n: number[]): Promise<unknown> =>
    bench.query(`update record_versions set ends_on = $2 where record_id = any($1)`, [n.map(recordId), DAY]);
  const atCity = (n: number): string[] =>
    (bench.city.records.get(recordId(n)) ?? []).map(({ version, operation }) => `${version} ${operation}`);

  it('goes under a new id over midnight where it holds what is over by then, and what is over has no data', async () => {
    const { database } = bench.test;
    bench.now = new Date('2026-06-30T23:59:50+08:00');
    const batch = await writeChunk(database, { changes: firstVersions(3) });
    await endOf(1);
    bench.city.behave({ mode: 'lose-answer', times: 1 });
    await bench.forwarder().work();
    bench.now = new Date('2026-07-01T00:00:30+08:00');
    await bench.forwarder().work();
    const [first, second, ...more] = bench.messages;
    assert.deepEqual(more, []);
    assert.notEqual(first!.messageId, second!.messageId);
    assert.deepEqual(
      second!.body.map(({ operation, data }) => [operation, Object.keys(data).length > 0]),
      [
        ['delete', false],
        ['upsert', true],
        ['upsert', true],
      ],
    );
    assert.deepEqual([second!.resend, atCity(1), atCity(2)], [true, ['1 delete'], ['1 upsert']]);
    assert.deepEqual(await readDeliveries(database, batch), { pending: 0, delivered: 3, rejected: 0 });
    assert.deepEqual(
      [await compared(DAY), await compared(NEXT)],
      [
        ['agrees', 0, 0],
        ['agrees', 3, 3],
      ],
    );
    assert.equal(bench.city.summary().conflicts, 0);
  });

  it('tells of a new id where it goes under one alone, not where its claim was lost', async () => {
    const { database } = bench.test;
    bench.now = new Date('2026-06-30T23:59:50+08:00');
    await writeChunk(database, { changes: firstVersions(3) });
    await endOf(1);
    bench.city.behave({ mode: 'lose-answer', times: 1 });
    await bench.forwarder().work();
    bench.now = new Date('2026-07-01T00:00:30+08:00');
    const until = new Date(bench.now.getTime() + 60_000);
    const lease = { now: bench.now, until, today: NEXT, wording: WORDING, room: 1 };
    const [claimed] = await claimMessages(database, 'city', { ...DESTINATION, ...lease });
    const message = claimed!;
    const renew = (claim: string): Promise<boolean> =>
      renewMessage({ ...message, claim }, { destination: DESTINATION, at: bench.now }, bench.sendNeeds());
    const told = (): number => bench.lines.filter(({ as }) => as !== undefined).length;
    assert.deepEqual([await renew(randomUUID()), told()], [true, 0]);
    assert.deepEqual([await renew(message.claim), told()], [true, 1]);
  });

  it('says the same under its own id where nothing of it is over, whatever has become of its records', async () => {
    const { database } = bench.test;
    bench.now = new Date('2026-06-30T23:59:50+08:00');
    await writeChunk(database, { changes: firstVersions(2) });
    bench.city.behave({ mode: 'lose-answer', times: 1 });
    await bench.forwarder().work();
    await writeChunk(database, {
      changes: [{ recordId: recordId(1), version: 2, operation: 'd', data: {} }],
    });
    bench.now = new Date('2026-07-01T00:00:30+08:00');
    await bench.forwarder().work();
    const [first, second] = bench.messages;
    assert.deepEqual(second, first);
    assert.deepEqual(atCity(1), ['1 upsert', '2 delete']);
    assert.deepEqual(
      [await compared(DAY), await compared(NEXT)],
      [
        ['agrees', 2, 2],
        ['agrees', 1, 1],
      ],
    );
  });

  it('goes under a new id where it is worded otherwise by now, and both sides have what it says now', async () => {
    const { database } = bench.test;
    bench.now = new Date('2026-06-30T12:00:00+08:00');
    const batch = await writeChunk(database, { changes: firstVersions(3) });
    bench.city.behave({ mode: 'lose-answer', times: 1 });
    await bench.forwarder().work();
    const { officialTable } = bench.sendNeeds();
    // The columns of a mapping that was changed meanwhile.
    const renamed: SendNeeds['officialTable'] = (...table) => {
      const write = officialTable(...table);
      return (record, out) =>
        write(Buffer.from(record.toString().replace('"counterpartName"', '"name"')), out);
    };
    const needs = { officialTable: renamed, wordingOf: () => 'otherwise' };
    bench.city.behave({ mode: 'lose-answer', times: 1 });
    const worker = bench.forwarder({}, needs);
    advance(60_000);
    await worker.work();
    advance(60_000);
    await worker.work();
    const ids = bench.messages.map(({ messageId }) => messageId);
    assert.deepEqual([ids.length, new Set(ids).size, ids[1] === ids[2]], [3, 2, true]);
    assert.deepEqual(
      bench.messages.map(({ resend, body }) => [resend ?? false, 'X_name' in body[0]!.data]),
      [
        [false, false],
        [true, true],
        [true, true],
      ],
    );
    assert.deepEqual(await readDeliveries(database, batch), { pending: 0, delivered: 3, rejected: 0 });
    assert.deepEqual(await compared(DAY), ['agrees', 3, 3]);
  });

  it('goes under a new id where it was tried before its wording was kept, and keeps its faults', async () => {
    const { database } = bench.test;
    await writeChunk(database, { changes: firstVersions(2) });
    bench.city.behave({ mode: 'lose-answer', times: 1 });
    await bench.forwarder().work();
    await bench.query('update messages set wording = null, faults = 3');
    advance(60_000);
    await bench.forwarder().work();
    assert.deepEqual(
      bench.messages.map(({ resend }) => resend ?? false),
      [false, true],
    );
    const parts = await bench.query('select faults, wording from messages order by number');
    assert.deepEqual(parts, [
      { faults: 3, wording: '' },
      { faults: 3, wording: WORDING },
    ]);
    assert.deepEqual(await compared(DAY), ['agrees', 2, 2]);
  });

  it('ends what is over by itself also where a later version is known that has ended it already', async () => {
    const { database } = bench.test;
    await writeChunk(database, { changes: firstVersions(2) });
    await endOf(1);
    bench.now = new Date('2026-07-01T00:05:00+08:00');
    await endRecords({
      database,
      clock: () => bench.now,
      audit: () => Promise.resolve(),
      onChanges: () => undefined,
      signal: new AbortController().signal,
    });
    await bench.forwarder().work();
    assert.deepEqual([atCity(1), atCity(2)], [['1 delete', '2 delete'], ['1 upsert']]);
    assert.equal(bench.city.summary().outOfOrder, 0);
  });

  it('goes in halves that are marked, so that both sides count them on the day of the new receipt', async () => {
    const { database } = bench.test;
    const batch = await writeChunk(database, { changes: firstVersions(4) });
    const { http } = bench.sendNeeds();
    const worker = bench.forwarder(
      { messageSize: 4, maxFaults: 2 },
      {
        http: {
          // The city takes it, and says nothing that can be read.
          send: async (request) => {
            const answer = await http.send(request);
            return request.body?.includes(recordId(1)) === true ? UNREADABLE : answer;
          },
        },
      },
    );
    for (let turn = 0; turn < 3; turn += 1) {
      await writeChunk(database, { changes: firstVersions(1, 100 + turn) });
      await worker.work();
      advance(31_000);
    }
    const troubles = bindTroubles({
      site: { configuration: { destinations: [DESTINATION] } },
      storage: { database },
      clock: () => bench.now,
      dispatcher: { wake: () => Promise.resolve() },
    } as unknown as Foundation);
    const { messages } = (await troubles.listSetAside('city', { after: undefined, limit: 10 })) as {
      messages: { id: string }[];
    };
    assert.equal(messages.length, 1);
    assert.deepEqual(await compared(DAY), ['agrees', 3, 7], 'what is set aside is not unknown');
    bench.now = new Date('2026-07-01T04:00:00Z');
    const caller = { keyId: 'k', role: 'operator', agency: null } as const;
    const order = { messageId: messages[0]!.id, way: 'replay', reason: 'mended', caller } as const;
    await troubles.endSetAside('city', order);
    assert.equal((await readDestinationLag(database, ['city']))[0]!.records, 4);
    bench.messages.length = 0;
    await bench.forwarder().work();
    assert.deepEqual(
      bench.messages.map(({ resend, body }) => [resend, body.length]),
      [
        [true, 2],
        [true, 2],
      ],
    );
    assert.deepEqual(await readDeliveries(database, batch), { pending: 0, delivered: 4, rejected: 0 });
    assert.deepEqual(
      [await compared(DAY), await compared(NEXT)],
      [
        ['agrees', 3, 3],
        ['agrees', 4, 4],
      ],
    );
  });
});
