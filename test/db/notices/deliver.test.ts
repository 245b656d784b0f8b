import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { claimDelivery, dueDeliveries } from '../../../src/db/notice-deliveries.js';
import { createHttpClient, type HttpClientOptions } from '../../../src/platform/http-client.js';
import { acceptNotice } from '../../../src/notices/accept.js';
import { deliverNotice, type DeliverDeps } from '../../../src/notices/deliver.js';
import { ID_NUMBER, organisationNotice, personNotice } from '../../unit/notices/sample-notice.js';
import {
  clearNotices,
  createNoticeFixture,
  deliveriesOf,
  entriesOf,
  stepsOf,
  withoutAuditLog,
  type NoticeFixture,
} from './notice-fixture.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const SETTINGS = { timeoutMs: 300, waitsMs: [1000, 60_000], maxRetryAfterMs: 120_000, allowedRanges: [] };
const LOCAL = ['127.0.0.0/8', '::1/128'];
const NOTICE = { measure: 'key-supervision' };

interface Received {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

describe('delivering a notice', () => {
  let fixture: NoticeFixture;
  let server: Server;
  let base: string;
  let errors: string[];
  const received: Received[] = [];
  const closings: (() => void)[] = [];
  const client = clientFor({ allowedRanges: LOCAL });

  function clientFor(options: Partial<HttpClientOptions>): DeliverDeps['send'] {
    const { send, close } = createHttpClient({ maxAnswerBytes: 65_536, ...options });
    closings.push(close);
    return send;
  }

  before(async () => {
    fixture = await createNoticeFixture();
    server = createServer((request, response) => void answerAsTold(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(async () => {
    await clearNotices(fixture.database);
    received.length = 0;
    errors = [];
  });
  after(async () => {
    for (const close of closings) close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await fixture.drop();
  });

  /** The path says what the endpoint does. */
  async function answerAsTold(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = request.url ?? '';
    received.push({ url, headers: request.headers, body: Buffer.concat(chunks).toString() });
    if (url === '/hang') return;
    if (url === '/redirect') response.setHeader('location', '/204');
    if (url === '/503') response.setHeader('retry-after', '90');
    response.statusCode = url === '/redirect' ? 302 : Number(url.slice(1));
    response.end();
  }

  function deps(behaviour: string | undefined, changes: Partial<DeliverDeps> = {}): DeliverDeps {
    const log = {
      ...fixture.deps.log,
      info: () => undefined,
      error: (_: unknown, text: string) => errors.push(text),
    };
    return {
      ...fixture.deps,
      log: log as unknown as DeliverDeps['log'],
      send: (request) => client(request),
      settings: SETTINGS,
      endpointOf: () =>
        behaviour === undefined ? undefined : { url: `${base}/${behaviour}`, secret: SECRET },
      ...changes,
    };
  }

  async function issue(changes: Record<string, unknown> = {}): Promise<string> {
    await acceptNotice(organisationNotice({ ...NOTICE, ...changes }), fixture.deps);
    const due = await dueDeliveries(fixture.database, fixture.time.now);
    return due.at(-1) as string;
  }

  async function onlyDelivery() {
    const [delivery] = await deliveriesOf(fixture.database);
    assert.ok(delivery);
    return { ...delivery, waitMs: delivery.dueAt.getTime() - fixture.time.now.getTime() };
  }

  it('is a signed Standard Webhook whose receiver can verify it', async () => {
    fixture.time.now = new Date();
    const id = await issue({ period: { from: '2026-06-10', to: '2099-12-31' } });
    await deliverNotice(id, deps('204'));
    const { headers, body } = received[0] as Received;
    const payload = new Webhook(SECRET).verify(body, headers as Record<string, string>) as {
      type: string;
      data: Record<string, unknown>;
    };
    assert.equal(payload.type, 'notice.issued');
    assert.equal(payload.data['noticeId'], 'TJ-2026-0001');
    assert.equal(payload.data['deliveryId'], id);
    assert.equal(headers['webhook-id'], id);
    const forged = new Webhook(`whsec_${Buffer.alloc(32, 8).toString('base64')}`);
    assert.throws(() => forged.verify(body, headers as Record<string, string>));
    fixture.time.now = new Date('2026-06-30T04:00:00Z');
  });

  it('is done after any 2xx, and happens once', async () => {
    const id = await issue();
    await Promise.all([deliverNotice(id, deps('204')), deliverNotice(id, deps('204'))]);
    await deliverNotice(id, deps('204'));
    assert.equal(received.length, 1);
    assert.equal((await onlyDelivery()).state, 'delivered');
    assert.deepEqual((await stepsOf(fixture.database, 'TJ-2026-0001')).slice(3), [
      'delivery-attempted market-regulation',
      'delivered market-regulation',
    ]);
  });

  it('is in the audit log where it ended, once, and not settled without it', async () => {
    const ended = async (noticeId: string): Promise<unknown[]> => {
      const all = await entriesOf(fixture.database, noticeId);
      return all.filter(([action]) => action !== 'notice.accepted');
    };
    const begin = fixture.time.now.getTime();
    const ids = ['delivered', 'gone', 'fetched'].map((each) => `${each}-${begin}`);
    const [delivered, gone, fetched] = ids as [string, string, string];
    const id = await issue({ noticeId: delivered });
    await withoutAuditLog(fixture.database, () =>
      assert.rejects(deliverNotice(id, deps('204')), { code: 'audit.unavailable' }),
    );
    assert.equal((await onlyDelivery()).state, 'due');
    fixture.later(60_000);
    await deliverNotice(id, deps('500'));
    fixture.later(60_000);
    await deliverNotice(id, deps('204'));
    const agency = 'market-regulation';
    assert.deepEqual(await ended(delivered), [
      ['notice.delivered', 'gateway', { agency, attempt: 3, deliveryId: id }],
    ]);
    const second = await issue({ noticeId: gone });
    await deliverNotice(second, deps('410'));
    const third = await issue({ noticeId: fetched });
    await deliverNotice(third, deps(undefined));
    const put = (deliveryId: string, why: string): unknown[] => [
      ['notice.put-in-mailbox', 'gateway', { agency, attempt: 1, deliveryId, why }],
    ];
    assert.deepEqual(await ended(gone), put(second, 'gone'));
    assert.deepEqual(await ended(fetched), put(third, 'no-endpoint'));
  });

  it('holds no ID number', async () => {
    await acceptNotice(personNotice(NOTICE), fixture.deps);
    await deliverNotice((await onlyDelivery()).id, deps('200'));
    assert.equal(received.length, 1);
    assert.ok(!received[0]?.body.includes(ID_NUMBER));
    assert.ok(received[0]?.body.includes('张三'));
  });

  it('is tried again after the wait under the same id with a fresh timestamp, then waits in the mailbox', async () => {
    const id = await issue();
    await deliverNotice(id, deps('500'));
    assert.deepEqual(await dueDeliveries(fixture.database, fixture.time.now), []);
    assert.equal((await onlyDelivery()).waitMs, 1000);
    await deliverNotice(id, deps('500'));
    assert.equal(received.length, 1);
    fixture.later(1000);
    assert.deepEqual(await dueDeliveries(fixture.database, fixture.time.now), [id]);
    await deliverNotice(id, deps('500'));
    fixture.later(60_000);
    await deliverNotice(id, deps('500'));
    fixture.later(1e9);
    await deliverNotice(id, deps('500'));
    assert.equal(received.length, 3);
    assert.equal(new Set(received.map((each) => each.headers['webhook-id'])).size, 1);
    assert.equal(new Set(received.map((each) => each.headers['webhook-timestamp'])).size, 3);
    assert.equal((await onlyDelivery()).state, 'mailbox');
    assert.deepEqual(errors, ['Notice waits in the mailbox']);
    const { rows } = await fixture.database.query(
      'select attempt, http_status, error from delivery_attempts order by 1',
    );
    assert.deepEqual(
      rows,
      [1, 2, 3].map((attempt) => ({ attempt, http_status: 500, error: 'http-500' })),
    );
    fixture.time.now = new Date('2026-06-30T04:00:00Z');
  });

  it('waits as long as Retry-After asks', async () => {
    await deliverNotice(await issue(), deps('503'));
    assert.equal((await onlyDelivery()).waitMs, 90_000);
  });

  it('does not wait for an endpoint beyond the time-out', async () => {
    await deliverNotice(await issue(), deps('hang'));
    assert.equal((await onlyDelivery()).state, 'due');
    const { rows } = await fixture.database.query('select http_status, error from delivery_attempts');
    assert.deepEqual(rows, [{ http_status: null, error: 'time-out' }]);
  });

  it('to a hanging endpoint delays no other', async () => {
    await acceptNotice(organisationNotice({ measure: 'restrict-honours' }), fixture.deps);
    const [dead, alive] = await deliveriesOf(fixture.database);
    const endpointOf = (agency: string) => ({
      url: `${base}/${agency === dead?.agency ? 'hang' : '204'}`,
      secret: SECRET,
    });
    const hanging = deliverNotice(
      dead?.id as string,
      deps('', { endpointOf, settings: { ...SETTINGS, timeoutMs: 3000 } }),
    );
    await deliverNotice(alive?.id as string, deps('', { endpointOf }));
    assert.deepEqual(
      (await deliveriesOf(fixture.database)).map((each) => each.state),
      ['due', 'delivered'],
    );
    server.closeAllConnections();
    await hanging;
  });

  it('follows no redirect', async () => {
    await deliverNotice(await issue(), deps('redirect'));
    assert.deepEqual(
      received.map((each) => each.url),
      ['/redirect'],
    );
    assert.equal((await onlyDelivery()).state, 'due');
  });

  it('ends at once at an endpoint that is gone, which is told once and never called again', async () => {
    await deliverNotice(await issue(), deps('410'));
    assert.equal((await onlyDelivery()).state, 'mailbox');
    await deliverNotice(await issue({ noticeId: 'second' }), deps('410'));
    assert.equal(received.length, 1);
    assert.deepEqual(errors, ['The endpoint is gone and will not be called again']);
    await deliverNotice(await issue({ noticeId: 'third' }), deps('204'));
    assert.equal(received.length, 2, 'a new address is tried');
  });

  it('goes to the mailbox at once where the agency has no endpoint', async () => {
    await deliverNotice(await issue(), deps(undefined));
    assert.equal((await onlyDelivery()).state, 'mailbox');
    assert.equal(
      (await stepsOf(fixture.database, 'TJ-2026-0001')).at(-1),
      'put-in-mailbox market-regulation',
    );
    assert.deepEqual(errors, []);
  });

  it('goes to the mailbox at once where the address may not be called, and nothing is sent there', async () => {
    const send = clientFor({ allowedRanges: [] });
    const port = new URL(base).port;
    const hosts = ['127.0.0.1', 'localhost', '0x7f000001', '2130706433', '[::ffff:127.0.0.1]', '0.0.0.0'];
    for (const host of hosts) {
      const id = await issue({ noticeId: `to-${hosts.indexOf(host)}` });
      const endpointOf = () => ({ url: `http://${host}:${port}/204`, secret: SECRET });
      await deliverNotice(id, deps('', { send, endpointOf }));
    }
    assert.equal(received.length, 0);
    assert.deepEqual(
      (await deliveriesOf(fixture.database)).map((each) => each.state),
      hosts.map(() => 'mailbox'),
    );
    const { rows } = await fixture.database.query<{ error: string }>(
      'select distinct error from delivery_attempts',
    );
    assert.deepEqual(rows, [{ error: 'address.not-allowed' }]);
  });

  it('goes to the mailbox at once where the secret is unusable', async () => {
    const endpointOf = () => ({ url: `${base}/204`, secret: 'whsec_!' });
    await deliverNotice(await issue(), deps('', { endpointOf }));
    assert.equal((await onlyDelivery()).state, 'mailbox');
    assert.equal(received.length, 0);
    assert.deepEqual(errors, ['Notice waits in the mailbox']);
  });

  it('is taken over when a worker died with it, whose late answer changes nothing', async () => {
    const id = await issue();
    const now = fixture.time.now;
    const until = new Date(now.getTime() + 1000);
    const token = '00000000-0000-4000-8000-000000000001';
    assert.ok(await claimDelivery(fixture.database, { id, token, now, until }));
    await deliverNotice(id, deps('204'));
    assert.equal(received.length, 0, 'the claim holds');
    fixture.later(1000);
    const slow: DeliverDeps['send'] = async (request) => {
      fixture.later(60_000);
      await deliverNotice(id, deps('204'));
      await client({ ...request, url: `${base}/500` });
      return { status: 500, headers: {}, body: '' };
    };
    await deliverNotice(id, deps('500', { send: slow }));
    assert.equal((await onlyDelivery()).state, 'delivered');
    assert.deepEqual(await dueDeliveries(fixture.database, new Date('2099-01-01')), []);
    fixture.time.now = new Date('2026-06-30T04:00:00Z');
  });
});
