// An agency's HTTP service as a way in: a real server, a real PostgreSQL, and the traps of incremental pulls.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { HttpPullSettings, Source } from '../../src/core/configuration.js';
import { isGatewayError, type ErrorCode, type GatewayError } from '../../src/core/errors.js';
import { movePlace, readPlace } from '../../src/db/source-pulls.js';
import { createHttpPull } from '../../src/intake/http-pull/http-pull.js';
import type { Pull, PulledDelivery } from '../../src/intake/pull.js';
import { receiveDelivery } from '../../src/intake/receive.js';
import { createHttpClient, type HttpClient } from '../../src/platform/http-client.js';
import { HEADINGS, penaltyRow } from '../../bench/penalty-rows.js';
import { createCapturedLogger, type LogLine } from '../helpers/captured-log.js';
import { openHttpService, type HttpService } from '../helpers/http-service.js';
import { NOW, openIntakeBench, SOURCE, type IntakeBench } from '../helpers/intake.js';
import { AGENCY } from '../helpers/penalties.js';

type Row = Record<string, unknown>;

const row = (n: number, at: string, extra: Row = {}): Row => ({
  ...Object.fromEntries(HEADINGS.map((heading, i) => [heading, penaltyRow(n, AGENCY)[i] ?? ''])),
  updatedAt: at,
  ...extra,
});

describe('an HTTP pull', () => {
  let bench: IntakeBench;
  let service: HttpService;
  let client: HttpClient;
  let lines: LogLine[];
  let ending: AbortController;
  let run: Pull;
  let beforeMove: () => void;
  let limits: Partial<Source['limits']>;
  beforeEach(async () => {
    bench = await openIntakeBench();
    service = await openHttpService();
    client = createHttpClient({ allowedRanges: ['127.0.0.0/8'], maxAnswerBytes: 1 << 24 });
    ending = new AbortController();
    limits = {};
    beforeMove = () => undefined;
    run = makePull();
  });
  afterEach(async () => {
    client.close();
    await service.close();
    await bench.close();
  });

  const makePull = (): Pull => {
    const captured = createCapturedLogger();
    lines = captured.lines;
    const needs = {
      ...bench.site,
      ...bench,
      database: bench.test.database,
      clock: () => NOW,
      log: captured.log,
    };
    const upload = { declaredCharset: undefined, expectedDigests: new Map(), idempotencyKey: undefined };
    return createHttpPull({
      ...needs,
      limits: bench.site.configuration.gateway.limits,
      signal: ending.signal,
      send: client.send,
      readSecret: async () => 'the-secret',
      receive: (delivery) =>
        receiveDelivery(
          { ...upload, skipsSettled: true, maxBytes: 1 << 30, ...watched(delivery) },
          { ...needs, wake: () => Promise.resolve() },
        ),
    });
  };
  const watched = ({ alongside, ...delivery }: PulledDelivery): PulledDelivery => ({
    ...delivery,
    alongside: async (sql, id) => {
      beforeMove();
      await alongside?.(sql, id);
    },
  });
  const pull = async (settings: Partial<HttpPullSettings> = {}, isFull = false): Promise<void> => {
    const sample = bench.site.configuration.sources.find(({ id }) => id === SOURCE)!;
    const httpPull = {
      url: service.url,
      schedule: '0 0 * * * *',
      timeoutMs: 5000,
      maxPages: 10,
      ...settings,
    };
    await run(
      { ...sample, httpPull, ...(limits === undefined ? {} : { limits }) },
      { isFull, isSweep: false },
    );
    await bench.work();
  };
  const failure = async (
    settings: Partial<HttpPullSettings> = {},
    code: ErrorCode = 'pull.failed',
  ): Promise<GatewayError> => {
    const error = await pull(settings).then(
      () => assert.fail('It was pulled.'),
      (reason: unknown) => reason,
    );
    assert.ok(isGatewayError(error, code), String(error));
    assert.doesNotMatch(JSON.stringify(error, Object.getOwnPropertyNames(error)), /the-secret|津滨/);
    return error;
  };
  const counts = async (): Promise<Record<string, number>> => {
    const { rows } = await bench.test.database.query(
      `select count(*)::int as batches, coalesce(sum(received), 0)::int as received, coalesce(sum(new), 0)::int as new,
         coalesce(sum(amended), 0)::int as amended, coalesce(sum(unchanged), 0)::int as unchanged,
         coalesce(sum(duplicate), 0)::int as duplicate from batches`,
    );
    return rows[0] as Record<string, number>;
  };
  const countsAfter = async (settings: Partial<HttpPullSettings>): Promise<Record<string, number>> => {
    const before = await counts();
    await pull(settings);
    const after = Object.entries(await counts()).map(
      ([name, count]) => [name, count - (before[name] ?? 0)] as const,
    );
    return Object.fromEntries(after.filter(([, count]) => count > 0));
  };
  const place = async (): Promise<{ newest: unknown; seen: string[]; isStrict: boolean }> =>
    (await readPlace(bench.test.database, SOURCE)) as { newest: unknown; seen: string[]; isStrict: boolean };
  const storedFiles = (): Promise<string[]> => readdir(path.join(bench.folder, 'originals')).catch(() => []);
  const askedFrom = (): (string | null)[] => service.asked.map(({ url }) => url.searchParams.get('from'));
  /** Answers as a service does that gives the rows from a value on, by its column. */
  const serve = (
    rows: () => readonly Row[],
    isIn = (value: string, from: string): boolean => value >= from,
  ): void => {
    service.answer = ({ url }) => {
      const from = url.searchParams.get('from');
      return { body: rows().filter((each) => from === null || isIn(String(each['updatedAt']), from)) };
    };
  };

  const SINCE = { parameter: 'from', column: 'updatedAt', overlapSeconds: 60 };
  const since = SINCE;

  it('reads all pages as one batch, and nothing the second time', async () => {
    const rows = Array.from({ length: 25 }, (_, n) => row(n, '2026-06-01 08:00:00'));
    service.answer = ({ url }) => {
      const page = Number(url.searchParams.get('page'));
      return { body: { code: 0, data: { list: rows.slice((page - 1) * 10, page * 10) } } };
    };
    const paging = { kind: 'page', parameter: 'page', first: 1, sizeParameter: 'size', size: 10 } as const;
    assert.deepEqual(await countsAfter({ paging, rows: 'data.list' }), { batches: 1, received: 25, new: 25 });
    assert.equal(service.asked.length, 3);
    assert.deepEqual(await countsAfter({ paging, rows: 'data.list' }), {}, 'the same bytes have settled');
    assert.equal((await storedFiles()).length, 1);
  });

  it('asks from the newest row less the overlap, and takes what is at the edge or was committed late', async () => {
    const rows = [row(1, '2026-06-01 08:00:00'), row(2, '2026-06-01 09:00:00')];
    serve(() => rows);
    assert.deepEqual(await countsAfter({ since }), { batches: 1, received: 2, new: 2 });
    // At the same moment as the newest, committed late with an older time, and changed within the overlap.
    rows.push(row(3, '2026-06-01 09:00:00'), row(4, '2026-06-01 08:59:30'));
    rows[1] = row(2, '2026-06-01 09:00:00', { BZ: '更正' });
    assert.deepEqual(await countsAfter({ since }), { batches: 1, received: 3, new: 2, amended: 1 });
    assert.deepEqual(await countsAfter({ since }), {}, 'nothing new makes no batch');
    assert.deepEqual(askedFrom(), [null, '2026-06-01 08:59:00', '2026-06-01 08:59:00']);
    assert.equal((await place()).newest, '2026-06-01 09:00:00');
    assert.equal((await place()).seen.length, 3);
    // Later than the overlap is not seen: it must be longer than the longest transaction of the service.
    rows.push(row(5, '2026-06-01 08:00:00'));
    assert.deepEqual(await countsAfter({ since }), {});
    await pull({ since }, true);
    assert.equal(askedFrom().at(-1), null, 'a full pull asks from the beginning');
    const { received, new: added, unchanged } = await counts();
    assert.deepEqual({ received, added, unchanged }, { received: 10, added: 5, unchanged: 4 });
  });

  it('keeps no row by its content in the place', async () => {
    serve(() => [row(1, '2026-06-01 08:00:00')]);
    await pull({ since });
    assert.match(
      JSON.stringify(await place()),
      /^\{"seen":\["[0-9a-f]{32}"\],"column":"updatedAt","newest":"2026-06-01 08:00:00","isStrict":false\}$/,
    );
  });

  it('takes the rows that another one pushed off its page while it was read', async () => {
    const at = (second: number): string => `2026-06-01 08:00:${String(second).padStart(2, '0')}`;
    let rows = Array.from({ length: 8 }, (_, n) => row(n, at(n)));
    const paging = { kind: 'page', parameter: 'page', first: 0, size: 4 } as const;
    let asked = 0;
    service.answer = ({ url }) => {
      const from = url.searchParams.get('from') ?? '';
      const found = rows.filter((each) => String(each['updatedAt']) >= from);
      const page = Number(url.searchParams.get('page'));
      const body = found.slice(page * 4, page * 4 + 4);
      // Between page 1 and 2 the first row is changed and goes to the end: row 4 moves to page 1.
      if ((asked += 1) === 1) rows = [...rows.slice(1), row(0, at(30), { BZ: '更正' })];
      return { body };
    };
    assert.deepEqual(await countsAfter({ since, paging }), { batches: 1, received: 8, new: 7, amended: 1 });
    assert.deepEqual(await countsAfter({ since, paging }), { batches: 1, received: 1, new: 1 });
    assert.deepEqual(await countsAfter({ since, paging }), {});
  });

  it('takes one row alone for one row, though it holds a list', async () => {
    for (const list of [[], [{ a: 1 }]]) {
      serve(() => [row(1, '2026-06-01 08:00:00', { attachments: list })]);
      assert.equal((await countsAfter({}))['received'], 1);
    }
    const { rows } = await bench.test.database.query<{
      new: number;
      unchanged: number;
      warnings: { code: string }[];
    }>('select new, unchanged, warnings from batches order by received_at');
    assert.ok(rows.every(({ warnings }) => warnings.every(({ code }) => code !== 'batch.type-overridden')));
  });

  it('keeps the digits of numbers as the service wrote them', async () => {
    const text = JSON.stringify([row(1, 'x')]).replace('"BZ":""', '"BZ": 12345678901234567890');
    service.answer = () => ({ body: text });
    await pull();
    const { rows } = await bench.test.database.query<{ data: string }>('select data from record_versions');
    assert.match(rows[0]?.data ?? '', /12345678901234567890/);
  });

  it('fails as a whole where a page fails, and stores and moves nothing', async () => {
    const rows = Array.from({ length: 3000 }, (_, n) => row(n, '2026-06-01 08:00:00'));
    const paging = { kind: 'page', parameter: 'page', first: 0, size: 1000 } as const;
    const settings = { paging, rows: 'data', since, success: { at: 'code', equals: [0] } };
    await movePlace(bench.test.database, SOURCE, {
      column: 'updatedAt',
      newest: '2026-05-01 00:00:00',
      seen: [],
      isStrict: false,
    });
    const before = await place();
    for (const [second, said] of [
      [{ status: 500, body: {} }, /page 3 with 500/],
      [{ status: 429, headers: { 'retry-after': '7' }, body: {} }, /page 3 with 429/],
      [{ status: 302, headers: { location: 'http://10.0.0.1/' }, body: {} }, /page 3 with 302/],
      [{ body: '{"broken' }, /page 3 with what is no JSON/],
      [{ body: { code: 9, message: '津滨 no rights' } }, /page 3 with an error/],
      [{ body: { code: 0, data: 'none' } }, /no rows on page 3/],
      [{ body: '{"code":0,"data":[{"AJMC":"津滨","AJMC":""}]}' }, /page 3, row 1 .file.key-repeated/],
      [{ body: { code: 0, data: rows.slice(1000, 2000) } }, /the pages 2 and 3/],
    ] as const) {
      service.answer = ({ url }) => {
        const page = Number(url.searchParams.get('page'));
        return page < 2 ? { body: { code: 0, data: rows.slice(page * 1000, page * 1000 + 1000) } } : second;
      };
      const error = await failure(settings);
      assert.match(error.message, said);
      assert.match(error.message, new RegExp(SOURCE));
    }
    assert.equal((await counts())['batches'], 0);
    assert.deepEqual(await storedFiles(), []);
    assert.deepEqual(await place(), before);
  });

  it('stores and moves nothing where the headings are refused, and says why', async () => {
    serve(() => [
      { a: 1, updatedAt: '2026-06-01 08:00:00' },
      { a: 2, updatedAt: '2026-06-01 08:00:00' },
    ]);
    const error = await pull({ since }).catch((reason: unknown) => reason);
    assert.ok(isGatewayError(error) && error.code.startsWith('file.'), String(error));
    assert.deepEqual([await storedFiles(), await readPlace(bench.test.database, SOURCE)], [[], undefined]);
  });

  it('moves the place with the batch or not at all, and neither without its lease', async () => {
    serve(() => [row(1, '2026-06-01 08:00:00'), row(2, '2026-06-01 08:00:00')]);
    beforeMove = () => ending.abort(new Error('The lease is lost.'));
    await assert.rejects(pull({ since }), /lease is lost/);
    assert.equal((await counts())['batches'], 0);
    assert.deepEqual([await storedFiles(), await readPlace(bench.test.database, SOURCE)], [[], undefined]);
    ending = new AbortController();
    run = makePull();
    beforeMove = () => undefined;
    assert.deepEqual(await countsAfter({ since }), { batches: 1, received: 2, new: 2 });
    serve(() => []);
    service.answer = () => {
      setImmediate(() => ending.abort(new Error('The lease is lost.')));
      return { body: [] };
    };
    await assert.rejects(pull({ since }));
    assert.equal((await place()).newest, '2026-06-01 08:00:00');
  });

  it('moves no place where the commit of the batch fails', async () => {
    const { database } = bench.test;
    await database.query(
      `create function refuse_commit() returns trigger language plpgsql as
       $$ begin raise exception 'The commit is refused.'; end $$`,
    );
    await database.query(
      `create constraint trigger refuse_commit after insert on batches
       deferrable initially deferred for each row execute function refuse_commit()`,
    );
    serve(() => [row(1, '2026-06-01 08:00:00')]);
    await assert.rejects(pull({ since }), /commit is refused/);
    assert.deepEqual(
      [await storedFiles(), await readPlace(database, SOURCE), (await counts())['batches']],
      [[], undefined, 0],
    );
    await database.query('drop trigger refuse_commit on batches');
    assert.deepEqual(await countsAfter({ since }), { batches: 1, received: 1, new: 1 });
  });

  it('moves the place also where the bytes have been settled', async () => {
    serve(() => [row(1, '2026-06-01 08:00:00')]);
    await pull({ since });
    await movePlace(bench.test.database, SOURCE, null);
    assert.deepEqual(await countsAfter({ since }), {});
    assert.equal((await place()).newest, '2026-06-01 08:00:00');
  });

  it('refuses more rows than one delivery may have, rather than lose those behind the last', async () => {
    limits = { maxRows: 2 };
    serve(() => [1, 2, 3].map((n) => row(n, '2026-06-01 08:00:00')));
    assert.match((await failure({ since })).message, /more than the 2 rows/);
    limits = { maxRows: 3 };
    assert.deepEqual(await countsAfter({ since }), { batches: 1, received: 3, new: 3 });
  });

  describe('of a source that is loaded anew', () => {
    it('reads everything where the newest row is gone, and goes on from there', async () => {
      let rows = [row(1, '2026-06-01 08:00:00'), row(2, '2026-06-01 09:00:00')];
      serve(() => rows);
      await pull({ since });
      rows = [row(1, '2026-05-01 08:00:00'), row(3, '2026-05-01 09:00:00')];
      assert.deepEqual(await countsAfter({ since }), { batches: 1, received: 2, new: 1, unchanged: 1 });
      assert.deepEqual(askedFrom(), [null, '2026-06-01 08:59:00', null]);
      assert.equal((await place()).newest, '2026-05-01 09:00:00');
      assert.ok(lines.some(({ msg }) => /read again/.test(String(msg))));
      rows.push(row(4, '2026-05-01 10:00:00'));
      assert.deepEqual(await countsAfter({ since }), { batches: 1, received: 1, new: 1 });
      assert.equal(askedFrom().at(-1), '2026-05-01 08:59:00');
    });

    it('reads it once more when it is filled after it was empty', async () => {
      let rows = [row(1, '2026-06-01 08:00:00'), row(2, '2026-06-01 09:00:00')];
      serve(() => rows);
      await pull({ since });
      rows = [];
      assert.deepEqual(await countsAfter({ since }), {});
      rows = [row(1, '2026-05-01 08:00:00'), row(3, '2026-06-02 09:00:00')];
      assert.deepEqual(await countsAfter({ since }), { batches: 1, received: 2, new: 1, unchanged: 1 });
    });

    it('reads everything again only once where the service leaves out the value it is asked from', async () => {
      const rows = [row(1, '2026-06-01 08:00:00'), row(2, '2026-06-01 09:00:00')];
      serve(
        () => rows,
        (value, from) => value > from,
      );
      const strict = { ...since, overlapSeconds: 0 };
      await pull({ since: strict });
      await pull({ since: strict });
      assert.equal((await place()).isStrict, true);
      assert.equal(service.asked.length, 3);
      assert.deepEqual(await countsAfter({ since: strict }), {});
      assert.equal(service.asked.length, 4);
      rows.push(row(3, '2026-06-01 10:00:00'));
      assert.deepEqual(await countsAfter({ since: strict }), { batches: 1, received: 1, new: 1 });
      assert.deepEqual(await countsAfter({ since: strict }), {});
    });
  });

  it('is not led astray by a row with no moment, or one far ahead, and fails where no row has one', async () => {
    const rows = [row(1, '2026-06-01 08:00:00'), row(2, '9999-12-31 00:00:00'), row(3, '')];
    serve(
      () => rows,
      (value, from) => value === '' || value >= from,
    );
    assert.deepEqual(await countsAfter({ since }), { batches: 1, received: 3, new: 3 });
    assert.equal((await place()).newest, '2026-06-01 08:00:00');
    assert.deepEqual(await countsAfter({ since }), {}, 'they are given once');
    assert.match(
      (await failure({ since: { ...since, column: 'AJMC' } })).message,
      /no row whose AJMC is a moment/,
    );
  });

  it('begins anew where the column that tells changes is another one', async () => {
    const rows = [row(1, '2026-06-01 08:00:00', { changed: '20260601080000' })];
    serve(
      () => rows,
      () => true,
    );
    await pull({ since });
    await pull({ since: { ...since, column: 'changed' } });
    assert.deepEqual(askedFrom(), [null, null]);
    await pull({ since: { ...since, column: 'changed' } });
    assert.equal(askedFrom().at(-1), '20260601075900');
  });

  it('does not notice rows that are deleted at the service', async () => {
    let rows = [row(1, '2026-06-01 08:00:00'), row(2, '2026-06-01 09:00:00')];
    serve(() => rows);
    await pull({ since });
    rows = rows.slice(1);
    assert.deepEqual(await countsAfter({ since }), {});
    await pull({ since }, true);
    const { rows: versions } = await bench.test.database.query<{ count: number }>(
      'select count(*)::int as count from record_versions',
    );
    assert.equal(versions[0]?.count, 2);
  });

  it('keeps a token from one pull to the next', async () => {
    let given = 0;
    service.answer = ({ url, headers }) =>
      url.pathname === '/token'
        ? { body: { access_token: `t${(given += 1)}` } }
        : { status: headers.authorization === 'Bearer t1' ? 200 : 401, body: [row(1, 'x')] };
    const authorization = {
      kind: 'oauth2',
      tokenUrl: new URL('/token', service.url).href,
      clientId: 'c',
      secretFile: 'f',
    } as const;
    await pull({ authorization });
    await pull({ authorization });
    assert.equal(given, 1);
  });

  it('reads many pages as one batch, and remembers its rows at the edge', async () => {
    const paging = { kind: 'page', parameter: 'page', first: 0, size: 1000 } as const;
    service.answer = ({ url }) => {
      const from = Number(url.searchParams.get('page')) * 1000;
      return {
        body:
          from >= 5000 ? [] : Array.from({ length: 1000 }, (_, n) => row(from + n, '2026-06-01 08:00:00')),
      };
    };
    assert.deepEqual(await countsAfter({ paging, since, maxPages: 30 }), {
      batches: 1,
      received: 5000,
      new: 5000,
    });
    assert.equal((await place()).seen.length, 5000);
  });
});
