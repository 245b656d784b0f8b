// What is refused for a while, and how a caller learns for how long; dry runs, which are uploads in all but
// what becomes of them.
import assert from 'node:assert/strict';
import { GatewayError } from '../../../src/core/errors.js';
import type { HttpDeps, Upload } from '../../../src/http/deps.js';
import { routes } from '../../../src/http/routes.js';
import { createOpenapiCheck } from '../../helpers/openapi-check.js';
import {
  BATCH_ID,
  KEYS,
  startFakeGateway,
  validationReport,
  type FakeGateway,
} from '../../helpers/fake-gateway.js';
import { file, form, FORM_TYPE } from '../../helpers/form.js';
import { openRaw, readExchange } from '../../helpers/raw-http.js';

const SOURCE = 'market-regulation-penalty';
const UPLOADS = ['batches', 'validations'].map((what) => `/v1/sources/${SOURCE}/${what}`);
const key = KEYS.agency;

async function withGateway(
  deps: Partial<HttpDeps>,
  test: (run: FakeGateway) => Promise<void>,
): Promise<void> {
  const run = await startFakeGateway(deps);
  try {
    await test(run);
  } finally {
    await run.server.stop();
  }
}

describe('a gateway that can take no more', () => {
  const pressed = (reason: 'disk' | 'backlog', retryAfterSeconds: number): Partial<HttpDeps> => ({
    pressure: async () => Promise.resolve({ reason, retryAfterSeconds }),
    receiveBatch: () => Promise.reject(new Error('read')),
    validate: () => Promise.reject(new Error('read')),
  });

  for (const [reason, seconds, said] of [
    ['disk', 60, '60'],
    ['backlog', 30, '30'],
  ] as const)
    it(`for want of ${reason} refuses uploads and dry runs with 503 and Retry-After, raw or as a form`, async () => {
      await withGateway(pressed(reason, seconds), async (run) => {
        for (const path of UPLOADS)
          for (const [type, body] of [
            ['text/csv', 'a\n'],
            [FORM_TYPE, form(file('a\n'))],
          ] as const) {
            const answer = await run.api({
              method: 'POST',
              path,
              key,
              headers: { 'content-type': type },
              body,
            });
            assert.deepEqual([answer.status, answer.body['code']], [503, 'gateway.overloaded'], path);
            assert.equal(answer.headers.get('retry-after'), said);
            assert.deepEqual([answer.body['reason'], answer.body['retryAfterSeconds']], [reason, seconds]);
          }
      });
    });

  it('asks for no body of which it can take nothing', async () => {
    await withGateway(pressed('disk', 60), async (run) => {
      const path = UPLOADS[0] ?? '';
      const raw = openRaw(
        run.port,
        `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: text/csv\r\nContent-Length: 900\r\nExpect: 100-continue\r\n\r\n`,
      );
      const received = await raw.closed;
      assert.doesNotMatch(received, /100 Continue/);
      assert.equal(readExchange(received, { method: 'POST', path }).status, 503);
    });
  });

  it('still says first what no waiting would mend', async () => {
    await withGateway(pressed('disk', 60), async (run) => {
      const send = (headers: Record<string, string>, body: string | Buffer = 'a', as = key) =>
        run.api({ method: 'POST', path: UPLOADS[0] ?? '', key: as, headers, body });
      const type = { 'content-type': 'text/csv' };
      assert.equal((await send(type, 'a', KEYS.otherAgency)).status, 404);
      assert.equal((await send({ 'content-type': 'text/html' })).status, 415);
      assert.equal((await send(type, Buffer.alloc(1001))).status, 413);
      assert.equal((await send({ ...type, 'idempotency-key': 'a b' })).status, 400);
    });
  });

  it('answers everything else, and asks about its pressure for uploads alone', async () => {
    let asked = 0;
    const pressure = async (): Promise<null> => {
      asked += 1;
      return Promise.resolve(null);
    };
    await withGateway({ pressure }, async (run) => {
      for (const path of [
        '/v1/sources',
        `/v1/batches/${BATCH_ID}`,
        `/v1/batches/${BATCH_ID}/correction.xlsx`,
      ])
        assert.equal((await run.api({ path, key })).status, 200);
      assert.equal(asked, 0);
    });
    await withGateway(pressed('disk', 60), async (run) => {
      assert.equal((await run.api({ path: `/v1/batches/${BATCH_ID}`, key })).status, 200);
    });
  });

  for (const [what, error, said] of [
    [
      'a wait that is known',
      new GatewayError('city.unreachable', 'x', { details: { retryAfterSeconds: 90 } }),
      '90',
    ],
    ['no wait that is known', new GatewayError('claim.lost', 'x'), '5'],
    [
      'a wait that cannot be',
      new GatewayError('claim.lost', 'x', { details: { retryAfterSeconds: -3 } }),
      '5',
    ],
  ] as const)
    it(`sets Retry-After for every 503 with ${what}`, async () => {
      await withGateway({ readBatch: () => Promise.reject(error) }, async (run) => {
        const raw = await fetch(`${run.url}/v1/batches/${BATCH_ID}`, {
          headers: { authorization: `Bearer ${key}` },
        });
        assert.deepEqual([raw.status, raw.headers.get('retry-after')], [503, said]);
      });
    });
});

describe('a dry run', () => {
  it('hands on the same upload as a batch and gives its report', async () => {
    const seen: { upload: Upload; bytes: string }[] = [];
    const read = async (upload: Upload): Promise<void> => {
      const pieces: Buffer[] = [];
      for await (const piece of upload.body) pieces.push(piece as Buffer);
      seen.push({ upload, bytes: Buffer.concat(pieces).toString() });
    };
    await withGateway(
      {
        receiveBatch: async (upload) => {
          await read(upload);
          return { id: BATCH_ID, status: 'received' };
        },
        validate: async (upload) => {
          await read(upload);
          return validationReport();
        },
      },
      async (run) => {
        for (const [type, body] of [
          ['text/csv; charset=gbk', 'a\n1\n'],
          [FORM_TYPE, form(file('a\n1\n', { type: 'text/csv; charset=gbk' }))],
        ] as const) {
          const headers = { 'content-type': type };
          const [batch, dry] = await Promise.all(
            UPLOADS.map((path) => run.api({ method: 'POST', path, key, headers, body })),
          );
          assert.deepEqual([batch?.status, dry?.status], [202, 200]);
          assert.deepEqual(dry?.body, validationReport());
        }
        assert.equal(seen.length, 4);
        for (const { upload, bytes } of seen)
          assert.deepEqual([upload.format, upload.charset, bytes], ['csv', 'gbk', 'a\n1\n']);
      },
    );
  });

  it('is refused as the batch would be', async () => {
    await withGateway({}, async (run) => {
      const path = UPLOADS[1] ?? '';
      const send = (headers: Record<string, string>, body: string | Buffer = 'a') =>
        run.api({ method: 'POST', path, key, headers, body });
      assert.equal((await send({ 'content-type': 'text/html' })).status, 415);
      assert.equal((await send({ 'content-type': 'text/csv' }, Buffer.alloc(1001))).status, 413);
      assert.equal((await send({ 'content-type': FORM_TYPE }, form(file('a'), file('b')))).status, 400);
      const raw = openRaw(
        run.port,
        `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: text/csv\r\nContent-Length: 9\r\n\r\nabc`,
      );
      raw.socket.end();
      await raw.closed;
      assert.ok(!run.log.some(({ level }) => level === 'error'), JSON.stringify(run.log));
    });
  });
});

describe('the limit of requests', () => {
  const table = routes({} as HttpDeps, new AbortController().signal);

  it('is told by every answer under /v1, whatever it is', async () => {
    await withGateway({ requestsPerSecond: 600 }, async (run) => {
      const calls = table
        .filter(({ path }) => path.startsWith('/v1'))
        .flatMap(({ method, path }) =>
          [undefined, 'unknown', ...Object.values(KEYS)].map((as) => ({ method, path, as })),
        );
      for (const { method, path, as } of [...calls, { method: 'get', path: '/v1/nothing', as: key }]) {
        const answer = await fetch(run.url + path.replace(':source', SOURCE).replaceAll(':', ''), {
          method,
          headers: {
            'content-type': 'text/csv',
            ...(as === undefined ? {} : { authorization: `Bearer ${as}` }),
          },
          ...(method === 'post' ? { body: 'a' } : {}),
        });
        await answer.text();
        assert.match(answer.headers.get('ratelimit') ?? '', /^"600-in-1sec"; r=\d+; t=[01]$/, path);
        const policy = answer.headers.get('ratelimit-policy') ?? '';
        assert.match(policy, /^"600-in-1sec"; q=600; w=1; pk=:[A-Za-z0-9+/=]+:$/, path);
      }
    });
  });

  it('is one of each key: what one has left is not touched by another', async () => {
    await withGateway({ requestsPerSecond: 600 }, async (run) => {
      const ask = async (as: string) => {
        const { headers } = await run.api({ path: '/v1/notices', key: as });
        const [left, account] = [headers.get('ratelimit'), headers.get('ratelimit-policy')];
        return {
          left: Number(/r=(\d+)/.exec(left ?? '')?.[1]),
          account: /pk=(.*)$/.exec(account ?? '')?.[1],
        };
      };
      const own = [await ask(key), await ask(key)];
      const other = await ask(KEYS.otherAgency);
      assert.ok(other.left >= (own[1]?.left ?? 0));
      assert.equal(other.left, 599);
      assert.equal(own[0]?.account, own[1]?.account);
      assert.notEqual(own[0]?.account, other.account);
    });
  });

  it('is told with the refusal too, together with the wait', async () => {
    await withGateway({ requestsPerSecond: 1 }, async (run) => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => run.api({ path: '/v1/notices', key })),
      );
      const refused = answers.filter(({ status }) => status === 429);
      assert.ok(refused.length > 10);
      for (const { headers } of refused) {
        assert.match(headers.get('ratelimit') ?? '', /r=0/);
        assert.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/);
      }
      createOpenapiCheck()(refused[0]!);
    });
  });
});
