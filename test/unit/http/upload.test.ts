import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { buffer } from 'node:stream/consumers';
import { GatewayError } from '../../../src/core/errors.js';
import { upload, type Answer } from '../../helpers/api.js';
import { BATCH_ID, KEYS, startFakeGateway, type FakeGateway } from '../../helpers/fake-gateway.js';
import { openRaw, readExchange } from '../../helpers/raw-http.js';
import { createOpenapiCheck } from '../../helpers/openapi-check.js';
import { until } from '../../helpers/until.js';

const SOURCE = 'market-regulation-penalty';
const PATH = `/v1/sources/${SOURCE}/batches`;
const key = KEYS.agency;

describe('an upload', () => {
  let run: FakeGateway;
  before(async () => {
    run = await startFakeGateway();
  });
  after(() => run.server.stop());

  const send = (headers: Record<string, string>, body: string | Buffer = 'a\n1\n'): Promise<Answer> =>
    upload(run.api, SOURCE, { key, headers, body });
  const last = () => run.received.at(-1);

  it('is answered with 202, its id and where its account is', async () => {
    const answer = await send({});
    assert.equal(answer.status, 202);
    assert.deepEqual(answer.body, { id: BATCH_ID, status: 'received' });
    assert.equal(answer.headers.get('location'), `/v1/batches/${BATCH_ID}`);
  });

  it('hands on its bytes as they are, its charset, digests and key', async () => {
    const bytes = Buffer.from([0xff, 0x00, 0x0d, 0x0a, 0xb9, 0xfa]);
    const digest = createHash('sha256').update(bytes).digest('base64');
    await send(
      {
        'content-type': 'Text/CSV; Charset="GB18030"',
        'content-digest': `sha-256=:${digest}:`,
        'idempotency-key': 'k1',
      },
      bytes,
    );
    const { sourceId, charset, expectedDigests, idempotencyKey } = last()!.upload;
    const handed = { sourceId, charset, expectedDigests, idempotencyKey };
    assert.deepEqual(handed, {
      sourceId: SOURCE,
      charset: 'GB18030',
      expectedDigests: new Map([['sha-256', digest]]),
      idempotencyKey: 'k1',
    });
    assert.deepEqual(last()?.bytes, bytes);
  });

  for (const [type, format] of [
    ['text/csv', 'csv'],
    ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx'],
    ['application/json; charset=utf-8', 'json'],
    ['application/x-ndjson', 'ndjson'],
    ['application/ndjson', 'ndjson'],
    ['application/xml', 'xml'],
    ['Text/XML;charset=gbk', 'xml'],
    ['application/octet-stream', undefined],
  ] as const)
    it(`of ${type} claims to be ${format ?? 'nothing'}`, async () => {
      assert.equal((await send({ 'content-type': type })).status, 202);
      assert.equal(last()?.upload.format, format);
    });

  it('may be empty here: whether a file has rows is found out where it is read', async () => {
    assert.equal((await send({}, '')).status, 202);
    assert.equal(last()?.bytes.length, 0);
  });

  for (const [what, headers] of [
    ['a web page', { 'content-type': 'text/html' }],
    ['text, where it is no form', { 'content-type': 'text/plain' }],
    ['a form of another kind', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a type that begins alike', { 'content-type': 'text/csv-schema' }],
    ['an unknown charset', { 'content-type': 'text/csv; charset=ebcdic' }],
    ['gzip', { 'content-encoding': 'gzip' }],
    ['a bundle of another kind', { 'content-type': 'multipart/mixed; boundary=b' }],
    ['two encodings', { 'content-encoding': 'identity, br' }],
  ] as const)
    it(`is refused as ${what}`, async () => {
      const before = run.received.length;
      const answer = await send(headers);
      assert.deepEqual([answer.status, answer.body['code']], [415, 'upload.type-not-supported']);
      assert.ok((answer.body['supported'] as string[]).length > 0);
      assert.equal(run.received.length, before);
    });

  it('is refused without a content type', async () => {
    const raw = openRaw(
      run.port,
      `POST ${PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Length: 1\r\nConnection: close\r\n\r\na`,
    );
    assert.equal(readExchange(await raw.closed, { method: 'POST', path: PATH }).status, 415);
  });

  for (const [what, value] of [
    ['of 256 characters', 'k'.repeat(256)],
    ['with a space', 'a b'],
    ['with a tab', 'a\tb'],
    ['that is empty', ''],
    ['in Latin-1', 'é'],
  ] as const)
    it(`is refused with an Idempotency-Key ${what}`, async () => {
      const answer = await send({ 'idempotency-key': value });
      assert.deepEqual(
        [answer.status, answer.body['code'], answer.body['header']],
        [400, 'request.malformed', 'Idempotency-Key'],
      );
    });

  it('takes an Idempotency-Key of 255 characters', async () => {
    assert.equal((await send({ 'idempotency-key': 'k'.repeat(255) })).status, 202);
  });

  it('is refused with a malformed Content-Digest', async () => {
    const answer = await send({ 'content-digest': 'sha-256=abc' });
    assert.deepEqual([answer.status, answer.body['header']], [400, 'Content-Digest']);
  });

  it('is refused by its announced length before a byte of it is read', async () => {
    const before = run.received.length;
    const answer = await send({}, Buffer.alloc(1001));
    assert.deepEqual(
      [answer.status, answer.body['code'], answer.body['maxBytes']],
      [413, 'upload.too-large', 1000],
    );
    assert.equal(run.received.length, before);
  });

  it('judges key, source, type and headers in this order', async () => {
    const wrong = { 'content-type': 'text/html', 'idempotency-key': 'a b' };
    const to = (source: string, as: string | undefined, headers = wrong): Promise<Answer> =>
      upload(run.api, source, { key: as, headers, body: Buffer.alloc(1001) });
    assert.equal((await to('unknown', undefined)).body['code'], 'auth.key-required');
    assert.equal((await to('unknown', KEYS.city)).body['code'], 'auth.not-permitted');
    assert.equal((await to('unknown', key)).body['code'], 'source.unknown');
    assert.equal((await to(SOURCE, KEYS.otherAgency)).body['code'], 'source.unknown');
    assert.equal((await to(SOURCE, key)).body['code'], 'upload.type-not-supported');
    assert.equal(
      (await to(SOURCE, key, { ...wrong, 'content-type': 'text/csv' })).body['code'],
      'upload.too-large',
    );
  });

  for (const id of ['..%2f..%2fetc%2fpasswd', '%00', 'a%2fb', "x'%20or%201=1", '%E5%A4%A9', '__proto__'])
    it(`knows no source ${id}`, async () => {
      const answer = await upload(run.api, id, { key, body: 'a' });
      assert.deepEqual([answer.status, answer.body['code']], [404, 'source.unknown']);
      assert.ok(!answer.text.includes('passwd'));
    });
});

describe('a refused upload', () => {
  const check = createOpenapiCheck();
  const tooLarge = async (): Promise<never> => {
    throw new GatewayError('upload.too-large', 'Too large.', { details: { maxBytes: 1 } });
  };

  /** Sends a whole body as a client that reads nothing before it has sent all; gives the status. */
  const sendAll = async (port: number, headers: Record<string, string>, bytes: number): Promise<number> => {
    const lines = Object.entries({ host: 'x', 'content-length': String(bytes), ...headers });
    const head = `POST ${PATH} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
    const socket = net.connect({ port, host: '127.0.0.1' });
    socket.write(head);
    const piece = Buffer.alloc(65_536);
    for (let left = bytes; left > 0; left -= piece.length)
      if (!socket.write(piece.subarray(0, left))) await once(socket, 'drain');
    const answer = (await buffer(socket)).toString();
    return readExchange(answer, { method: 'POST', path: PATH }).status;
  };
  const type = { 'content-type': 'text/csv', connection: 'close' };

  it('is taken in to its end before the connection closes, whatever refuses it', async () => {
    const source = (id: string) => ({ id, agency: 'market-regulation', maxUploadBytes: 50_000_000 });
    const run = await startFakeGateway({ source, receiveBatch: tooLarge });
    const bytes = 20_000_000;
    try {
      const authorization = `Bearer ${key}`;
      assert.equal(await sendAll(run.port, { ...type, authorization }, bytes), 413);
      assert.equal(
        await sendAll(run.port, { ...type, authorization, 'content-type': 'text/html' }, bytes),
        415,
      );
      assert.equal(await sendAll(run.port, type, bytes), 401);
    } finally {
      await run.server.stop();
    }
  });

  it('is taken in after it was read in part, too', async () => {
    const source = (id: string) => ({ id, agency: 'market-regulation', maxUploadBytes: 50_000_000 });
    const run = await startFakeGateway({
      source,
      receiveBatch: async ({ body }) => {
        await once(body, 'readable');
        body.read(1);
        body.destroy();
        return tooLarge();
      },
    });
    try {
      assert.equal(await sendAll(run.port, { ...type, authorization: `Bearer ${key}` }, 20_000_000), 413);
      const answers = [
        run.api({ path: '/livez' }),
        upload(run.api, SOURCE, { key, body: Buffer.alloc(1_000_000) }),
      ];
      assert.deepEqual(
        (await Promise.all(answers)).map(({ status }) => status),
        [200, 413],
      );
    } finally {
      await run.server.stop();
    }
  });

  it('is cut off once it has gone on beyond the limit', async () => {
    const run = await startFakeGateway({ receiveBatch: tooLarge, uploadIdleTimeoutMs: 400 });
    const head = `POST ${PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: text/csv\r\nContent-Length: 900\r\n\r\n`;
    const endless = head.replace('Content-Length: 900', 'Transfer-Encoding: chunked');
    const raw = openRaw(run.port, endless);
    const sending = setInterval(() => raw.socket.write('400\r\n' + 'a'.repeat(1024) + '\r\n'), 10);
    const received = await raw.closed;
    clearInterval(sending);
    await run.server.stop();
    assert.equal(readExchange(received, { method: 'POST', path: PATH }).status, 413);
  });

  it('leaves the connection usable for the next request', async () => {
    const run = await startFakeGateway({ receiveBatch: tooLarge });
    const head = `POST ${PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: text/csv\r\nContent-Length: 900\r\n\r\n`;
    const raw = openRaw(run.port, head);
    await until(() => raw.received().includes('"upload.too-large"'));
    raw.socket.write('a'.repeat(900) + 'GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    assert.match(await raw.closed, /\{"status":"ok"\}/);
    await run.server.stop();
  });

  it('asks for no body with Expect: 100-continue when the headers are refused already', async () => {
    const run = await startFakeGateway();
    const raw = openRaw(
      run.port,
      `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: 900\r\nExpect: 100-continue\r\n\r\n`,
    );
    const received = await raw.closed;
    assert.ok(!received.includes('100 Continue'));
    const exchange = readExchange(received, { method: 'POST', path: PATH });
    check(exchange);
    assert.deepEqual([exchange.status, exchange.headers.get('connection')], [401, 'close']);
    await run.server.stop();
  });

  it('asks for the body with 100 Continue when nothing speaks against the headers', async () => {
    const run = await startFakeGateway();
    const raw = openRaw(
      run.port,
      `POST ${PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: text/csv\r\nContent-Length: 3\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`,
    );
    await until(() => raw.received().includes('100 Continue'));
    assert.equal(run.received.length, 0);
    raw.socket.write('abc');
    assert.match(await raw.closed, /HTTP\/1\.1 202/);
    assert.equal(run.received[0]?.bytes.toString(), 'abc');
    await run.server.stop();
  });
});

describe('an upload that does not come to its end', () => {
  const head = (length: number) =>
    `POST ${PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: text/csv\r\nContent-Length: ${length}\r\n\r\n`;

  /** A gateway that tells how reading the body ended. */
  const startReading = async (uploadIdleTimeoutMs: number) => {
    const ends: unknown[] = [];
    const run = await startFakeGateway({
      uploadIdleTimeoutMs,
      receiveBatch: async ({ body }) => {
        try {
          await buffer(body);
          ends.push('whole');
          return { id: BATCH_ID, status: 'received' };
        } catch (error) {
          ends.push((error as GatewayError).code);
          throw error;
        }
      },
    });
    return { ...run, ends };
  };

  it('fails with upload.broken-off where the sender has gone', async () => {
    const run = await startReading(10_000);
    const raw = openRaw(run.port, `${head(500)}abc`);
    await until(() => raw.socket.bytesWritten > 0);
    raw.socket.destroy();
    await until(() => run.ends.length > 0);
    assert.deepEqual(run.ends, ['upload.broken-off']);
    await run.server.stop();
    assert.ok(!run.log.some(({ level }) => level === 'error'), JSON.stringify(run.log));
  });

  it('is ended with 408 when no byte has come for too long', async () => {
    const run = await startReading(200);
    const raw = openRaw(run.port, `${head(500)}abc`);
    const exchange = readExchange(await raw.closed, { method: 'POST', path: PATH });
    createOpenapiCheck()(exchange);
    assert.equal(exchange.status, 408);
    await until(() => run.ends.length > 0);
    assert.deepEqual(run.ends, ['upload.broken-off']);
    await run.server.stop();
  });

  it('may be as slow as it likes while bytes come', async () => {
    const run = await startReading(400);
    const raw = openRaw(run.port, head(20));
    const sending = setInterval(() => raw.socket.write('a'), 60);
    await until(() => raw.received().includes('202'));
    clearInterval(sending);
    assert.deepEqual(run.ends, ['whole']);
    await run.server.stop();
  });

  it('is not ended while the gateway takes its time with what has come', async () => {
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const run = await startFakeGateway({
      uploadIdleTimeoutMs: 80,
      receiveBatch: async ({ body }) => {
        await buffer(body);
        await gate;
        return { id: BATCH_ID, status: 'received' };
      },
    });
    const answer = upload(run.api, SOURCE, { key, body: 'abc' });
    setTimeout(open, 400);
    assert.equal((await answer).status, 202);
    await run.server.stop();
  });

  it('does not end the process when it breaks off before anybody reads it', async () => {
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const seen: boolean[] = [];
    const run = await startFakeGateway({
      receiveBatch: async ({ body }) => {
        await gate;
        seen.push(body.destroyed);
        await buffer(body);
        return { id: BATCH_ID, status: 'received' };
      },
    });
    const raw = openRaw(run.port, `${head(500)}abc`);
    await until(() => raw.socket.bytesWritten > 0);
    raw.socket.destroy();
    await raw.closed;
    setTimeout(open, 100);
    await until(() => seen.length > 0);
    assert.equal((await run.api({ path: '/livez' })).status, 200);
    await run.server.stop();
  });
});
