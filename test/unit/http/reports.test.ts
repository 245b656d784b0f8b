// The reports of a batch as files: they arrive whole, or it is seen that they did not.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { GatewayError } from '../../../src/core/errors.js';
import type { HttpDeps } from '../../../src/http/deps.js';
import { BATCH_ID, KEYS, startFakeGateway, type FakeGateway } from '../../helpers/fake-gateway.js';
import { openRaw } from '../../helpers/raw-http.js';
import { until } from '../../helpers/until.js';

const CSV = `/v1/batches/${BATCH_ID}/problems.csv`;
const JSON_OR_CSV = `/v1/batches/${BATCH_ID}/problems`;
const CORRECTION = `/v1/batches/${BATCH_ID}/correction.xlsx`;
const TEMPLATE = '/v1/templates/administrative-penalty.xlsx';
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const PIECE = 'x'.repeat(65_536);
const ENOUGH = 1000;
const key = KEYS.agency;
const notSettled = new GatewayError('batch.not-settled', 'Not yet.', { details: { status: 'processing' } });

/** A gateway of one test. */
async function withGateway(
  deps: Partial<HttpDeps>,
  test: (run: FakeGateway) => Promise<void>,
): Promise<void> {
  const run = await startFakeGateway(deps);
  try {
    await test(run);
  } finally {
    await run.server.stop(100);
  }
}

/** Asks without a client that hides how an answer ends. */
async function ask(run: FakeGateway, path: string): Promise<http.IncomingMessage> {
  const request = http.get(`${run.url}${path}`, {
    headers: { authorization: `Bearer ${key}` },
    agent: false,
  });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  return response;
}

describe('the problems of a batch', () => {
  const pieces = async function* (): AsyncGenerator<string> {
    yield '\ufeff行号\r\n';
    yield await Promise.resolve('2\r\n');
  };

  it('are JSON where nothing else is asked for, CSV where that is', async () => {
    await withGateway({ problemsCsv: pieces }, async (run) => {
      for (const [accept, type] of [
        ['*/*', 'application/json; charset=utf-8'],
        ['application/json', 'application/json; charset=utf-8'],
        ['text/html', 'application/json; charset=utf-8'],
        ['text/csv, application/json', 'text/csv; charset=utf-8'],
        ['application/json;q=0.5, text/csv', 'text/csv; charset=utf-8'],
        ['text/csv', 'text/csv; charset=utf-8'],
      ] as const) {
        const answer = await run.api({ path: JSON_OR_CSV, key, headers: { accept } });
        assert.equal(answer.headers.get('content-type'), type, accept);
        assert.equal(answer.headers.get('vary'), 'Accept');
      }
    });
  });

  it('are a file with a name of ASCII at the address of the CSV, in no cache', async () => {
    await withGateway({ problemsCsv: pieces }, async (run) => {
      const { headers, text: csv } = await run.api({ path: CSV, key });
      assert.equal(headers.get('content-disposition'), `attachment; filename=problems-${BATCH_ID}.csv`);
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.equal(csv.replace('\ufeff', ''), '行号\r\n2\r\n');
      const asked = await run.api({ path: JSON_OR_CSV, key, headers: { accept: 'text/csv' } });
      assert.equal(asked.headers.get('content-disposition'), headers.get('content-disposition'));
    });
  });

  it('come no faster than they are read', async () => {
    let given = 0;
    const endless = async function* (): AsyncGenerator<string> {
      for (; given < ENOUGH; given += 1) yield await Promise.resolve(PIECE);
    };
    await withGateway({ problemsCsv: endless }, async (run) => {
      const answer = await ask(run, CSV);
      await rests(() => given);
      assert.ok(given < ENOUGH / 2, `${given} pieces`);
      assert.equal((await buffer(answer)).length, ENOUGH * PIECE.length);
    });
  });

  it('are looked for no longer when their reader has gone', async () => {
    let isReleased = false;
    const endless = async function* (): AsyncGenerator<string> {
      try {
        for (;;) yield await Promise.resolve(PIECE);
      } finally {
        isReleased = true;
      }
    };
    await withGateway({ problemsCsv: endless }, async (run) => {
      const answer = await ask(run, CSV);
      answer.destroy();
      await until(() => isReleased);
      assert.ok(!run.log.some(({ level }) => level === 'error'), JSON.stringify(run.log));
    });
  });

  it('of another agency are unknown in every form', async () => {
    await withGateway({}, async (run) => {
      for (const path of [CSV, JSON_OR_CSV, CORRECTION]) {
        const answer = await run.api({ path, key: KEYS.otherAgency, headers: { accept: 'text/csv' } });
        assert.deepEqual([answer.status, answer.body['code']], [404, 'batch.unknown'], path);
        assert.equal(answer.headers.get('content-disposition'), null);
      }
    });
  });
});

describe('a correction workbook', () => {
  it('is a file with a name of ASCII, in no cache', async () => {
    await withGateway({}, async (run) => {
      const { headers, text: bytes } = await run.api({ path: CORRECTION, key });
      assert.deepEqual(
        ['content-type', 'content-disposition', 'cache-control'].map((name) => headers.get(name)),
        [XLSX, `attachment; filename=correction-${BATCH_ID}.xlsx`, 'no-store'],
      );
      assert.equal(bytes, 'PK');
    });
  });

  it('has all rows, or those with problems', async () => {
    const asked: boolean[] = [];
    const writeCorrection: HttpDeps['writeCorrection'] = async (_id, { onlyFaulty }, out) => {
      asked.push(onlyFaulty);
      await Promise.resolve(out.end('PK'));
    };
    await withGateway({ writeCorrection }, async (run) => {
      for (const query of ['', '?rows=all', '?rows=faulty'])
        assert.equal((await run.api({ path: CORRECTION + query, key })).status, 200);
      assert.deepEqual(asked, [false, false, true]);
      for (const query of ['?rows=none', '?rows=', '?rows=all&rows=all']) {
        const answer = await run.api({ path: CORRECTION + query, key });
        assert.deepEqual([answer.status, answer.body['parameter']], [400, 'rows'], query);
      }
      assert.equal(asked.length, 3);
    });
  });

  it('of a batch that has not settled is refused with 409, and no file is offered', async () => {
    const writeCorrection = () => Promise.reject(notSettled);
    await withGateway({ writeCorrection }, async (run) => {
      const answer = await run.api({ path: CORRECTION, key });
      assert.deepEqual([answer.status, answer.body['code']], [409, 'batch.not-settled']);
      assert.equal(answer.headers.get('content-disposition'), null);
    });
  });

  it('that nobody can begin is a failure, although whoever writes destroys what it writes into', async () => {
    const writeCorrection: HttpDeps['writeCorrection'] = (_id, _options, out) => {
      out.destroy(new Error('inside'));
      return Promise.reject(new Error('inside'));
    };
    await withGateway({ writeCorrection }, async (run) => {
      const answer = await run.api({ path: CORRECTION, key });
      assert.deepEqual([answer.status, answer.body['code']], [500, 'internal.unexpected']);
    });
  });

  it('tells by HEAD what GET would answer, and writes no more than its beginning', async () => {
    let written = 0;
    const writeCorrection: HttpDeps['writeCorrection'] = async (id, _options, out) => {
      if (written === 0) await Promise.resolve();
      if (id !== BATCH_ID) throw notSettled;
      for (; written < ENOUGH && !out.destroyed; written += 1) await writeTo(out);
    };
    await withGateway({ writeCorrection }, async (run) => {
      const answer = await run.api({ method: 'HEAD', path: CORRECTION, key });
      assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, XLSX]);
      assert.ok(written < 10, `${written} pieces`);
      assert.ok(!run.log.some(({ level }) => level === 'error'), JSON.stringify(run.log));
    });
    await withGateway({ writeCorrection: () => Promise.reject(notSettled) }, async (run) => {
      assert.equal((await run.api({ method: 'HEAD', path: CORRECTION, key })).status, 409);
    });
  });
});

for (const [what, path, writer] of [
  ['a correction workbook', CORRECTION, 'writeCorrection'],
  ['a template', TEMPLATE, 'writeTemplate'],
] as const) {
  const writing = (write: (out: Writable) => Promise<void>): Partial<HttpDeps> =>
    writer === 'writeCorrection'
      ? { writeCorrection: (_id, _options, out) => write(out) }
      : { writeTemplate: (_type, out) => write(out) };

  describe(`${what} under way`, () => {
    it('that fails in the middle resets the connection, and the failure is told to us', async () => {
      const half = async (out: Writable): Promise<void> => {
        await writeTo(out);
        throw new Error('inside');
      };
      await withGateway(writing(half), async (run) => {
        const answer = await ask(run, path);
        assert.equal(answer.statusCode, 200);
        await assert.rejects(buffer(answer), { code: 'ECONNRESET' });
        const line = run.log.find(({ level }) => level === 'error');
        assert.equal(line?.msg, 'File broke off while it was sent');
      });
    });

    it('does not look whole to a reader by HTTP/1.0 when it fails in the middle', async () => {
      let isRead = false;
      const half = async (out: Writable): Promise<void> => {
        await writeTo(out);
        await until(() => isRead);
        throw new Error('inside');
      };
      await withGateway(writing(half), async (run) => {
        const head = `GET ${path} HTTP/1.0\r\nAuthorization: Bearer ${key}\r\n\r\n`;
        const { socket, received } = openRaw(run.port, head);
        const failed = once(socket, 'error') as Promise<[NodeJS.ErrnoException]>;
        const ended = once(socket, 'end').then(() => 'ended as if it were whole');
        isRead = await until(() => received().length > PIECE.length);
        assert.equal(await Promise.race([failed.then(([{ code }]) => code), ended]), 'ECONNRESET');
      });
    });

    it('comes no faster than it is read, and whole', async () => {
      let written = 0;
      const all = async (out: Writable): Promise<void> => {
        for (; written < ENOUGH; written += 1) await writeTo(out);
      };
      await withGateway(writing(all), async (run) => {
        const answer = await ask(run, path);
        await rests(() => written);
        assert.ok(written < ENOUGH / 2, `${written} pieces`);
        assert.equal((await buffer(answer)).length, ENOUGH * PIECE.length);
      });
    });

    it('is destroyed when its reader has gone', async () => {
      let isClosed = false;
      const endless = async (out: Writable): Promise<void> => {
        out.once('close', () => (isClosed = true));
        while (!out.destroyed) await writeTo(out);
        throw new Error('The reader has gone.');
      };
      await withGateway(writing(endless), async (run) => {
        (await ask(run, path)).destroy();
        await until(() => isClosed);
        assert.ok(!run.log.some(({ level }) => level === 'error'), JSON.stringify(run.log));
      });
    });

    it('is left by us when its reader takes not a byte for too long, but not when we are slow', async () => {
      let isClosed = false;
      const endless = async (out: Writable): Promise<void> => {
        out.once('close', () => (isClosed = true));
        while (!out.destroyed) await writeTo(out);
        throw new Error('The reader has gone.');
      };
      await withGateway({ ...writing(endless), uploadIdleTimeoutMs: 300 }, async (run) => {
        const answer = await ask(run, path);
        await until(() => isClosed);
        await assert.rejects(buffer(answer), { code: 'ECONNRESET' });
      });
      const slow = async (out: Writable): Promise<void> => {
        for (let i = 0; i < 2; i += 1) {
          await writeTo(out);
          await once(AbortSignal.timeout(700), 'abort');
        }
      };
      await withGateway({ ...writing(slow), uploadIdleTimeoutMs: 300 }, async (run) => {
        assert.equal((await buffer(await ask(run, path))).length, 2 * PIECE.length);
      });
    });
  });
}

describe('correction workbooks', () => {
  it('are written two at once for a key and four in all; who comes later is told when to come again', async () => {
    const gates: (() => void)[] = [];
    const writeCorrection: HttpDeps['writeCorrection'] = async (_id, _options, out) => {
      await new Promise<void>((resolve) => gates.push(resolve));
      out.end('PK');
    };
    await withGateway({ writeCorrection }, async (run) => {
      const get = (as: string) => run.api({ path: CORRECTION, key: as });
      const first = [get(key), get(key)];
      await until(() => gates.length === 2);
      const refused = await get(key);
      assert.deepEqual([refused.status, refused.body['code']], [503, 'gateway.overloaded']);
      assert.deepEqual([refused.headers.get('retry-after'), refused.body['reason']], ['5', 'reports']);
      const others = [get(KEYS.operator), get(KEYS.auditor)];
      await until(() => gates.length === 4);
      assert.equal((await get(KEYS.operator)).status, 503);
      for (const open of gates) open();
      assert.deepEqual(
        (await Promise.all([...first, ...others])).map(({ status }) => status),
        [200, 200, 200, 200],
      );
      const again = get(key);
      await until(() => gates.length === 5);
      gates[4]?.();
      assert.equal((await again).status, 200);
    });
  });
});

async function writeTo(out: Writable): Promise<void> {
  if (out.write(PIECE) || out.destroyed) return;
  await new Promise<void>((resolve) => {
    const go = (): void => {
      out.off('drain', go).off('close', go);
      resolve();
    };
    out.on('drain', go).on('close', go);
  });
}

/** Resolves once a count has stood still for a while. */
async function rests(count: () => number): Promise<void> {
  for (let last = -1; last !== count();) {
    last = count();
    await once(AbortSignal.timeout(150), 'abort');
  }
}
