import assert from 'node:assert/strict';
import { Webhook } from 'standardwebhooks';
import { createLogger } from '../../../src/platform/logger.js';
import { startAgencies, type SimulatedAgencies } from '../../../src/sandbox/agencies.js';
import { until } from '../../helpers/until.js';

const SECRET = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
const PAYLOAD = JSON.stringify({
  type: 'notice.issued',
  data: { noticeId: 'n/1', measure: 'key-supervision' },
});

describe('a simulated agency', () => {
  let agencies: SimulatedAgencies;
  let posted: { agency: string; path: string; body: unknown }[];
  let statuses: number[];

  beforeEach(async () => {
    posted = [];
    statuses = [];
    agencies = await startAgencies({
      agencies: [{ id: 'courts', webhookSecret: SECRET }],
      clock: () => new Date('2026-06-30T04:00:00Z'),
      log: createLogger('silent'),
      post: (agency, path, body) => {
        posted.push({ agency, path, body });
        return Promise.resolve(statuses.shift() ?? 200);
      },
    });
  });
  afterEach(() => agencies.stop());

  async function deliver(
    changes: { secret?: string; at?: Date; body?: string; id?: string } = {},
  ): Promise<number> {
    const { secret = SECRET, at = new Date(), body = PAYLOAD, id = 'd-1' } = changes;
    const answer = await fetch(agencies.endpointOf('courts')?.url ?? '', {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': new Webhook(secret).sign(id, at, PAYLOAD),
      },
      body,
    });
    return answer.status;
  }

  it('takes a genuine notice, acknowledges it and then feeds back', async () => {
    assert.equal(await deliver(), 204);
    await until(() => posted.length === 2);
    assert.deepEqual(
      posted.map((each) => each.path),
      ['/v1/notices/n%2F1/acknowledgement', '/v1/notices/n%2F1/feedback'],
    );
    assert.deepEqual((posted[1]?.body as { outcome: string }).outcome, 'acted');
    assert.deepEqual(agencies.takenBy('courts'), [
      { deliveryId: 'd-1', noticeId: 'n/1', measure: 'key-supervision' },
    ]);
  });

  it('acts once on a notice that arrives twice', async () => {
    assert.equal(await deliver(), 204);
    assert.equal(await deliver(), 204);
    await until(() => posted.length === 2);
    await agencies.stop();
    assert.equal(posted.length, 2);
  });

  it('refuses a wrong signature, changed bytes and an old timestamp', async () => {
    assert.equal(await deliver({ secret: `whsec_${Buffer.alloc(32, 4).toString('base64')}` }), 401);
    assert.equal(await deliver({ body: PAYLOAD.replace('n/1', 'n/2') }), 401);
    assert.equal(await deliver({ at: new Date(Date.now() - 600_000) }), 401);
    assert.deepEqual(agencies.takenBy('courts'), []);
  });

  it('tries again when the gateway does not hear it', async () => {
    statuses = [503, 200, 200];
    await deliver();
    await until(() => posted.length === 3);
    assert.equal(posted[0]?.path, posted[1]?.path);
  });

  it('misbehaves as told', async () => {
    for (const [behaviour, status] of [
      ['fail', 500],
      ['gone', 410],
      ['redirect', 307],
    ] as const) {
      agencies.tell('courts', behaviour);
      assert.equal(await deliver(), status);
    }
    agencies.tell('courts', 'stay-silent');
    assert.equal(await deliver(), 204);
    assert.deepEqual(posted, []);
  });
});
