import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { isGatewayError, type GatewayError } from '../../../src/core/errors.js';
import {
  createHttpClient,
  isCertificateFault,
  type HttpClient,
  type HttpRequest,
} from '../../../src/platform/http-client.js';

describe('the HTTP client', () => {
  let server: Server;
  let client: HttpClient;
  let answer: RequestListener;
  let connections: number;
  let port: number;

  beforeEach(async () => {
    connections = 0;
    server = createServer((request, response) => answer(request, response));
    server.on('connection', () => (connections += 1));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
    client = createHttpClient({ maxAnswerBytes: 1000 });
  });
  afterEach(async () => {
    client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const send = (over: Partial<HttpRequest> = {}, by = client) =>
    by.send({
      method: 'POST',
      url: `http://127.0.0.1:${port}/`,
      headers: { authorization: 'Bearer secret-token', 'content-type': 'application/json' },
      body: '{"secret":"body"}',
      timeoutMs: 5000,
      ...over,
    });
  const failure = async (promise: Promise<unknown>): Promise<GatewayError> => {
    const error = await promise.then(
      () => assert.fail('It answered.'),
      (reason: unknown) => reason,
    );
    assert.ok(isGatewayError(error), String(error));
    return error;
  };

  it('sends a body as it is and gives status, headers and text of any answer', async () => {
    answer = (request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => {
        response.writeHead(418, { 'X-Said': 'yes' }).end(`${request.headers['content-type']} ${text}`);
      });
    };
    const { status, headers, body } = await send();
    assert.deepEqual([status, headers['x-said'], body], [418, 'yes', 'application/json {"secret":"body"}']);
  });

  it('packs a body only where it is told to', async () => {
    answer = (request, response) => {
      const pieces: Buffer[] = [];
      request
        .on('data', (piece: Buffer) => void pieces.push(piece))
        .on('end', () => {
          const sent = Buffer.concat(pieces);
          const coding = request.headers['content-encoding'] ?? 'none';
          response.end(`${coding} ${(coding === 'gzip' ? gunzipSync(sent) : sent).toString()}`);
        });
    };
    assert.equal((await send({ gzip: true })).body, 'gzip {"secret":"body"}');
    assert.equal((await send({ gzip: false })).body, 'none {"secret":"body"}');
  });

  it('knows a certificate that is not accepted from a line that is broken', () => {
    for (const reason of [
      'CERT_HAS_EXPIRED',
      'CERT_NOT_YET_VALID',
      'CERT_REVOKED',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED',
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
    ])
      assert.ok(isCertificateFault(reason), reason);
    for (const reason of ['ECONNREFUSED', 'ECONNRESET', 'time-out', 'EPROTO', 'UNABLE_TO_CONNECT'])
      assert.ok(!isCertificateFault(reason), reason);
  });

  it('keeps its connection', async () => {
    answer = (request, response) => void request.resume().on('end', () => response.end('ok'));
    for (let n = 0; n < 3; n += 1) await send();
    assert.equal(connections, 1);
  });

  it('follows no redirect', async () => {
    answer = (_, response) => void response.writeHead(307, { location: '/elsewhere' }).end();
    const { status, headers } = await send();
    assert.deepEqual([status, headers['location']], [307, '/elsewhere']);
  });

  it('ends a call at its deadline, though bytes drip in', async () => {
    answer = (_, response) => {
      response.write('a');
      const drip = setInterval(() => response.write('a'), 10);
      response.on('close', () => clearInterval(drip));
    };
    assert.equal((await failure(send({ timeoutMs: 100 }))).details['reason'], 'time-out');
  });

  it('ends a call when the caller gives up', async () => {
    const gone = new AbortController();
    answer = () => gone.abort();
    assert.equal((await failure(send({ signal: gone.signal }))).code, 'city.unreachable');
    assert.equal((await failure(send({ signal: AbortSignal.abort() }))).code, 'city.unreachable');
  });

  it('refuses an answer that is too large, packed or not', async () => {
    answer = (_, response) => void response.end('x'.repeat(1001));
    assert.equal((await failure(send())).details['reason'], 'too-large');
    answer = (_, response) =>
      void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(1_000_000)));
    assert.equal((await failure(send())).code, 'city.unreachable');
  });

  it('refuses an answer that is not UTF-8 where it must be, and replaces what cannot be read elsewhere', async () => {
    const gbk = Buffer.from([0xbd, 0xf2, 0xb1, 0xf5]);
    answer = (_, response) => void response.end(gbk);
    assert.equal((await failure(send({ requiresUtf8: true }))).details['reason'], 'not-utf-8');
    assert.match((await send()).body, /\uFFFD/);
    answer = (_, response) => void response.end('\uFEFF津滨');
    assert.equal((await send({ requiresUtf8: true })).body, '津滨');
  });

  it('tells in no error what was sent', async () => {
    answer = (_, response) => void response.destroy();
    const error = await failure(send());
    const told =
      JSON.stringify(error, Object.getOwnPropertyNames(error)) + String(error.stack) + String(error.cause);
    assert.doesNotMatch(told, /secret/);
    assert.equal(error.details['reason'], 'ECONNRESET');
  });

  it('calls no address that is not allowed, by number or by name', async () => {
    const guarded = createHttpClient({ maxAnswerBytes: 1000, allowedRanges: [] });
    const urls = [
      '127.0.0.1',
      'localhost',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '0x7f.1',
      '2130706433',
      '0177.0.0.1',
      '0',
    ];
    for (const host of urls) {
      const error = await failure(send({ url: `http://${host}:${port}/` }, guarded));
      assert.equal(error.code, 'address.not-allowed', host);
    }
    assert.equal(connections, 0);
    guarded.close();
  });

  it('calls addresses of the ranges that are allowed, by number and by name', async () => {
    answer = (_, response) => void response.end('ok');
    const allowed = createHttpClient({ maxAnswerBytes: 1000, allowedRanges: ['127.0.0.0/8', '::1/128'] });
    for (const host of ['127.0.0.1', 'localhost'])
      assert.equal((await send({ url: `http://${host}:${port}/` }, allowed)).status, 200);
    allowed.close();
  });

  it('calls nothing but http and https', async () => {
    assert.ok(isGatewayError(await failure(send({ url: 'file:///etc/passwd' }))));
    assert.ok(isGatewayError(await failure(send({ url: 'not a url' }))));
  });
});
