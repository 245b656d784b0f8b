// A message that fails again and again while others pass is set aside; an outage sets nothing aside.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { bindTroubles } from '../../../src/app/destination-troubles.js';
import type { Foundation } from '../../../src/app/gateway.js';
import { isGatewayError } from '../../../src/core/errors.js';
import { readDeliveries } from '../../../src/db/deliveries.js';
import { readDestinationLag } from '../../../src/db/destination-lag.js';
import { orderResend, readResendOrder } from '../../../src/db/resend-orders.js';
import { countSetAside } from '../../../src/db/set-aside.js';
import type { HttpAnswer, HttpRequest } from '../../../src/platform/http-client.js';
import { firstVersions, recordId, writeChunk } from '../../helpers/changes.js';
import {
  DESTINATION,
  openForwardingBench,
  type ForwardingBench,
  type Worker,
} from '../../helpers/forwarding.js';

const POISON = recordId(3);
const CALLER = { keyId: 'k', role: 'operator', agency: null } as const;

describe('a message that fails again and again', () => {
  let bench: ForwardingBench;
  let troubles: ReturnType<typeof bindTroubles>;
  beforeEach(async () => {
    bench = await openForwardingBench();
    troubles = bindTroubles({
      site: { configuration: { destinations: [DESTINATION] } },
      storage: { database: bench.test.database },
      clock: () => bench.now,
      dispatcher: { wake: () => Promise.resolve() },
    } as unknown as Foundation);
  });
  afterEach(() => bench.close());

  const advance = (ms: number): void => void (bench.now = new Date(bench.now.getTime() + ms));
  const setAside = () => countSetAside(bench.test.database, ['city']);
  const listed = async () =>
    ((await troubles.listSetAside('city', { after: undefined, limit: 10 })) as { messages: { id: string }[] })
      .messages;

  /** A worker whose calls are answered by `fail` where it gives something. */
  function worker(
    fail: (request: HttpRequest) => HttpAnswer | undefined,
    options: Parameters<ForwardingBench['forwarder']>[0] = {},
  ): Worker {
    const { http } = bench.sendNeeds();
    return bench.forwarder(
      { messageSize: 5, maxFaults: 2, ...options },
      { http: { send: async (request) => fail(request) ?? http.send(request) } },
    );
  }

  const failing = (request: HttpRequest): HttpAnswer | undefined =>
    request.body?.includes(POISON) === true ? { status: 500, headers: {}, body: 'x' } : undefined;

  /** Lets time pass, with new records that get through; gives what came of it. */
  async function live(by: Worker, turns: number, from = 1000): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) {
      await writeChunk(bench.test.database, { changes: firstVersions(1, from + turn) });
      await by.work();
      advance(31_000);
    }
  }

  it('is set aside when others pass meanwhile: its changes are kept, later ones of its records wait, others go', async () => {
    const batch = await writeChunk(bench.test.database, { changes: firstVersions(5) });
    const by = worker(failing);
    await live(by, 2);
    assert.deepEqual(await setAside(), []);
    await live(by, 1, 1100);
    const [aside] = await setAside();
    assert.deepEqual([aside!.messages, aside!.records], [1, 5]);
    const later = [1, 3].map((n) => ({ recordId: recordId(n), version: 2 }));
    await writeChunk(bench.test.database, { changes: [...later, ...firstVersions(2, 500)] });
    await live(by, 1, 1200);
    assert.equal(bench.city.records.has(recordId(500)), true);
    assert.equal(bench.city.records.has(recordId(1)), false);
    assert.deepEqual(await readDeliveries(bench.test.database, batch), {
      pending: 5,
      delivered: 0,
      rejected: 0,
    });
    const [lag] = await readDestinationLag(bench.test.database, ['city']);
    assert.deepEqual([lag!.records, lag!.since], [7, null]);
    const told = bench.lines.filter(({ msg }) => msg === 'Message fails while others pass and is set aside');
    assert.deepEqual(
      told.map(({ reason }) => reason),
      ['http-500'],
    );
    const [shown] = (await listed()) as unknown as Record<string, unknown>[];
    assert.deepEqual(
      [shown!['reason'], shown!['records'], shown!['attempts'], (shown!['lastAttempts'] as object[]).length],
      ['http-500', 5, 3, 3],
    );
  });

  for (const [name, answer] of [
    ['answers that cannot be read', { status: 200, headers: {}, body: '<html>' }],
    ['answers for another message', { status: 200, headers: {}, body: '{"errorCode":"200","totalSize":99}' }],
  ] satisfies [string, HttpAnswer][])
    it(`is set aside for ${name} too`, async () => {
      await writeChunk(bench.test.database, { changes: firstVersions(5) });
      await live(
        worker((request) => (failing(request) === undefined ? undefined : answer)),
        7,
      );
      assert.deepEqual(
        (await listed()).map((each) => (each as unknown as { reason: string }).reason),
        ['unreadable-answer'],
      );
    });

  it('is set aside where it alone is denied, so that it does not park its destination for ever; a wrong token sets nothing aside', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(5) });
    let isKnown = true;
    const denied = { status: 403, headers: {}, body: '' };
    const by = worker((request) => (isKnown && failing(request) === undefined ? undefined : denied), {
      messagesInFlight: 1,
    });
    const goOn = async (turns: number, from: number): Promise<void> => {
      for (let turn = 0; turn < turns; turn += 1) {
        await live(by, 1, from + turn);
        advance(60_000);
      }
    };
    isKnown = false;
    await goOn(8, 1000);
    assert.deepEqual(await listed(), []);
    isKnown = true;
    let turns = 0;
    for (; (await listed()).length === 0 && turns < 10; turns += 1) await goOn(1, 2000 + turns);
    assert.deepEqual(
      (await listed()).map((each) => (each as unknown as { reason: string }).reason),
      ['http-403'],
    );
    const left = await bench.query(`select from messages where state = 'planned'`);
    const parked = await bench.query('select parked_at from destinations');
    assert.deepEqual([left, parked], [[], [{ parked_at: null }]]);
    assert.equal(bench.city.summary().versions, 8 + turns);
  });

  it('is set aside where it cannot be written, and nothing of it is sent', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(5) });
    const needs = bench.sendNeeds();
    const by = bench.forwarder(
      { messageSize: 5, maxFaults: 2 },
      {
        officialTable: (...table) => {
          const write = needs.officialTable(...table);
          return (record, out) => {
            if (record.includes('"counterpartName":"天津测试0003有限公司"'))
              throw new Error('no such column');
            write(record, out);
          };
        },
      },
    );
    await live(by, 3);
    assert.deepEqual(
      (await listed()).map((each) => (each as unknown as { reason: string }).reason),
      ['not-written'],
    );
    assert.equal(bench.city.records.has(recordId(1)), false);
  });

  it('is not set aside by an outage, however long', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(40) });
    let isDown = true;
    const by = worker(() => (isDown ? { status: 503, headers: {}, body: '' } : undefined), { maxFaults: 2 });
    for (let turn = 0; turn < 12; turn += 1) {
      await by.work();
      advance(31_000);
    }
    assert.deepEqual(await setAside(), []);
    isDown = false;
    await by.work();
    assert.equal(bench.city.summary().versions, 40);
  });

  it('is not set aside by patience that is asked for, a lost database or audit log, or our own stop', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(5) });
    const busy = { status: 503, headers: { 'retry-after': '1' }, body: '' };
    await live(
      worker((request) => (failing(request) === undefined ? undefined : busy)),
      8,
    );
    const { personReading } = bench.sendNeeds();
    const grounds = { types: ['administrative-penalty'], legalBasis: '某办法第一条' };
    await writeChunk(bench.test.database, {
      changes: [{ recordId: recordId(60), sealed: Buffer.from('{}') }],
    });
    const unaudited = bench.forwarder(
      { messageSize: 5, maxFaults: 2, showsPersonalNumbers: grounds },
      {
        personReading: (sql, reading) => {
          if (reading.details?.['records'] === 1) throw new Error('audit log full');
          return personReading(sql, reading);
        },
      },
    );
    await live(unaudited, 4, 2000);
    assert.deepEqual(await setAside(), []);
  });

  it('does not keep others from passing where it is the oldest and the breaker is open', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(5) });
    const by = worker(failing, { breaker: { failures: 2, probeEveryMs: 1000 } });
    for (let turn = 0; turn < 4; turn += 1) {
      await by.work();
      advance(31_000);
    }
    await writeChunk(bench.test.database, { changes: firstVersions(1, 50) });
    await by.work();
    advance(31_000);
    await by.work();
    assert.equal(bench.city.records.has(recordId(50)), true);
  });

  it('goes out under its own id when it is retried, and in halves under new ids when it is replayed', async () => {
    const batch = await writeChunk(bench.test.database, { changes: firstVersions(5) });
    const by = worker(failing);
    await live(by, 3);
    const [{ id }] = (await listed()) as [{ id: string }];
    const order = { messageId: id, reason: 'mended', caller: CALLER };
    await troubles.endSetAside('city', { ...order, way: 'retry' });
    assert.deepEqual(await setAside(), []);
    await live(by, 3, 2000);
    assert.deepEqual(
      (await listed()).map((each) => each.id),
      [id],
    );
    await troubles.endSetAside('city', { ...order, way: 'replay' });
    await live(by, 3, 3000);
    // The half with the guilty one is set aside again, the others have gone.
    assert.deepEqual(await readDeliveries(bench.test.database, batch), {
      pending: 3,
      delivered: 2,
      rejected: 0,
    });
    const [half] = await listed();
    await troubles.endSetAside('city', { ...order, messageId: half!.id, way: 'retry' });
    await bench.forwarder().work();
    assert.deepEqual(await readDeliveries(bench.test.database, batch), {
      pending: 0,
      delivered: 5,
      rejected: 0,
    });
    for (const way of ['retry', 'replay'] as const)
      for (const messageId of [id, undefined, randomUUID()])
        await assert.rejects(troubles.endSetAside('city', { ...order, messageId, way }), (error: unknown) =>
          isGatewayError(error, 'message.not-set-aside'),
        );
    const entries = await bench.query<{ action: string; details: string }>(
      `select action, details from audit_entries where action like 'destination.message-%' order by number`,
    );
    assert.deepEqual(
      entries.map(({ action, details }) => [action, (JSON.parse(details) as { message: string }).message]),
      [
        ['destination.message-retried', id],
        ['destination.message-replayed', id],
        ['destination.message-retried', half!.id],
      ],
    );
  });

  it('keeps its replay from being done', async () => {
    const { database } = bench.test;
    await writeChunk(database, { changes: firstVersions(5) });
    await bench.forwarder().work();
    const id = randomUUID();
    await database.transaction((sql) =>
      orderResend(sql, {
        ...{
          id,
          destination: 'city',
          openness: 'authorised',
          selection: { records: [{ id: POISON }] },
          reason: 'lost',
        },
        ...{ by: 'operator:k', at: bench.now },
      }),
    );
    const by = worker(failing);
    await live(by, 4);
    assert.equal((await setAside()).length, 1);
    assert.equal((await readResendOrder(database, 'city', id))!.state, 'planned');
  });
});

describe('what a destination refuses', () => {
  it('is listed for operators by code, a page at a time', async () => {
    const bench = await openForwardingBench();
    try {
      const batch = await writeChunk(bench.test.database, { changes: firstVersions(6) });
      bench.city.behave({
        mode: 'refuse-records',
        refuse: ({ id }) => ({ code: id === recordId(1) ? 'E2' : 'E1', message: '字段错误' }),
      });
      await bench.forwarder().work();
      const troubles = bindTroubles({
        site: { configuration: { destinations: [DESTINATION] } },
        storage: { database: bench.test.database },
      } as unknown as Foundation);
      const page = async (after: number | undefined, code?: string) =>
        (await troubles.listRefusals('city', { after, limit: 2, code })) as {
          refusals: Record<string, unknown>[];
          byCode: unknown;
          next: number | null;
        };
      const first = await page(undefined);
      assert.deepEqual(first.byCode, [
        { code: 'E1', count: 5 },
        { code: 'E2', count: 1 },
      ]);
      assert.deepEqual(first.refusals[0], {
        ...{ position: 1, recordId: recordId(1), version: 1, agency: 'market-regulation' },
        ...{ recordType: 'administrative-penalty', batch, row: 2, code: 'E2', message: '字段错误' },
        refusedAt: bench.now,
      });
      assert.deepEqual(
        [(await page(first.next!)).refusals.map(({ position }) => position), (await page(4)).next],
        [[3, 4], null],
      );
      assert.deepEqual(
        (await page(undefined, 'E2')).refusals.map(({ position }) => position),
        [1],
      );
    } finally {
      await bench.close();
    }
  });
});

describe('what is not for a destination', () => {
  it('is withheld, not pending, and counted once when it goes there after all', async () => {
    const bench = await openForwardingBench();
    try {
      const { database } = bench.test;
      const closed = { recordId: recordId(9), openness: 2 } as const;
      const batch = await writeChunk(database, { changes: [...firstVersions(3), closed] });
      const struck = await writeChunk(database, { changes: firstVersions(4, 50), recordType: 'honour' });
      const opennessOf = (type: string) => (type === 'honour' ? undefined : 'public');
      await bench.forwarder({ openness: 'shared', messageSize: 2 }, { opennessOf }).work();
      const counts = () => Promise.all([batch, struck].map((id) => readDeliveries(database, id)));
      assert.deepEqual(await counts(), [
        { pending: 0, delivered: 3, rejected: 0, withheld: 1 },
        { pending: 0, delivered: 0, rejected: 0, withheld: 4 },
      ]);
      await database.transaction((sql) =>
        orderResend(sql, {
          ...{
            id: randomUUID(),
            destination: 'city',
            openness: 'authorised',
            selection: { positions: { from: 1 } },
            reason: 'opened',
          },
          ...{ by: 'operator:k', at: bench.now },
        }),
      );
      bench.city.behave({
        mode: 'refuse-records',
        refuse: ({ id }) => (id === recordId(51) ? { code: 'E1', message: '字段错误' } : null),
      });
      await bench.forwarder({ openness: 'authorised', messageSize: 2 }).work();
      assert.deepEqual(await counts(), [
        { pending: 0, delivered: 4, rejected: 0 },
        { pending: 0, delivered: 3, rejected: 1 },
      ]);
    } finally {
      await bench.close();
    }
  });
});
