import assert from 'node:assert/strict';
import type { FeedQuery } from '../../../src/http/deps.js';
import { KEYS, startFakeGateway, type FakeGateway } from '../../helpers/fake-gateway.js';
import { openRaw } from '../../helpers/raw-http.js';
import { until } from '../../helpers/until.js';

const PATH = '/v1/feeds/records';
const key = KEYS.city;

describe('the feed over HTTP', () => {
  let run: FakeGateway;
  const asked: FeedQuery[] = [];
  before(async () => {
    run = await startFakeGateway({
      followFeed: async (query) => {
        asked.push(query);
        return [];
      },
    });
  });
  after(() => run.server.stop());

  const ask = async (query: string): Promise<Partial<FeedQuery>> => {
    const answer = await run.api({ path: PATH + query, key });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type')?.split(';')[0], 'application/cloudevents-batch+json');
    const { caller, lastEventId, limit, timeoutMs } = asked.at(-1)!;
    return { caller, lastEventId, limit, timeoutMs };
  };

  it('reads from the beginning, at once and a whole page unless told otherwise', async () => {
    assert.deepEqual(await ask(''), {
      caller: { keyId: '3', role: 'city', agency: null },
      lastEventId: undefined,
      limit: 1000,
      timeoutMs: 0,
    });
  });

  it('hands on where the reader is, how much and how long', async () => {
    const { lastEventId, limit, timeoutMs } = await ask('?lastEventId=42&limit=7&timeout=1500');
    assert.deepEqual([lastEventId, limit, timeoutMs], ['42', 7, 1500]);
  });

  it('clamps a limit above 1,000 and a timeout above a minute', async () => {
    for (const many of ['1001', '999999999999999999999999']) {
      const { limit, timeoutMs } = await ask(`?limit=${many}&timeout=${many.replace('1001', '60001')}`);
      assert.deepEqual([limit, timeoutMs], [1000, 60_000]);
    }
  });

  it('refuses a timeout that is no number', async () => {
    for (const timeout of ['soon', '-1', '1s', ''])
      assert.equal((await run.api({ path: `${PATH}?timeout=${timeout}`, key })).body['parameter'], 'timeout');
  });
});

describe('an answer of the feed', () => {
  const json = `{"id":"1","data":"${'津'.repeat(2000)}"}`;
  const headersFor = async (run: FakeGateway, accept: string | undefined): Promise<Response> =>
    fetch(new URL(PATH, run.url), {
      headers: {
        authorization: `Bearer ${key}`,
        ...(accept === undefined ? {} : { 'accept-encoding': accept }),
      },
    });

  it('is packed for a reader that accepts it, and for no other', async () => {
    const run = await startFakeGateway({ followFeed: async () => [{ json }] });
    try {
      for (const [accept, encoding] of [
        ['gzip', 'gzip'],
        ['gzip, deflate, br', 'gzip'],
        ['identity', null],
        ['gzip;q=0', null],
        ['br', null],
      ] as const) {
        const answer = await headersFor(run, accept);
        assert.equal(answer.headers.get('content-encoding'), encoding, accept);
        assert.match(answer.headers.get('vary') ?? '', /Accept-Encoding/);
        const length = Number(answer.headers.get('content-length'));
        assert.ok(encoding === null ? length > 6000 : length < 1000, `${accept} ${length}`);
        assert.deepEqual(await answer.json(), [JSON.parse(json)]);
      }
    } finally {
      await run.server.stop();
    }
  });

  it('is sent as it is where it is small', async () => {
    const run = await startFakeGateway();
    try {
      assert.equal((await headersFor(run, 'gzip')).headers.get('content-encoding'), null);
    } finally {
      await run.server.stop();
    }
  });
});

describe('a reader that waits', () => {
  const startWaiting = async () => {
    const ends: string[] = [];
    let waiting = 0;
    const run = await startFakeGateway({
      followFeed: ({ signal }) =>
        new Promise((resolve) => {
          waiting += 1;
          signal.addEventListener('abort', () => {
            ends.push('sent home');
            resolve([]);
          });
        }),
    });
    return { ...run, ends, waiting: () => waiting };
  };

  it('is let go when it has gone', async () => {
    const run = await startWaiting();
    const raw = openRaw(
      run.port,
      `GET ${PATH}?timeout=60000 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n\r\n`,
    );
    await until(() => run.waiting() === 1);
    raw.socket.destroy();
    await until(() => run.ends.length === 1);
    await run.server.stop();
  });

  it('gets an empty answer when the server stops', async () => {
    const run = await startWaiting();
    const answers = Array.from({ length: 20 }, () => run.api({ path: `${PATH}?timeout=60000`, key }));
    await until(() => run.waiting() === 20);
    await run.server.stop(60_000);
    for (const answer of await Promise.all(answers))
      assert.deepEqual([answer.status, answer.text], [200, '[]']);
  });
});

describe('a server that stops', () => {
  it('closes idle connections and takes no new ones', async () => {
    const run = await startFakeGateway();
    const idle = openRaw(run.port, 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => idle.received().includes('ok'));
    await run.server.stop(60_000);
    await idle.closed;
    await assert.rejects(run.api({ path: '/livez' }));
  });

  it('lets an answer under way go out', async () => {
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    let isAsked = false;
    const run = await startFakeGateway({
      isReady: async () => {
        isAsked = true;
        await gate;
        return true;
      },
    });
    const answer = run.api({ path: '/readyz' });
    await until(() => isAsked);
    const stopped = run.server.stop(60_000);
    open();
    assert.equal((await answer).status, 200);
    await stopped;
  });

  it('cuts off at its deadline what does not end', async () => {
    const run = await startFakeGateway({ isReady: () => new Promise(() => undefined) });
    const raw = openRaw(run.port, 'GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => raw.socket.bytesWritten > 0);
    await run.server.stop(100);
    await raw.closed;
  });

  it('rejects to listen on a busy port', async () => {
    const [run, other] = await Promise.all([startFakeGateway(), startFakeGateway()]);
    await other.server.stop();
    await assert.rejects(other.server.listen('127.0.0.1', run.port), { code: 'EADDRINUSE' });
    await run.server.stop();
  });
});
