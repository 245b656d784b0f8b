// Forms with one file, as browsers and programs send them: the file comes out as it went in.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { KEYS, startFakeGateway, type FakeGateway } from '../../helpers/fake-gateway.js';
import { field, file, form, FORM_TYPE, part } from '../../helpers/form.js';
import { upload, type Answer } from '../../helpers/api.js';

const SOURCE = 'market-regulation-penalty';
const sha256 = (of: Buffer | string): string =>
  `sha-256=:${createHash('sha256').update(of).digest('base64')}:`;

describe('an upload as a form', () => {
  let run: FakeGateway;
  before(async () => {
    run = await startFakeGateway({
      source: (id) => ({ id, agency: 'market-regulation', maxUploadBytes: 64_000_000 }),
    });
  });
  after(() => run.server.stop());

  const send = (body: Buffer, headers: Record<string, string> = {}): Promise<Answer> =>
    upload(run.api, SOURCE, { key: KEYS.agency, headers: { 'content-type': FORM_TYPE, ...headers }, body });
  const taken = async (body: Buffer, headers: Record<string, string> = {}) => {
    const answer = await send(body, headers);
    assert.equal(answer.status, 202, answer.text);
    const { bytes, upload: of } = run.received.at(-1)!;
    return { bytes, text: bytes.toString(), format: of.format, charset: of.charset, of };
  };
  const refused = async (body: Buffer, headers: Record<string, string> = {}): Promise<[number, unknown]> => {
    const before = run.received.length;
    const { status, body: problem } = await send(body, headers);
    assert.equal(run.received.length, before, 'nothing is taken in whole');
    return [status, problem['code']];
  };

  it('gives the bytes of its file as they are, whatever fields stand around it', async () => {
    const bytes = Buffer.from([0xff, 0x00, 0x0d, 0x0a, 0x2d, 0x2d, ...Buffer.from('frontie'), 0x0d, 0x0a]);
    for (const body of [
      form(file(bytes)),
      form(field('note', 'x'), field('empty', ''), file(bytes), field('after', 'y')),
      Buffer.concat([Buffer.from('said before\r\n'), form(file(bytes)), Buffer.from('said after')]),
    ])
      assert.deepEqual((await taken(body)).bytes, bytes);
  });

  it('may come from a browser', async () => {
    const body = new FormData();
    body.set('remark', '六月');
    body.set('upload', new Blob(['a\n1\n'], { type: 'text/csv' }), '六月 处罚"x".csv');
    const headers = { authorization: `Bearer ${KEYS.agency}` };
    const answer = await fetch(`${run.url}/v1/sources/${SOURCE}/batches`, { method: 'POST', headers, body });
    assert.equal(answer.status, 202);
    const { bytes, upload: of } = run.received.at(-1) ?? {};
    assert.deepEqual([bytes?.toString(), of?.format], ['a\n1\n', 'csv']);
  });

  it('may have an empty file', async () => {
    assert.equal((await taken(form(file('')))).bytes.length, 0);
  });

  it('is taken in the same in pieces of any size', async () => {
    const body = form(field('note', 'x'), file('a,b\r\n\r\n--front\r\n1,2\r\n'), field('after', 'y'));
    for (const size of [1, 3, 17]) {
      const pieces = Array.from({ length: Math.ceil(body.length / size) }, (_, i) =>
        body.subarray(i * size, (i + 1) * size),
      );
      const answer = await fetch(`${run.url}/v1/sources/${SOURCE}/batches`, {
        method: 'POST',
        headers: { authorization: `Bearer ${KEYS.agency}`, 'content-type': FORM_TYPE },
        body: ReadableStream.from(pieces),
        duplex: 'half',
      });
      assert.equal(answer.status, 202, `${size} bytes a piece`);
      assert.equal(run.received.at(-1)?.bytes.toString(), 'a,b\r\n\r\n--front\r\n1,2\r\n');
    }
  });

  for (const [type, format, charset] of [
    ['text/csv', 'csv', undefined],
    ['Text/CSV; Charset="GB18030"', 'csv', 'GB18030'],
    ['application/json', 'json', undefined],
    ['text/xml; charset=utf-8', 'xml', 'utf-8'],
    ['application/octet-stream', undefined, undefined],
    ['text/plain; charset=gbk', undefined, 'gbk'],
    ['application/vnd.ms-excel', undefined, undefined],
    ['', undefined, undefined],
  ] as const)
    it(`says with its part what the file is: ${type || 'nothing'}`, async () => {
      const found = await taken(form(file('a\n', { type })));
      assert.deepEqual([found.format, found.charset], [format, charset]);
    });

  it('may have a file without a media type, and bytes without a file name', async () => {
    const named = part({ 'Content-Disposition': 'form-data; name="f"; filename="a.csv"' }, 'a\n');
    assert.deepEqual(
      [(await taken(form(named))).text, run.received.at(-1)?.upload.format],
      ['a\n', undefined],
    );
    const bytes = {
      'Content-Disposition': 'form-data; name="f"',
      'Content-Type': 'application/octet-stream',
    };
    assert.equal((await taken(form(part(bytes, 'b\n')))).text, 'b\n');
  });

  it('takes a field whose name looks like that of a file for a field', async () => {
    const odd = part({ 'Content-Disposition': 'form-data; name="a; filename=b"' }, 'x');
    assert.equal((await taken(form(odd, file('a\n')))).text, 'a\n');
  });

  it('may name its boundary in quotes', async () => {
    const type = 'multipart/form-data; charset=utf-8; boundary="frontier"';
    assert.equal((await taken(form(file('a\n')), { 'content-type': type })).text, 'a\n');
  });

  it('is held against the digest of the whole form, with all that stands behind its end', async () => {
    const body = Buffer.concat([form(file('a\n')), Buffer.from('said after')]);
    assert.equal((await taken(body, { 'content-digest': sha256(body) })).of.expectedDigests.size, 0);
    const mismatch = [400, 'request.digest-mismatch'];
    assert.deepEqual(await refused(body, { 'content-digest': sha256(form(file('a\n'))) }), mismatch);
  });

  it('hands on the digest that its part promises', async () => {
    const digest = sha256('a\n');
    const { of } = await taken(form(file('a\n', { digest })));
    assert.deepEqual([...of.expectedDigests], [['sha-256', digest.slice(9, -1)]]);
    assert.deepEqual(await refused(form(file('a\n', { digest: 'sha-256=abc' }))), [400, 'request.malformed']);
  });

  for (const name of ['../../etc/passwd', 'C:\\passwd.csv', '/etc/passwd', 'passwd%0d%0aX: y', 'a\\"passwd'])
    it(`takes the name of its file for no path and does not log it: ${name}`, async () => {
      assert.equal((await taken(form(file('a\n', { name })))).text, 'a\n');
      const { fileName, ...upload } = run.received.at(-1)?.upload ?? {};
      assert.doesNotMatch(JSON.stringify([run.log, upload]), /passwd/);
      // For showing alone: the last part, in which no path is left.
      assert.match(fileName ?? '', /passwd/);
      assert.doesNotMatch(fileName ?? '', /[/\\]/);
    });

  it('passes through: its memory does not grow with it', async () => {
    let seen = 0;
    let most = 0;
    const large = await startFakeGateway({
      source: (id) => ({ id, agency: 'market-regulation', maxUploadBytes: 400_000_000 }),
      receiveBatch: async ({ body }) => {
        for await (const piece of body) {
          seen += (piece as Buffer).length;
          most = Math.max(most, process.memoryUsage().rss);
        }
        return { id: '0b5e0c2e-6a52-4a3e-9c39-5f0a5d7f2c11', status: 'received' };
      },
    });
    const [head, tail] = form(file('|')).toString().split('|') as [string, string];
    const piece = Buffer.alloc(65_536, 'x,y\r\n');
    const pieces = function* () {
      yield Buffer.from(head);
      for (let i = 0; i < 3000; i += 1) yield piece;
      yield Buffer.from(tail);
    };
    const before = process.memoryUsage().rss;
    const answer = await fetch(`${large.url}/v1/sources/${SOURCE}/batches`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEYS.agency}`, 'content-type': FORM_TYPE },
      body: ReadableStream.from(pieces()),
      duplex: 'half',
    });
    await large.server.stop();
    assert.deepEqual([answer.status, seen], [202, 3000 * piece.length]);
    assert.ok(most - before < 120_000_000, `${Math.round((most - before) / 1e6)} MB`);
  });

  it('waits for a slow reader: little of it is taken before the reader asks', async () => {
    let reader: (() => void) | undefined;
    const slow = await startFakeGateway({
      source: (id) => ({ id, agency: 'market-regulation', maxUploadBytes: 64_000_000 }),
      receiveBatch: async ({ body }) => {
        await new Promise<void>((resolve) => (reader = resolve));
        let bytes = 0;
        for await (const piece of body) bytes += (piece as Buffer).length;
        assert.equal(bytes, 20_000_000);
        return { id: '0b5e0c2e-6a52-4a3e-9c39-5f0a5d7f2c11', status: 'received' };
      },
    });
    let sent = 0;
    const whole = form(file(Buffer.alloc(20_000_000, 'x')));
    const pieces = function* () {
      for (; sent < whole.length; sent += 65_536) yield whole.subarray(sent, sent + 65_536);
    };
    const answer = fetch(`${slow.url}/v1/sources/${SOURCE}/batches`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEYS.agency}`, 'content-type': FORM_TYPE },
      body: ReadableStream.from(pieces()),
      duplex: 'half',
    });
    for (let last = -1; reader === undefined || sent > last;) {
      last = sent;
      await once(AbortSignal.timeout(150), 'abort');
    }
    // What the sockets of both ends hold is not ours.
    assert.ok(sent < 15_000_000, `${sent} bytes`);
    reader();
    assert.equal((await answer).status, 202);
    await slow.server.stop();
  });

  it('is refused with a file of a type that nobody reads, or one that is encoded', async () => {
    const unsupported = [415, 'upload.type-not-supported'];
    for (const type of ['text/html', 'multipart/mixed; boundary=b', 'text/csv; charset=ebcdic'])
      assert.deepEqual(await refused(form(file('a\n', { type }))), unsupported, type);
    for (const coding of ['base64', 'quoted-printable'])
      assert.deepEqual(await refused(form(file('a\n', { coding }))), unsupported, coding);
    assert.equal((await taken(form(file('a\n', { coding: '8bit' })))).text, 'a\n');
  });
});
