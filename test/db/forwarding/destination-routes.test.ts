// What an operator sees of a destination and orders about it; each order is in the audit log with its reason.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { bindDestinations } from '../../../src/app/destination-pauses.js';
import { bindReplays } from '../../../src/app/destination-replays.js';
import type { Foundation } from '../../../src/app/gateway.js';
import { isGatewayError } from '../../../src/core/errors.js';
import { readAudit } from '../../../src/db/audit.js';
import { firstVersions, writeChunk } from '../../helpers/changes.js';
import { DESTINATION, openForwardingBench, type ForwardingBench } from '../../helpers/forwarding.js';

const CALLER = { keyId: 'k', role: 'operator', agency: null } as const;
const ORDER = { reason: 'the city moves', caller: CALLER };

describe('an operator', () => {
  let bench: ForwardingBench;
  let woken: string[];
  let destinations: ReturnType<typeof bindDestinations>;
  let replays: ReturnType<typeof bindReplays>;
  beforeEach(async () => {
    bench = await openForwardingBench();
    woken = [];
    const foundation = {
      site: { configuration: { destinations: [DESTINATION] } },
      storage: { database: bench.test.database },
      clock: () => bench.now,
      dispatcher: { wake: (queue: string, id: string) => Promise.resolve(void woken.push(`${queue} ${id}`)) },
    } as unknown as Foundation;
    destinations = bindDestinations(foundation);
    replays = bindReplays(foundation);
  });
  afterEach(() => bench.close());

  const stands = async (): Promise<Record<string, unknown>> =>
    (await destinations.listDestinations())[0] as Record<string, unknown>;
  const is = (code: string) => (error: unknown) => isGatewayError(error) && error.code === code;

  const audited = async (): Promise<unknown[]> => {
    const entries: unknown[] = [];
    for await (const { actor, action, object, details } of readAudit(bench.test.database))
      if (action.startsWith('destination.')) entries.push([actor, action, object, JSON.parse(details)]);
    return entries;
  };

  it('pauses a destination: what comes waits, and goes when it is resumed', async () => {
    await destinations.pauseDestination(DESTINATION.id, ORDER);
    await assert.rejects(destinations.pauseDestination(DESTINATION.id, ORDER), is('destination.paused'));
    await writeChunk(bench.test.database, { changes: firstVersions(5) });
    await bench.forwarder().work();
    assert.equal(bench.messages.length, 0);
    const seen = await stands();
    assert.deepEqual(seen['pending'], {
      records: 5,
      inFlight: 5,
      since: (seen['pending'] as { since: Date }).since,
    });
    assert.deepEqual(seen['paused'], { since: bench.now, by: 'operator:k', reason: 'the city moves' });
    await destinations.resumeDestination(DESTINATION.id, ORDER);
    await assert.rejects(destinations.resumeDestination(DESTINATION.id, ORDER), is('destination.running'));
    assert.deepEqual(woken, [`forward ${DESTINATION.id}`]);
    await bench.forwarder().work();
    assert.deepEqual(
      [bench.messages.flatMap(({ body }) => body).length, (await stands())['pending']],
      [5, { records: 0, inFlight: 0, since: null }],
    );
  });

  it('sees that one is parked, and has it tried at once', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(2) });
    bench.city.behave({ mode: 'deny' });
    await bench.forwarder().work();
    assert.deepEqual((await stands())['parked'], { since: bench.now, reason: 'http-401' });
    bench.city.behave({ mode: 'accept' });
    await destinations.resumeDestination(DESTINATION.id, { reason: undefined, caller: CALLER });
    await bench.forwarder().work();
    assert.deepEqual([(await stands())['parked'], (await stands())['failures']], [null, 0]);
    assert.equal(bench.messages.flatMap(({ body }) => body).length, 2);
  });

  it('is written down with the reason, and told where there is no such destination', async () => {
    await destinations.pauseDestination(DESTINATION.id, ORDER);
    await destinations.resumeDestination(DESTINATION.id, { reason: undefined, caller: CALLER });
    await assert.rejects(destinations.pauseDestination('nowhere', ORDER), is('destination.unknown'));
    await assert.rejects(destinations.resumeDestination('nowhere', ORDER), is('destination.unknown'));
    assert.deepEqual(await audited(), [
      ['operator:k', 'destination.paused', DESTINATION.id, { reason: 'the city moves' }],
      ['operator:k', 'destination.resumed', DESTINATION.id, { reason: null }],
    ]);
  });

  it('orders a replay once, with its entry in the audit log, sees how far it is, and cancels it', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(5) });
    await bench.forwarder().work();
    const id = randomUUID();
    const selection = { positions: { from: 2 }, agency: 'market-regulation' };
    assert.deepEqual(await replays.previewReplay(DESTINATION.id, selection), { changes: 4, superseded: 0 });
    const order = { id, selection, reason: 'lost', caller: CALLER };
    const ordered = await replays.orderReplay(DESTINATION.id, order);
    assert.deepEqual(
      [ordered.isNew, (await replays.orderReplay(DESTINATION.id, order)).isNew],
      [true, false],
    );
    assert.deepEqual(
      woken,
      Array.from({ length: 2 }, () => `forward ${DESTINATION.id}`),
    );
    const list = (await replays.listReplays(DESTINATION.id, { before: undefined, limit: 5 })) as {
      replays: Record<string, unknown>[];
    };
    assert.deepEqual(
      list.replays.map((each) => [each['id'], each['state'], each['changes'], each['by'], each['reason']]),
      [[id, 'planned', 4, 'operator:k', 'lost']],
    );
    const cancel = { id, reason: 'found', caller: CALLER };
    await replays.cancelReplay(DESTINATION.id, cancel);
    await assert.rejects(replays.cancelReplay(DESTINATION.id, cancel), is('replay.over'));
    await assert.rejects(
      replays.cancelReplay(DESTINATION.id, { ...cancel, id: undefined }),
      is('replay.unknown'),
    );
    await assert.rejects(
      replays.cancelReplay(DESTINATION.id, { ...cancel, id: randomUUID() }),
      is('replay.unknown'),
    );
    await assert.rejects(replays.orderReplay('nowhere', order), is('destination.unknown'));
    assert.deepEqual(await audited(), [
      [
        ...['operator:k', 'destination.replay-ordered', DESTINATION.id],
        { reason: 'lost', replay: id, agency: 'market-regulation', from: 2, changes: 4 },
      ],
      ['operator:k', 'destination.replay-cancelled', DESTINATION.id, { reason: 'found', replay: id }],
    ]);
  });

  it('lists replays a page at a time, the latest first', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(5) });
    await bench.forwarder().work();
    for (const from of [1, 2, 3])
      await replays.orderReplay(DESTINATION.id, {
        ...{ id: randomUUID(), selection: { positions: { from } }, reason: 'lost', caller: CALLER },
      });
    const page = async (
      before: number | undefined,
    ): Promise<{ replays: { changes: number }[]; next: number | null }> =>
      (await replays.listReplays(DESTINATION.id, { before, limit: 2 })) as never;
    const first = await page(undefined);
    const second = await page(first.next ?? 0);
    assert.deepEqual(
      [first, second].map((each) => each.replays.map(({ changes }) => changes)),
      [[3, 4], [5]],
    );
    assert.equal(second.next, null);
  });
});
