import assert from 'node:assert/strict';
import type { HttpDeps } from '../../../src/http/deps.js';
import { routes } from '../../../src/http/routes.js';
import { BATCH_ID, KEYS, RECORD_ID, startFakeGateway, type FakeGateway } from '../../helpers/fake-gateway.js';

const PLACES: Readonly<Record<string, string>> = {
  ':source': 'market-regulation-penalty',
  ':type': 'administrative-penalty',
  ':record': RECORD_ID,
  ':date': '2026-06-29',
  ':replay': RECORD_ID,
};
const pathOf = (route: string): string =>
  route.replaceAll(/:\w+/g, (name) => (route.includes('batches/:id') ? BATCH_ID : (PLACES[name] ?? 'N-1')));
const table = routes({} as HttpDeps, new AbortController().signal);

/** What a route cannot be called without. */
const QUERY: Readonly<Record<string, string>> = {
  '/v1/sources/:source/no-data': '?period=2026-06',
  '/v1/scorecard': '?month=2026-06',
  '/v1/scorecard.csv': '?month=2026-06',
  '/v1/records': '?type=administrative-penalty',
};

/** What a body cannot be without. */
const BODY: Readonly<Record<string, object>> = {
  '/v1/records/search': { type: 'administrative-penalty' },
  '/v1/batches/:id/replay': { reason: 'a mapping of its own' },
  '/v1/sources/:source/replay': {
    from: '2026-06-01T00:00:00Z',
    to: '2026-06-30T00:00:00+08:00',
    reason: 'a mapping of its own',
  },
};

const bodyOf = (route: string): object => ({
  ...BODY[route],
  ...(/\/(pause|withdrawal|reinstatement|replay|cancel|retry|repair)$/.test(route)
    ? { reason: 'for a while' }
    : {}),
  ...(route.endsWith(':destination/replay') ? { recordType: 'administrative-penalty' } : {}),
});

describe('who may call', () => {
  let run: FakeGateway;
  before(async () => {
    // Who may read the metrics with a key; that programs on this machine need none is a test of its own.
    run = await startFakeGateway({ areMetricsOpen: false });
  });
  after(() => run.server.stop());

  for (const { method, path: route, callers, json } of table) {
    const sent = {
      method: method.toUpperCase(),
      path: `${pathOf(route)}${QUERY[route] ?? ''}`,
      ...(json === undefined ? {} : { json: bodyOf(route) }),
      ...(/\/(batches|validations)$/.test(route)
        ? { headers: { 'content-type': 'text/csv' }, body: 'a\n' }
        : {}),
    };
    it(`lets ${[callers].flat().join(', ')} call ${method} ${route}, and nobody else`, async () => {
      if (callers === 'anybody') {
        assert.equal((await run.api(sent)).status, 200);
        return;
      }
      for (const [name, key] of Object.entries(KEYS)) {
        const role = name === 'otherAgency' ? 'agency' : (name as 'agency' | 'city' | 'operator' | 'auditor');
        const { status } = await run.api({ ...sent, key });
        const isOthers = name === 'otherAgency' && /sources\/|batches|records\/:/.test(route);
        if (!callers.includes(role)) assert.equal(status, 403, name);
        else if (isOthers) assert.equal(status, 404, name);
        else assert.ok(status < 300, `${name}: ${status}`);
      }
      for (const key of [undefined, 'unknown-key']) {
        const answer = await run.api({ ...sent, key });
        assert.deepEqual([answer.status, answer.body['code']], [401, 'auth.key-required']);
      }
    });
  }

  it('takes a key only from a well-formed Authorization header', async () => {
    for (const authorization of [
      KEYS.agency,
      `Basic ${KEYS.agency}`,
      'Bearer',
      `Bearer ${KEYS.agency} more`,
      `Bearer ${'k'.repeat(513)}`,
    ])
      assert.equal(
        (await run.api({ path: '/v1/notices', headers: { authorization } })).status,
        401,
        authorization,
      );
    assert.equal(
      (await run.api({ path: '/v1/notices', headers: { authorization: `bearer ${KEYS.agency}` } })).status,
      200,
    );
  });

  it('knows only the routes of the table', async () => {
    for (const path of [
      '/',
      '/v1',
      '/v1/status/all',
      '/metrics.txt',
      '/v1/batches',
      '/docs/package.json',
      '/docs/..%2findex.js',
    ])
      assert.equal((await run.api({ path, key: KEYS.operator })).status, 404, path);
    assert.equal((await run.api({ path: '/v1/nothing' })).status, 401);
  });

  it('refuses another method with 405 and names the ones there are', async () => {
    const answer = await run.api({ method: 'DELETE', path: '/v1/notices', key: KEYS.agency });
    assert.deepEqual([answer.status, answer.body['code']], [405, 'request.method-not-allowed']);
    assert.equal(answer.headers.get('allow'), 'POST, GET, HEAD');
    for (const method of ['PUT', 'OPTIONS'])
      assert.equal((await run.api({ method, path: '/livez' })).status, 405, method);
    assert.equal((await run.api({ method: 'HEAD', path: '/livez' })).status, 200);
  });

  it('keeps answers out of caches and gives no entity tags', async () => {
    const { headers } = await run.api({ path: `/v1/batches/${BATCH_ID}`, key: KEYS.agency });
    assert.deepEqual([headers.get('cache-control'), headers.get('etag')], ['no-store', null]);
  });
});

describe('how often one may call', () => {
  let run: FakeGateway;
  before(async () => {
    run = await startFakeGateway({ requestsPerSecond: 5 });
  });
  after(() => run.server.stop());

  const call = (key: string | undefined, times: number): Promise<number[]> =>
    Promise.all(
      Array.from({ length: times }, async () => (await run.api({ path: '/v1/notices', key })).status),
    );
  const count = (statuses: readonly number[], status: number): number =>
    statuses.filter((each) => each === status).length;

  it('counts each key by itself', async () => {
    const [many, few] = await Promise.all([call(KEYS.agency, 30), call(KEYS.otherAgency, 3)]);
    assert.ok(count(many, 429) >= 15, many.join());
    assert.deepEqual(few, [200, 200, 200]);
  });

  it('counts all unknown keys of one address together', async () => {
    const guesses = Array.from({ length: 30 }, (_, i) => call(`guess-${i}`, 1));
    const statuses = (await Promise.all(guesses)).flat();
    assert.ok(count(statuses, 429) >= 15, statuses.join());
    assert.deepEqual(await call(KEYS.otherAgency, 1), [200]);
  });

  it('says when to try again', async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => run.api({ path: '/v1/notices', key: KEYS.agency })),
    );
    const refused = answers.find(({ status }) => status === 429);
    assert.equal(refused?.body['code'], 'request.too-many');
    assert.equal(refused.headers.get('retry-after'), '1');
  });
});
