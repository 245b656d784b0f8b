// Forms that no honest client sends: each is refused for what is wrong with it, in bounded time and memory,
// nothing of it is taken in, and the next upload is none the worse.
import assert from 'node:assert/strict';
import type { GatewayError } from '../../../src/core/errors.js';
import { openMultipart } from '../../../src/http/multipart-file.js';
import { createOpenapiCheck } from '../../helpers/openapi-check.js';
import { KEYS, startFakeGateway, type FakeGateway } from '../../helpers/fake-gateway.js';
import { BOUNDARY, field, file, form, FORM_TYPE, part } from '../../helpers/form.js';
import { upload } from '../../helpers/api.js';
import { openRaw, readExchange } from '../../helpers/raw-http.js';
import { until } from '../../helpers/until.js';

const SOURCE = 'market-regulation-penalty';
const PATH = `/v1/sources/${SOURCE}/batches`;
const MAX_GROWTH = 100_000_000;
const head = (headers: string): string =>
  `POST ${PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEYS.agency}\r\nContent-Type: ${FORM_TYPE}\r\n${headers}\r\n\r\n`;

describe('a hostile form', () => {
  let run: FakeGateway;
  let ends: unknown[] = [];
  before(async () => {
    run = await startFakeGateway({
      uploadIdleTimeoutMs: 400,
      source: (id) => ({ id, agency: 'market-regulation', maxUploadBytes: 64_000_000 }),
      receiveBatch: async ({ body }) => {
        try {
          for await (const piece of body) assert.ok(piece);
          ends.push('whole');
          return { id: '0b5e0c2e-6a52-4a3e-9c39-5f0a5d7f2c11', status: 'received' };
        } catch (error) {
          ends.push((error as GatewayError).code);
          throw error;
        }
      },
    });
  });
  beforeEach(() => (ends = []));
  after(() => run.server.stop());

  const send = (body: Buffer, type = FORM_TYPE) =>
    upload(run.api, SOURCE, { key: KEYS.agency, headers: { 'content-type': type }, body });

  for (const [what, body, why] of [
    ['two files', form(file('a\n'), file('b\n')), /more than one file/],
    ['two files, one empty', form(file('a\n'), file('')), /more than one file/],
    ['no file', form(field('note', 'x')), /no file/],
    ['no part', form(), /no file/],
    [
      '10,000 fields',
      form(...Array.from({ length: 10_000 }, () => field('f', 'x')), file('a\n')),
      /21 parts/,
    ],
    [
      '10,000 fields after it',
      form(file('a\n'), ...Array.from({ length: 10_000 }, () => field('f', 'x'))),
      /21 parts/,
    ],
    ['10,000 files', form(...Array.from({ length: 10_000 }, () => file('a\n'))), /more than one file/],
    ['a field of 8 MB', form(field('note', 'x'.repeat(8_000_000)), file('a\n')), /too much stands beside/],
    [
      'a field of 8 MB after it',
      form(file('a\n'), field('note', 'x'.repeat(8_000_000))),
      /too much stands beside/,
    ],
    [
      'a preamble of 8 MB',
      Buffer.concat([Buffer.alloc(8_000_000, 'x'), form(file('a\n'))]),
      /too much stands beside/,
    ],
    [
      '8 MB behind its end',
      Buffer.concat([form(file('a\n')), Buffer.alloc(8_000_000, 'x')]),
      /too much stands beside/,
    ],
    [
      'a header of 100 KB',
      form(file('a\n', { name: 'n'.repeat(100_000) })),
      /headers of a part are too long/,
    ],
    ['10,000 headers', form(part(manyHeaders(10_000), 'x'), file('a\n')), /lacks Content-Disposition/],
    ['headers that never end', Buffer.from(`--${BOUNDARY}\r\nX: ${'y'.repeat(900_000)}`), /not well-formed/],
    [
      '8 MB of headers',
      Buffer.from(`--${BOUNDARY}\r\nX: ${'y'.repeat(8_000_000)}`),
      /too much stands beside/,
    ],
    [
      'headers cut off by the end',
      form(file('a\n'), Buffer.from(`--${BOUNDARY}\r\nX: y\r\n`)),
      /no end of its headers/,
    ],
    ['no final boundary', file('a\n'), /not well-formed/],
    [
      'a final boundary cut off',
      Buffer.concat([file('a\n'), Buffer.from(`--${BOUNDARY}-`)]),
      /not well-formed/,
    ],
    ['no boundary in it', Buffer.alloc(900_000, 'x'), /not well-formed/],
    ['not a byte', Buffer.alloc(0), /not well-formed/],
    [
      'a part that is no form data',
      form(part({ 'Content-Disposition': 'attachment; filename=a' }, 'x')),
      /lacks Content-Disp/,
    ],
    ['a part without headers', form(part({}, 'x'), file('a\n')), /lacks Content-Disposition/],
    [
      'a part with two media types',
      form(part({ ...ofFile(), 'content-type': 'text/csv' }, 'x')),
      /content-type twice/,
    ],
    [
      'a line break in the name of its file',
      form(file('a\n', { name: 'a\nX-Y: z' })),
      /lacks Content-Disposition/,
    ],
    [
      'a form in its file, with the same boundary',
      form(file(`x\r\n${form(file('a\n')).toString()}`)),
      /more than one file/,
    ],
  ] as const)
    it(`is refused with ${what}`, async () => {
      const before = process.memoryUsage().rss;
      const answer = await send(body);
      assert.deepEqual([answer.status, answer.body['code']], [400, 'request.malformed']);
      assert.match(String(answer.body['detail']), why);
      assert.ok(!ends.includes('whole'));
      assert.ok(process.memoryUsage().rss - before < MAX_GROWTH);
      assert.equal((await send(form(file('a\n')))).status, 202);
    });

  for (const [what, type] of [
    ['no boundary', 'multipart/form-data'],
    ['an empty boundary', 'multipart/form-data; boundary='],
    ['an empty boundary in quotes', 'multipart/form-data; boundary=""'],
    ['a boundary of 71 characters', `multipart/form-data; boundary=${'b'.repeat(71)}`],
    ['a boundary that ends in a blank', 'multipart/form-data; boundary="b "'],
    ['a boundary with a quote', 'multipart/form-data; boundary=a"b'],
  ] as const)
    it(`is refused for ${what}, before a byte of it is read`, async () => {
      const answer = await send(form(file('a\n')), type);
      assert.deepEqual([answer.status, answer.body['code']], [400, 'request.malformed']);
      assert.match(String(answer.body['detail']), /names no boundary/);
      assert.deepEqual(ends, []);
    });

  it('takes a form in its file, with another boundary, for bytes', async () => {
    const inner = form(file('a\n')).toString().replaceAll(BOUNDARY, 'inner');
    assert.equal((await send(form(file(inner)))).status, 202);
  });

  it('that goes on for ever beside its file is refused while it is sent', async () => {
    for (const begin of ['p', `--${BOUNDARY}\r\nX: y`, form(file('a\n')).toString()]) {
      const first = `${begin.length.toString(16)}\r\n${begin}\r\n`;
      const raw = openRaw(run.port, head('Transfer-Encoding: chunked') + first);
      await until(() => raw.socket.bytesWritten > 0);
      const sending = setInterval(() => raw.socket.write(`10000\r\n${'y'.repeat(65_536)}\r\n`), 2);
      await until(() => raw.received().includes('too much stands beside'));
      clearInterval(sending);
      raw.socket.destroy();
      await raw.closed;
    }
    assert.ok(!ends.includes('whole'));
  });

  const ask = async (bytes: string) =>
    readExchange(await openRaw(run.port, bytes).closed, { method: 'POST', path: PATH });

  it('that is longer than its Content-Length is cut there, and refused', async () => {
    const body = form(file('a\n')).toString();
    const exchange = await ask(`${head(`Content-Length: ${body.length - 10}`)}${body}`);
    assert.equal(exchange.status, 400);
    assert.match(exchange.text, /request\.malformed/);
    await until(() => ends.length > 0);
    assert.deepEqual(ends, ['request.malformed']);
  });

  it('that is shorter than its Content-Length is ended with 408', async () => {
    const body = form(file('a\n')).toString();
    const exchange = await ask(`${head(`Content-Length: ${body.length + 10}`)}${body}`);
    createOpenapiCheck()(exchange);
    assert.equal(exchange.status, 408);
    await until(() => ends.length > 0);
    assert.deepEqual(ends, ['upload.broken-off']);
  });

  for (const [what, body] of [
    ['in the middle of its file', file('a\nb\n').toString().slice(0, -4)],
    ['after its file', file('a\nb\n').toString() + `--${BOUNDARY}\r\n`],
    ['before its last boundary is whole', form(file('a\n')).toString().slice(0, -4)],
  ] as const)
    it(`that breaks off ${what} is upload.broken-off to its reader`, async () => {
      const raw = openRaw(run.port, head('Content-Length: 100000') + body);
      await until(() => raw.socket.bytesWritten > body.length);
      raw.socket.end();
      await until(() => ends.length > 0);
      assert.deepEqual(ends, ['upload.broken-off']);
      assert.equal((await send(form(file('a\n')))).status, 202);
    });

  it('that breaks off before its file is nobody’s', async () => {
    const raw = openRaw(run.port, head('Content-Length: 100000') + field('note', 'x').toString());
    await until(() => raw.socket.bytesWritten > 0);
    raw.socket.destroy();
    assert.equal((await send(form(file('a\n')))).status, 202);
    assert.deepEqual(ends, ['whole']);
    assert.ok(!run.log.some(({ level }) => level === 'error'), JSON.stringify(run.log));
  });

  it('is taken in to its end when it is refused, so that its sender reads the answer', async () => {
    const body = Buffer.concat([form(file('a\n'), file('b\n')), Buffer.alloc(20_000_000, 'x')]);
    const answer = await send(body);
    assert.deepEqual([answer.status, answer.body['code']], [400, 'request.malformed']);
    const typed = await send(form(file(Buffer.alloc(20_000_000), { type: 'text/html' })));
    assert.equal(typed.status, 415);
  });

  it('lets go of a form whose reader wants no more of it', async () => {
    const { Readable } = await import('node:stream');
    let given = 0;
    const whole = form(file(Buffer.alloc(20_000_000, 'x')));
    const source = Readable.from(
      (function* () {
        for (; given < whole.length; given += 65_536) yield whole.subarray(given, given + 65_536);
      })(),
      { objectMode: false },
    );
    const { body } = await openMultipart(source, { boundary: BOUNDARY, expectedDigests: new Map() });
    body.destroy();
    await until(() => source.destroyed);
    assert.ok(given < 5_000_000, `${given} bytes`);
  });
});

function ofFile(): Record<string, string> {
  return { 'Content-Disposition': 'form-data; name=f; filename=f', 'Content-Type': 'text/csv' };
}

function manyHeaders(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`X-${i}`, 'y']));
}
