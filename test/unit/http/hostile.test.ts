// What no honest client sends. Every answer is a documented problem, and nothing inside shows in it.
import assert from 'node:assert/strict';
import { BATCH_ID, KEYS, startFakeGateway, type FakeGateway } from '../../helpers/fake-gateway.js';
import { createOpenapiCheck, type Exchange } from '../../helpers/openapi-check.js';
import { openRaw, readExchange } from '../../helpers/raw-http.js';
import { until } from '../../helpers/until.js';

const check = createOpenapiCheck();
const key = `Authorization: Bearer ${KEYS.agency}\r\n`;
const INSIDE = /node_modules|\/srv\/gateway|\/src\/|\\n +at |select |insert |Error:/i;

describe('a hostile request', () => {
  let run: FakeGateway;
  before(async () => {
    run = await startFakeGateway({ headersTimeoutMs: 400, uploadIdleTimeoutMs: 300 });
  });
  after(() => run.server.stop());

  const raw = async (bytes: string): Promise<Exchange> => {
    const [method = '', path = ''] = bytes.split(' ');
    const exchange = readExchange(await openRaw(run.port, bytes).closed, { method, path });
    check(exchange);
    assert.doesNotMatch(exchange.text, INSIDE);
    return exchange;
  };
  const codeOf = ({ text }: Exchange): string => (JSON.parse(text) as { code: string }).code;

  it('with headers of more than 16 KiB gets 431', async () => {
    const exchange = await raw(`GET /v1/notices HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`);
    assert.deepEqual([exchange.status, codeOf(exchange)], [431, 'request.headers-too-large']);
  });

  it('with an address of more than 16 KiB gets 431', async () => {
    const exchange = await raw(`GET /v1/batches/${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    assert.equal(exchange.status, 431);
  });

  it('with headers that never end gets 408', async () => {
    const connection = openRaw(run.port, 'GET /livez HTTP/1.1\r\nHost: x\r\n');
    const drip = setInterval(() => connection.socket.write('X'), 50);
    const exchange = readExchange(await connection.closed, { method: 'GET', path: '/v1/nothing' });
    clearInterval(drip);
    check(exchange);
    assert.deepEqual([exchange.status, codeOf(exchange)], [408, 'request.timed-out']);
  });

  it('with a JSON body that stands still gets 408', async () => {
    const exchange = await raw(
      `POST /v1/notices/N-1/feedback HTTP/1.1\r\nHost: x\r\n${key}Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{"outcome"`,
    );
    assert.deepEqual([exchange.status, codeOf(exchange)], [408, 'request.timed-out']);
  });

  for (const [what, headers] of [
    ['two lengths', 'Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde'],
    ['a length and chunks', 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a negative length', 'Content-Length: -1\r\n\r\n'],
    ['a header line without a colon', 'nonsense\r\n\r\n'],
    ['a NUL in a header', 'X: a\0b\r\n\r\n'],
    ['a folded header', 'X: a\r\n b\r\n\r\n'],
  ] as const)
    it(`with ${what} gets 400`, async () => {
      const exchange = await raw(
        `POST /v1/sources/market-regulation-penalty/batches HTTP/1.1\r\nHost: x\r\n${key}${headers}`,
      );
      assert.deepEqual([exchange.status, codeOf(exchange)], [400, 'request.malformed']);
      assert.equal(run.received.length, 0);
    });

  it('that is no HTTP gets 400', async () => {
    assert.equal((await raw('HELLO /v1\r\n\r\n')).status, 400);
  });

  it('whose chunks are broken half-way stores nothing', async () => {
    const connection = openRaw(
      run.port,
      `POST /v1/sources/market-regulation-penalty/batches HTTP/1.1\r\nHost: x\r\n${key}Content-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nZZ\r\n`,
    );
    const exchange = readExchange(await connection.closed, {
      method: 'POST',
      path: '/v1/sources/market-regulation-penalty/batches',
    });
    check(exchange);
    assert.equal(exchange.status, 400);
    assert.equal(run.received.length, 0);
  });

  for (const id of [
    '..%2f..%2fetc%2fpasswd',
    '....//',
    '%00',
    `${BATCH_ID}%00`,
    `${BATCH_ID}'--`,
    BATCH_ID.replaceAll('-', ''),
    'constructor',
    '9'.repeat(5000),
    '%F0%9F%92%A9',
  ])
    it(`for the batch ${id.slice(0, 40)} finds none`, async () => {
      for (const rest of ['', '/problems', '/problems.csv', '/correction.xlsx']) {
        const answer = await run.api({ path: `/v1/batches/${id}${rest}`, key: KEYS.operator });
        assert.equal(answer.status, 404);
        assert.doesNotMatch(answer.text, INSIDE);
      }
    });

  for (const id of ['%00', 'a%00b', '..%2f..', 'a%20b', '%E9%80%9A', 'n'.repeat(101)])
    it(`for the notice ${id.slice(0, 40)} finds none`, async () => {
      const call = { method: 'POST', key: KEYS.agency };
      for (const rest of ['acknowledgement', 'feedback']) {
        const answer = await run.api({ ...call, path: `/v1/notices/${id}/${rest}`, json: {} });
        assert.deepEqual([answer.status, answer.body['code']], [404, 'notice.unknown']);
      }
    });

  it('with broken percent-encoding gets 400', async () => {
    for (const path of ['/v1/batches/%E0%A4%A', '/v1/sources/%/batches', '/v1/templates/%ff.csv'])
      assert.equal(
        (await run.api({ path, method: path.includes('sources') ? 'POST' : 'GET', key: KEYS.agency })).status,
        400,
        path,
      );
  });

  it('for a template of no type finds none, and no file is offered', async () => {
    for (const type of ['..%2f..%2fpackage', '__proto__', '%00', 'none']) {
      for (const form of ['csv', 'xlsx']) {
        const answer = await run.api({ path: `/v1/templates/${type}.${form}`, key: KEYS.agency });
        assert.deepEqual([answer.status, answer.body['code']], [404, 'request.not-found']);
        assert.equal(answer.headers.get('content-disposition'), null);
      }
    }
  });

  for (const [what, body, status, type] of [
    ['that is no JSON', '{', 400, 'application/json'],
    ['that is a bare value', '"text"', 400, 'application/json'],
    ['of more than 256 KiB', `{"text":"${'a'.repeat(300_000)}"}`, 413, 'application/json'],
    ['nested 100,000 deep', '['.repeat(100_000) + ']'.repeat(100_000), 201, 'application/json'],
    ['of another type', 'outcome=acted', 415, 'application/x-www-form-urlencoded'],
    ['in another charset', '{}', 415, 'application/json; charset=gb18030'],
  ] as const)
    it(`with a body ${what} gets ${status}`, async () => {
      const answer = await run.api({
        method: 'POST',
        path: '/v1/notices',
        key: KEYS.city,
        headers: { 'content-type': type },
        body,
      });
      assert.equal(answer.status, status);
      assert.doesNotMatch(answer.text, INSIDE);
    });

  it('with a compressed body gets 415, whatever it would unpack to', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const answer = await run.api({ method: 'POST', path: '/v1/notices', key: KEYS.city, headers, body: 'x' });
    assert.equal(answer.status, 415);
  });

  it('without the body that is needed gets 415', async () => {
    assert.equal((await run.api({ method: 'POST', path: '/v1/notices', key: KEYS.city })).status, 415);
  });

  for (const [what, query] of [
    ['limit=0', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['limit=0x10', 'limit'],
    ['after=1;drop', 'after'],
  ] as const)
    it(`with ?${what} gets 400 and the name of the parameter`, async () => {
      for (const path of ['/v1/notices', `/v1/batches/${BATCH_ID}/problems`]) {
        const answer = await run.api({ path: `${path}?${what}`, key: KEYS.agency });
        assert.deepEqual([answer.status, answer.body['parameter']], [400, query], path);
      }
    });

  it('leaves the server able to answer', async () => {
    await until(async () => (await run.api({ path: '/readyz' })).status === 200);
  });
});
