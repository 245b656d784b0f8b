import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalDigest } from '../../../src/core/canonical-json.js';
import { createLogger } from '../../../src/platform/logger.js';
import { startSandboxCity, type SandboxCity } from '../../../src/sandbox/city.js';
import { createTemporaryFolder, type TemporaryFolder } from '../../helpers/temporary-folder.js';

const TOKEN = 'city-token';

interface Answer {
  readonly errorCode: string;
  readonly receiptId?: string;
  readonly receivedAt?: string;
  readonly failures?: readonly { index: number; code: string }[];
}

interface Record_ {
  readonly id: string;
  readonly version: number;
  readonly operation: string;
  readonly digest: string;
  readonly data: Record<string, string>;
}

const record = (
  id: string,
  version: number,
  data: Record<string, string> = { CF_WSH: `${id}-${version}` },
): Record_ => ({
  id,
  version,
  operation: 'upsert',
  digest: canonicalDigest(data),
  data,
});
const removal = (id: string, version: number): Record_ => ({
  id,
  version,
  operation: 'delete',
  digest: canonicalDigest({}),
  data: {},
});

describe('the simulated city', () => {
  let folder: TemporaryFolder;
  let city: SandboxCity;
  let now: Date;

  const start = async (): Promise<void> => {
    city = await startSandboxCity({
      folder: folder.path,
      token: TOKEN,
      clock: () => now,
      log: createLogger('silent'),
    });
  };
  const call = (
    path: string,
    options: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
  ) =>
    fetch(`${city.url}${path}`, {
      method: options.method ?? 'GET',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...options.headers },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
  const post = async (
    body: readonly Record_[],
    messageId: string = randomUUID(),
    resend = false,
  ): Promise<Answer> => {
    const message = {
      messageId,
      tableCode: 'XZCF',
      tableVersion: '2020',
      departmentCode: '12120116MB0CCC122Q',
      ...(resend ? { resend } : {}),
      body,
    };
    const answer = await call('/records', {
      method: 'POST',
      body: message,
      headers: { 'idempotency-key': messageId },
    });
    return (await answer.json()) as Answer;
  };

  beforeEach(async () => {
    folder = createTemporaryFolder();
    now = new Date('2026-06-30T15:59:00Z');
    await start();
  });
  afterEach(async () => {
    await city.stop();
    folder.remove();
  });

  it('asks for the token everywhere', async () => {
    for (const path of ['/records', '/notices', '/reconciliation?date=2026-06-30', '/feedback', '/control'])
      assert.equal((await fetch(`${city.url}${path}`)).status, 401, path);
  });

  it('gives a message that comes again its first receipt', async () => {
    const first = await post([record('a', 1)], 'm1');
    now = new Date('2026-07-01T00:00:00Z');
    assert.deepEqual(await post([record('a', 1)], 'm1'), first);
    assert.equal(city.summary().versions, 1);
    assert.equal(city.summary().repeatedMessages, 1);
  });

  it('takes the same id and version again as success and holds it once', async () => {
    await post([record('a', 1)]);
    assert.equal((await post([record('a', 1)])).errorCode, '200');
    assert.equal(city.summary().versions, 1);
  });

  it('refuses single records whose digest is wrong and takes the rest', async () => {
    const answer = await post([
      record('a', 1),
      { ...record('b', 1), digest: '0'.repeat(64) },
      removal('c', 2),
    ]);
    assert.deepEqual(
      answer.failures?.map(({ index, code }) => ({ index, code })),
      [{ index: 1, code: '4002' }],
    );
    assert.deepEqual([...city.records.keys()], ['a', 'c']);
  });

  it('counts the digest over masked data where the numbers are shown', async () => {
    const shown = { CF_XDR_ZJHM: '11010519491231002X', CF_SY: '张三，11010519491231002X。' };
    const masked = { CF_XDR_ZJHM: '110*************2X', CF_SY: '张三，110*************2X。' };
    const answer = await post([
      { ...record('a', 1, shown), digest: canonicalDigest(masked) },
      record('b', 1, masked),
    ]);
    assert.deepEqual(answer.failures, []);
  });

  it('refuses a message of the wrong shape, under another key, or with a record twice', async () => {
    assert.equal((await post([])).errorCode, '400');
    assert.equal((await post([record('a', 1), record('a', 2)])).errorCode, '400');
    const odd = await call('/records', { method: 'POST', body: {}, headers: { 'idempotency-key': 'x' } });
    assert.equal(((await odd.json()) as Answer).errorCode, '400');
  });

  it('goes on with its ledger after a restart, and forgets a line that was torn', async () => {
    const first = await post([record('a', 1)], 'm1');
    await city.offerNotice({ noticeId: 'N-1' });
    await call('/notices/N-1/feedback', {
      method: 'POST',
      body: { outcome: 'acted' },
      headers: { 'idempotency-key': 'k' },
    });
    await city.stop();
    const file = join(folder.path, 'city-ledger.ndjson');
    appendFileSync(file, '{"kind":"message","messageId":"m2","lines":[["b"');
    await start();
    assert.deepEqual(await post([record('a', 1)], 'm1'), first);
    assert.equal(city.summary().records, 1);
    assert.equal(city.feedback().length, 1);
    assert.equal((await post([record('b', 1)], 'm2')).errorCode, '200');
    assert.equal(readFileSync(file, 'utf8').split('\n').filter(Boolean).length, 4);
  });

  it('reconciles by the day of Asia/Shanghai, in bytewise order', async () => {
    await post([record('b', 1), record('a', 1)]);
    now = new Date('2026-06-30T16:00:00Z');
    await post([removal('a', 2)]);
    const day = async (query: string): Promise<unknown> => (await call(`/reconciliation?${query}`)).json();
    const lines = [record('a', 1), record('b', 1)].map(
      ({ id, version, digest }) => `${id},${version},upsert,${digest}`,
    );
    const { hash } = await import('node:crypto');
    const digest = hash('sha256', `${lines.join('\n')}\n`, 'hex');
    assert.deepEqual(await day('date=2026-06-30'), {
      date: '2026-06-30',
      tables: [{ tableCode: 'XZCF', upserts: 2, deletes: 0, digest }],
    });
    const next = (await day('date=2026-07-01')) as { tables: { deletes: number }[] };
    assert.equal(next.tables[0]?.deletes, 1);
    assert.deepEqual(await day('date=2026-06-30&tableCode=XZCF&limit=1'), {
      date: '2026-06-30',
      tableCode: 'XZCF',
      lines: lines.slice(0, 1),
      next: lines[0],
    });
    assert.deepEqual(await day(`date=2026-06-30&tableCode=XZCF&limit=1&after=${lines[0]}`), {
      date: '2026-06-30',
      tableCode: 'XZCF',
      lines: lines.slice(1),
      next: null,
    });
  });

  it('puts a resend in the place of what it holds, on the day on which the resend came', async () => {
    await post([record('a', 1), record('b', 1)], 'm1');
    now = new Date('2026-06-30T16:00:00Z');
    await post([record('a', 1)], 'again');
    const other = record('b', 1, { CF_WSH: 'other' });
    await post([other], 'resent', true);
    const lines = async (date: string): Promise<string[]> =>
      ((await (await call(`/reconciliation?date=${date}&tableCode=XZCF`)).json()) as { lines: string[] })
        .lines;
    assert.deepEqual(await lines('2026-06-30'), [`a,1,upsert,${record('a', 1).digest}`]);
    assert.deepEqual(await lines('2026-07-01'), [`b,1,upsert,${other.digest}`]);
    const { versions, conflicts } = city.summary();
    assert.deepEqual({ versions, conflicts }, { versions: 2, conflicts: 0 });
  });

  it('loses and alters records as told, and answers that all is well', async () => {
    const control = (mode: string, id: string) =>
      call('/control', { method: 'POST', body: { mode, refuseIds: [id], times: 1 } });
    await control('lose-records', 'a');
    assert.deepEqual((await post([record('a', 1), record('b', 1)])).failures, []);
    await control('alter-records', 'd');
    assert.deepEqual((await post([record('c', 1), record('d', 1)])).failures, []);
    assert.deepEqual(
      [...city.records].map(([id, [held]]) => [id, held?.digest === record(id, 1).digest]),
      [
        ['b', true],
        ['c', true],
        ['d', false],
      ],
    );
  });

  it('serves its notices after an event, and wakes a reader that waits', async () => {
    await city.offerNotice({ noticeId: 'N-1' });
    const page = (await (await call('/notices')).json()) as { id: string; data: unknown }[];
    assert.deepEqual(
      page.map(({ id, data }) => ({ id, data })),
      [{ id: '1', data: { noticeId: 'N-1' } }],
    );
    const waiting = call('/notices?lastEventId=1&timeout=10000');
    await call('/ledger');
    await city.offerNotice({ noticeId: 'N-2' });
    assert.equal(((await (await waiting).json()) as unknown[]).length, 1);
    assert.equal((await call('/notices?lastEventId=9')).status, 400);
    assert.deepEqual(await (await call('/notices?lastEventId=2&timeout=1')).json(), []);
  });

  it('keeps a feedback once by its key', async () => {
    const give = (): Promise<Response> =>
      call('/notices/N-1/feedback', {
        method: 'POST',
        body: { outcome: 'acted' },
        headers: { 'idempotency-key': 'k' },
      });
    await give();
    assert.equal((await give()).status, 200);
    assert.deepEqual(
      city.feedback().map(({ noticeId, body }) => ({ noticeId, body })),
      [{ noticeId: 'N-1', body: { outcome: 'acted' } }],
    );
  });

  it('denies feedback alone for as many as told', async () => {
    const give = async (): Promise<number> =>
      (
        await call('/notices/N-1/feedback', {
          method: 'POST',
          body: { outcome: 'acted' },
          headers: { 'idempotency-key': 'f1' },
        })
      ).status;
    await call('/control', { method: 'POST', body: { mode: 'deny-feedback', times: 2 } });
    assert.equal((await post([record('a', 1)], 'm1')).errorCode, '200');
    assert.deepEqual([await give(), await give()], [403, 403]);
    assert.equal((await post([record('a', 2)], 'm2')).errorCode, '200');
    assert.equal(await give(), 200);
  });

  it('misbehaves as told for as many messages as told', async () => {
    const status = async (): Promise<number> => (await call('/records', { method: 'POST', body: {} })).status;
    await call('/control', { method: 'POST', body: { mode: 'too-many', times: 2, retryAfterSeconds: 7 } });
    const first = await call('/records', { method: 'POST', body: {} });
    assert.equal(first.headers.get('retry-after'), '7');
    assert.deepEqual([first.status, await status(), await status()], [429, 429, 200]);
    city.behave({ mode: 'lose-answer', times: 1 });
    await assert.rejects(post([record('a', 1)], 'm1'));
    assert.equal(city.summary().versions, 1);
    await call('/control', {
      method: 'POST',
      body: { mode: 'refuse-records', refuseIds: ['b'], code: 'E7' },
    });
    assert.deepEqual(
      (await post([record('b', 1), record('c', 1)])).failures?.map(({ index, code }) => [index, code]),
      [[0, 'E7']],
    );
  });
});
