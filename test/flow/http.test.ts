// The front door of a whole gateway: what several callers do at once, what breaks off, what is revoked.
import assert from 'node:assert/strict';
import { get } from 'node:http';
import { json } from 'node:stream/consumers';
import { createKey, revokeKey } from '../../src/db/api-keys.js';
import { startTestGateway, type TestGateway } from '../helpers/gateway.js';
import { cleanPenalties } from '../helpers/penalties.js';
import { openRaw, readExchange } from '../helpers/raw-http.js';
import { until } from '../helpers/until.js';

const PATH = '/v1/sources/market-regulation-penalty/batches';

describe('the front door', () => {
  let run: TestGateway;
  before(async () => {
    run = await startTestGateway();
  });
  after(() => run.close());

  const port = (): number => Number(new URL(run.gateway.url).port);
  const head = (length: number, more = ''): string =>
    `POST ${PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${run.keyOf('market-regulation')}\r\n` +
    `Content-Type: text/csv\r\nContent-Length: ${length}\r\n${more}\r\n`;
  const count = async (table: 'batches' | 'idempotency_keys'): Promise<number> => {
    const { rows } = await run.test.database.query<{ n: number }>(`select count(*) as n from ${table}`);
    return rows[0]?.n ?? -1;
  };

  it('lets 200 readers wait for the feed without a connection to the database, and tells all of them at once', async () => {
    const READERS = 200;
    let sent = 0;
    let answered = 0;
    const readFeed = (): Promise<unknown[]> =>
      new Promise((resolve, reject) => {
        const headers = { authorization: `Bearer ${run.cityKey}` };
        const path = `${run.gateway.url}/v1/feeds/records?timeout=60000&lastEventId=0`;
        const request = get(path, { agent: false, headers }, (response) => {
          answered += 1;
          void json(response).then((events) => resolve(events as unknown[]), reject);
        });
        request.on('finish', () => (sent += 1)).on('error', reject);
      });
    const inUse = async (): Promise<number> => {
      const { rows } = await run.test.database.query<{ n: number }>(
        `select count(*) as n from pg_stat_activity
         where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()`,
      );
      return rows[0]?.n ?? -1;
    };
    const readers = Array.from({ length: READERS }, readFeed);
    await until(async () => sent === READERS && (await inUse()) === 0);
    assert.equal(answered, 0);
    // The pool has twelve: did each reader keep one, nobody else would be answered.
    assert.equal((await run.api('/v1/feeds/records', { key: run.operatorKey })).status, 200);
    await run.upload('market-regulation-penalty', cleanPenalties(1));
    for (const events of await Promise.all(readers)) assert.equal(events.length, 1);
  });

  it('makes one batch of many uploads with one Idempotency-Key at once, and answers 409 while it arrives', async () => {
    const before = await count('batches');
    const file = Buffer.from(cleanPenalties(3));
    const send = () =>
      run.api<{ id: string; code?: string }>(PATH, {
        method: 'POST',
        key: run.keyOf('market-regulation'),
        headers: { 'content-type': 'text/csv', 'idempotency-key': 'at-once' },
        body: file,
      });
    const raw = openRaw(port(), head(file.length, 'Idempotency-Key: at-once\r\n'));
    await until(async () => (await count('idempotency_keys')) === 1);
    for (const { status, body } of await Promise.all([send(), send(), send()]))
      assert.deepEqual([status, body.code], [409, 'idempotency.in-progress']);
    raw.socket.write(file);
    await until(() => raw.received().includes('"received"'));
    raw.socket.destroy();
    const { id } = JSON.parse(readExchange(raw.received(), { method: 'POST', path: PATH }).text) as {
      id: string;
    };
    for (const { status, body } of await Promise.all([send(), send(), send()]))
      assert.deepEqual([status, body.id], [202, id]);
    assert.equal(await count('batches'), before + 1);
  });

  it('stores nothing of an upload that breaks off, and frees its key', async () => {
    const [batches, keys] = [await count('batches'), await count('idempotency_keys')];
    const raw = openRaw(port(), head(1_000_000, 'Idempotency-Key: broken-off\r\n') + cleanPenalties(5));
    await until(async () => (await count('idempotency_keys')) === keys + 1);
    raw.socket.destroy();
    await until(async () => (await count('idempotency_keys')) === keys);
    assert.equal(await count('batches'), batches);
  });

  it('lets nobody in with a key that has been revoked', async () => {
    const now = new Date();
    const { id, key } = await createKey(run.test.database, { role: 'operator', agency: undefined, now });
    assert.equal((await run.api('/v1/feeds/records', { key })).status, 200);
    await revokeKey(run.test.database, id, now);
    assert.equal((await run.api('/v1/feeds/records', { key })).status, 401);
  });
});
