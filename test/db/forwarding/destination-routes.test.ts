// What an operator sees of a destination and orders about it; each order is in the audit log with its reason.
import assert from 'node:assert/strict';
import { bindDestinations } from '../../../src/app/destination-pauses.js';
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
  beforeEach(async () => {
    bench = await openForwardingBench();
    woken = [];
    destinations = bindDestinations({
      site: { configuration: { destinations: [DESTINATION] } },
      storage: { database: bench.test.database },
      clock: () => bench.now,
      dispatcher: { wake: (queue: string, id: string) => Promise.resolve(void woken.push(`${queue} ${id}`)) },
    } as unknown as Foundation);
  });
  afterEach(() => bench.close());

  const stands = async (): Promise<Record<string, unknown>> =>
    (await destinations.listDestinations())[0] as Record<string, unknown>;
  const is = (code: string) => (error: unknown) => isGatewayError(error) && error.code === code;

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
    const entries: unknown[] = [];
    for await (const { actor, action, object, details } of readAudit(bench.test.database))
      if (action.startsWith('destination.')) entries.push([actor, action, object, JSON.parse(details)]);
    assert.deepEqual(entries, [
      ['operator:k', 'destination.paused', DESTINATION.id, { reason: 'the city moves' }],
      ['operator:k', 'destination.resumed', DESTINATION.id, { reason: null }],
    ]);
  });
});
