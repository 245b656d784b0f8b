// Asking a service for its pages: how they follow one another, where they end, and what must never be followed
// or believed. The service is a real one on this machine.
import assert from 'node:assert/strict';
import dns, { type LookupAddress } from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { gzipSync } from 'node:zlib';
import type { HttpPullSettings, PullPaging } from '../../../../src/core/configuration.js';
import { isGatewayError, type ErrorCode, type GatewayError } from '../../../../src/core/errors.js';
import { askPages } from '../../../../src/intake/http-pull/ask-pages.js';
import { createAuthorizer } from '../../../../src/intake/http-pull/authorize.js';
import type { Token } from '../../../../src/intake/http-pull/token.js';
import { createHttpClient } from '../../../../src/platform/http-client.js';
import { openHttpService, type HttpService } from '../../../helpers/http-service.js';
import { LIMITS } from '../../../helpers/parsed-entries.js';

const NOW = new Date('2026-06-30T04:00:00Z');
const LOOPBACK = ['127.0.0.0/8'];

interface Options {
  readonly ranges?: readonly string[] | undefined;
  readonly maxAnswerBytes?: number;
  readonly since?: string;
  readonly signal?: AbortSignal;
}

describe('the pages of an HTTP service', () => {
  let service: HttpService;
  beforeEach(async () => {
    service = await openHttpService();
  });
  afterEach(() => service.close());

  const ask = async (settings: Partial<HttpPullSettings> = {}, options: Options = {}): Promise<string[]> => {
    const { ranges = LOOPBACK, maxAnswerBytes = 1 << 20, since } = options;
    const client = createHttpClient({
      maxAnswerBytes,
      ...('ranges' in options && options.ranges === undefined ? {} : { allowedRanges: ranges }),
    });
    const whole: HttpPullSettings = {
      url: service.url,
      schedule: '',
      timeoutMs: 2000,
      maxPages: 10,
      ...settings,
    };
    const needs = {
      source: 'a-penalty',
      send: client.send,
      signal: options.signal ?? new AbortController().signal,
      clock: () => NOW,
      readSecret: async () => 'the-secret',
      tokens: new Map<string, Token>(),
    };
    const rows: string[] = [];
    try {
      const pages = askPages(since, {
        ...needs,
        settings: whole,
        limits: LIMITS,
        authorizer: createAuthorizer(whole, needs),
      });
      for await (const page of pages) rows.push(...page.map(({ text }) => text));
      return rows;
    } finally {
      client.close();
    }
  };
  const failure = async (
    settings: Partial<HttpPullSettings> = {},
    options: Options = {},
    code: ErrorCode = 'pull.failed',
  ): Promise<GatewayError> => {
    const error = await ask(settings, options).then(
      () => assert.fail('It answered.'),
      (reason: unknown) => reason,
    );
    assert.ok(isGatewayError(error, code), String(error));
    assert.doesNotMatch(JSON.stringify(error, Object.getOwnPropertyNames(error)), /the-secret|personal/);
    if (code === 'pull.failed') assert.match(error.message, /a-penalty/);
    return error;
  };
  const asked = (name: string): (string | null)[] =>
    service.asked.map(({ url }) => url.searchParams.get(name));
  const numbers = (from: number, count: number): { n: number }[] =>
    Array.from({ length: count }, (_, i) => ({ n: from + i }));
  const texts = (count: number): string[] => numbers(0, count).map((row) => JSON.stringify(row));
  /** Answers as a service with so many rows does, which gives no more than `size` of them a page. */
  const serveRows = (count: () => number, size: number, first = 1): void => {
    service.answer = ({ url }) => {
      const page = Number(url.searchParams.get('page')) - first;
      return {
        body: {
          list: numbers(page * size, Math.max(0, Math.min(size, count() - page * size))),
          total: count(),
        },
      };
    };
  };

  describe('by number', () => {
    const paging = { kind: 'page', parameter: 'page', first: 1 } as const;
    const sized = { ...paging, sizeParameter: 'size', size: 10 };
    const rows = 'list';

    it('end with an empty page, or with one that is shorter than the others', async () => {
      serveRows(() => 20, 10);
      assert.deepEqual(await ask({ paging, rows }), texts(20));
      assert.deepEqual(asked('page'), ['1', '2', '3']);
      service.asked.length = 0;
      serveRows(() => 15, 10, 0);
      assert.deepEqual(await ask({ paging: { ...sized, first: 0 }, rows }), texts(15));
      assert.deepEqual(asked('page'), ['0', '1']);
      assert.deepEqual(asked('size'), ['10', '10']);
    });

    it('are asked with what the address says already, and from the value where the last pull ended', async () => {
      const since = { parameter: 'from', column: 'at', overlapSeconds: 0 };
      await ask({ url: `${service.url}?kind=a%2Bb`, paging, since }, { since: '2026-06-01 08:00:00+08:00' });
      assert.deepEqual([asked('kind'), asked('from')], [['a+b'], ['2026-06-01 08:00:00+08:00']]);
      await ask({ url: service.url, since });
      assert.equal(asked('from').at(-1), null);
    });

    it('end with the last of all rows where the service says how many there are, short pages or not', async () => {
      serveRows(() => 25, 5);
      assert.deepEqual(await ask({ paging: { ...sized, total: 'total' }, rows }), texts(25));
      assert.equal(service.asked.length, 5, 'it gives 5 rows a page, though 10 were asked for');
      // Services that give their last page for every page behind it.
      service.answer = ({ url }) => ({
        body: { list: numbers(url.searchParams.get('page') === '1' ? 0 : 10, 10), total: 20 },
      });
      assert.deepEqual(await ask({ paging: { ...sized, total: 'total' }, rows }), texts(20));
    });

    it('fail where they end before all rows were given', async () => {
      service.answer = ({ url }) => ({
        body: { list: url.searchParams.get('page') === '1' ? numbers(0, 10) : [], total: 25 },
      });
      assert.match(
        (await failure({ paging: { ...paging, total: 'total' }, rows })).message,
        /only 10 of 25 rows/,
      );
    });

    it('fail where the service does not know the parameter and gives the same page for ever', async () => {
      service.answer = () => ({ body: { list: numbers(0, 10) } });
      assert.match((await failure({ paging, rows })).message, /the pages 1 and 2/);
      assert.equal(service.asked.length, 2);
    });

    it('fail where there are more of them than may be', async () => {
      serveRows(() => 10_000, 10);
      assert.match((await failure({ paging, rows, maxPages: 4 })).message, /more than 4 pages/);
      assert.equal(service.asked.length, 4);
      assert.equal((await ask({ paging, rows, maxPages: 1001 })).length, 10_000);
    });

    it('give a row twice that moves to a later page while they are read', async () => {
      // Sorted by the time of the change: while page 1 is read, its first row is changed and goes to the end.
      const pages: Record<string, { n: number; v?: number }[]> = {
        1: numbers(0, 10),
        2: [...numbers(11, 9), { n: 0, v: 2 }],
      };
      service.answer = ({ url }) => ({ body: { list: pages[url.searchParams.get('page') ?? ''] ?? [] } });
      const given = await ask({ paging, rows });
      assert.deepEqual([given[0], given.at(-1)], ['{"n":0}', '{"n":0,"v":2}']);
      // The row that took its place on page 1 is not seen by this pull: the overlap of the next one has it.
      assert.ok(!given.includes('{"n":10}'));
    });
  });

  describe('by a cursor', () => {
    const paging: PullPaging = { kind: 'cursor', parameter: 'after', next: 'next' };
    const link: PullPaging = { kind: 'cursor', next: 'next' };
    const rows = 'list';
    let next: Record<string, unknown>;
    beforeEach(() => {
      service.answer = ({ url }) => {
        const after = url.searchParams.get('after') ?? '';
        return { body: { next: next[after], list: after === 'empty' ? [] : [{ after }] } };
      };
    });
    const follow = async (by: PullPaging): Promise<string[]> => {
      service.asked.length = 0;
      return (await ask({ paging: by, rows })).map((text) => (JSON.parse(text) as { after: string }).after);
    };

    it('follow one another until there is none, whatever characters it has', async () => {
      next = { '': '/9j+4&=?', '/9j+4&=?': 17, '17': '' };
      service.answer = ({ url }) => {
        const after = url.searchParams.get('after') ?? '';
        return { body: { next: { '': '/9j+4&=', '/9j+4&=': 17, '17': '' }[after], list: [{ after }] } };
      };
      assert.deepEqual(await follow(paging), ['', '/9j+4&=', '17']);
    });

    it('are asked on behind an empty page, and end where that one points at itself', async () => {
      next = { '': 'empty', empty: 'b', b: null };
      assert.deepEqual(await follow(paging), ['', 'b']);
      next = { '': 'empty', empty: 'empty' };
      assert.deepEqual(await follow(paging), ['']);
    });

    it('are followed by links of the same origin, absolute or relative', async () => {
      next = { '': `http://127.0.0.1:${service.port}/rows?after=b#top`, b: '?after=c', c: '/other?after=d' };
      assert.deepEqual(await follow(paging), ['', 'b', 'c', 'd']);
      assert.equal(service.asked.at(-1)?.url.pathname, '/other');
      next = { '': `http://u:p@127.0.0.1:${service.port}/rows?after=b`, b: 'rows?after=c' };
      assert.deepEqual(await follow(link), ['', 'b', 'c']);
      assert.ok(service.asked.every(({ headers }) => headers.authorization === undefined));
    });

    it('are not followed to another host, port or scheme', async () => {
      const other = await openHttpService();
      const authorization = { kind: 'api-key', header: 'x-key', secretFile: 'f' } as const;
      for (const by of [paging, link])
        for (const pointer of [
          `http://127.0.0.1:${other.port}/rows?after=b`,
          `http://localhost:${service.port}/rows?after=b`,
          `https://127.0.0.1:${service.port}/rows?after=b`,
          'http://169.254.169.254/latest/meta-data?x',
          '//192.0.2.1/rows?after=b',
          '/\\192.0.2.1/rows?after=b',
        ]) {
          next = { '': pointer };
          assert.match(
            (await failure({ paging: by, rows, authorization })).message,
            /page 1 to another host/,
          );
        }
      for (const pointer of ['file:///etc/passwd', 'http://[', 'data:application/json,[]']) {
        next = { '': pointer };
        assert.match((await failure({ paging: link, rows })).message, /another host/);
      }
      assert.equal(other.asked.length, 0);
      await other.close();
    });

    it('fail where they lead in a circle', async () => {
      next = { '': 'a', a: 'b', b: 'a' };
      const error = await failure({ paging, rows });
      assert.match(error.message, /from page 3 back to an earlier one/);
      assert.equal(service.asked.length, 3);
    });
  });

  it('fail with page and status where one is refused, and say when to come again', async () => {
    for (const status of [201, 206, 302, 400, 403, 404, 429, 500, 503]) {
      service.answer = () => ({
        status,
        headers: { 'retry-after': '7', location: '/elsewhere' },
        body: 'personal',
      });
      const error = await failure();
      assert.match(error.message, new RegExp(`page 1 with ${status}`));
      assert.deepEqual(error.details, {
        source: 'a-penalty',
        page: 1,
        httpStatus: status,
        retryAfterMs: 7000,
      });
    }
    assert.ok(
      service.asked.every(({ url }) => url.pathname === '/rows'),
      'no redirect is followed',
    );
    service.answer = () => ({ status: 204, body: '' });
    assert.deepEqual(await ask(), []);
  });

  it('fail where the answer is no UTF-8, or is packed in a way that is not read', async () => {
    const text = '[{"AJMC":"津滨市监"}]';
    const gbk = Buffer.from([...Buffer.from('[{"a":"'), 0xbd, 0xf2, 0xb1, 0xf5, ...Buffer.from('"}]')]);
    service.answer = () => ({ headers: { 'content-type': 'application/json; charset=GBK' }, body: gbk });
    assert.equal((await failure()).details['reason'], 'not-utf-8');
    service.answer = () => ({ headers: { 'content-encoding': 'unheard-of' }, body: gzipSync(text) });
    await failure();
    service.answer = () => ({ headers: { 'content-encoding': 'gzip' }, body: 'not packed' });
    await failure();
    service.answer = () => ({ headers: { 'content-encoding': 'gzip' }, body: gzipSync(`\uFEFF${text}`) });
    assert.deepEqual(await ask(), ['{"AJMC":"津滨市监"}']);
  });

  it('fail where an answer is too large, and unpack no more of it than may be', async () => {
    const bomb = gzipSync(Buffer.alloc(200 << 20, ' '));
    service.answer = () => ({ headers: { 'content-encoding': 'gzip' }, body: bomb });
    const before = process.memoryUsage().rss;
    assert.equal((await failure()).details['reason'], 'too-large');
    assert.ok(process.memoryUsage().rss - before < 100 << 20);
    service.answer = () => ({ body: JSON.stringify(numbers(0, 1000)) });
    assert.equal((await failure({}, { maxAnswerBytes: 1000 })).details['reason'], 'too-large');
    assert.equal((await ask({}, { maxAnswerBytes: 100_000 })).length, 1000);
  });

  it('fail where no answer comes in time, the connection breaks, or the pull is ended', async () => {
    let isOver = (): void => undefined;
    service.answer = () => new Promise((resolve) => (isOver = () => resolve({ body: [] })));
    assert.equal((await failure({ timeoutMs: 50 })).details['reason'], 'time-out');
    isOver();
    const ending = new AbortController();
    service.answer = () => {
      ending.abort();
      return new Promise((resolve) => (isOver = () => resolve({ body: [] })));
    };
    assert.equal((await failure({}, { signal: ending.signal })).details['reason'], 'ERR_CANCELED');
    isOver();
    await service.close();
    assert.equal((await failure()).details['reason'], 'ECONNREFUSED');
    service = await openHttpService();
  });

  describe('at an address that is not public', () => {
    beforeEach(() => {
      service.answer = () => ({ body: [{ n: 0 }] });
    });
    const refused = (
      settings: Partial<HttpPullSettings> = {},
      ranges: readonly string[] = [],
    ): Promise<GatewayError> => failure(settings, { ranges }, 'address.not-allowed');

    it('are not asked for, however it is written, unless its range is allowed', async () => {
      const hosts = [
        '127.0.0.1',
        '127.1',
        '0.0.0.0',
        '0',
        '[::]',
        '[::1]',
        '[::ffff:127.0.0.1]',
        '[::ffff:7f00:1]',
        '[0:0:0:0:0:ffff:127.0.0.1]',
        '2130706433',
        '0x7f000001',
        '0177.0.0.1',
        '017700000001',
        'localhost',
        '169.254.169.254',
        '[fe80::1]',
        '100.64.0.1',
        '10.0.0.1',
        '172.16.0.1',
        '192.168.1.1',
        '[fd00::1]',
      ];
      for (const host of hosts) await refused({ url: `http://${host}:${service.port}/rows` });
      assert.equal(service.asked.length, 0);
      for (const host of ['127.0.0.1', '2130706433', '0177.0.0.1', '[::ffff:127.0.0.1]'])
        await ask({ url: `http://${host}:${service.port}/rows` }).catch((error: unknown) =>
          assert.ok(!isGatewayError(error, 'address.not-allowed'), host),
        );
      assert.ok(asked('page').length >= 3);
      // The guard is seen to be what holds: without one, the same address answers.
      assert.equal((await ask({}, { ranges: undefined })).length, 1);
    });

    it('are not asked for a token either', async () => {
      const authorization = {
        kind: 'oauth2',
        tokenUrl: `http://[::1]:${service.port}/token`,
        clientId: 'c',
        secretFile: 'f',
      } as const;
      await refused({ authorization }, LOOPBACK);
      assert.equal(service.asked.length, 0);
    });

    it('are not asked for where a redirect leads there', async () => {
      const inside = await openHttpService();
      service.answer = () => ({ status: 302, headers: { location: inside.url }, body: '' });
      await failure();
      assert.equal(inside.asked.length, 0);
      await inside.close();
    });

    it('are not asked for where a name leads there, at the moment of the connection', async () => {
      const genuine = dns.lookup;
      let found: LookupAddress[] = [];
      let lookups = 0;
      dns.lookup = ((
        _name: string,
        _options: unknown,
        done: (error: null, found: LookupAddress[]) => void,
      ) => {
        lookups += 1;
        done(null, found);
      }) as unknown as typeof dns.lookup;
      syncBuiltinESMExports();
      const url = `http://service.agency.example:${service.port}/rows`;
      const at = (...addresses: string[]): void => {
        found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
      };
      try {
        at('127.0.0.1');
        assert.equal((await ask({ url })).length, 1);
        assert.equal(lookups, 1, 'what was checked is what is connected to');
        // The name leads elsewhere now; one of several is enough.
        for (const address of ['10.0.0.1', '169.254.169.254', '::ffff:10.0.0.1', 'fd00::1', '0.0.0.0']) {
          at(address);
          await refused({ url }, LOOPBACK);
          at('127.0.0.1', address);
          await refused({ url }, LOOPBACK);
        }
        assert.equal(service.asked.length, 1);
      } finally {
        dns.lookup = genuine;
        syncBuiltinESMExports();
      }
    });
  });

  it('are asked for without a proxy, whatever the environment says', async () => {
    const proxy = await openHttpService();
    const before = process.env['http_proxy'];
    process.env['http_proxy'] = proxy.url;
    try {
      await ask();
    } finally {
      if (before === undefined) delete process.env['http_proxy'];
      else process.env['http_proxy'] = before;
    }
    assert.deepEqual([service.asked.length, proxy.asked.length], [1, 0]);
    await proxy.close();
  });
});
