// The folder as a way in, on real files and a real database: only complete files are taken, each once, and each
// leaves the folder with its report beside it.
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Source } from '../../src/core/configuration.js';
import { GatewayError, isGatewayError } from '../../src/core/errors.js';
import { insertBatch } from '../../src/db/batches.js';
import { dropBatch, releaseBatch } from '../../src/db/held-batches.js';
import type { FileReport } from '../../src/intake/folder/file-report.js';
import { createFolderPull, type FolderPullNeeds } from '../../src/intake/folder/folder-pull.js';
import type { PulledDelivery } from '../../src/intake/pull.js';
import { receiveDelivery, type Received } from '../../src/intake/receive.js';
import { createLogger } from '../../src/platform/logger.js';
import { NOW, openIntakeBench, SOURCE, type IntakeBench } from '../helpers/intake.js';
import { cleanPenalties, penaltiesCsv } from '../helpers/penalties.js';

const STABLE_MS = 5000;
const ONCE = { isFull: false, isSweep: false };

describe('the folder of a source', () => {
  let bench: IntakeBench;
  let inbox: string;
  let nowMs: number;
  let source: Source;
  let written: { batchId: string; folder: string; name: string }[];

  beforeEach(async () => {
    bench = await openIntakeBench();
    inbox = path.join(bench.folder, 'inbox');
    mkdirSync(inbox);
    nowMs = NOW.getTime();
    written = [];
    const configured = bench.site.configuration.sources.find(({ id }) => id === SOURCE)!;
    source = {
      ...configured,
      folder: { path: 'inbox', schedule: '*/10 * * * * *', stableMs: STABLE_MS, keepDays: 30 },
    };
  });
  afterEach(() => bench.close());

  const at = (...names: string[]): string => path.join(inbox, ...names);
  const lay = (name: string, content: string | Buffer = cleanPenalties(2)): void =>
    writeFileSync(at(name), content);
  const receive = (delivery: PulledDelivery): Promise<Received> =>
    receiveDelivery(
      {
        declaredCharset: undefined,
        expectedDigests: new Map(),
        idempotencyKey: undefined,
        maxBytes: 1 << 20,
        skipsSettled: true,
        ...delivery,
      },
      {
        ...bench.site,
        database: bench.test.database,
        originals: bench.originals,
        sealer: bench.sealer,
        clock: () => new Date(nowMs),
        log: createLogger('silent'),
        wake: () => Promise.resolve(),
      },
    );
  /** Makes a batch of bytes without looking into them. */
  const receiveUnread = async ({ body, alongside }: PulledDelivery): Promise<Received> => {
    const id = randomUUID();
    const bytes = await buffer(body);
    const { agency, type, mappings } = source;
    await bench.test.database.transaction(async (sql) => {
      await insertBatch(sql, {
        id,
        source: SOURCE,
        agency,
        recordType: type,
        mapping: mappings[0]!,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        bytes: bytes.length,
        reading: { format: 'ndjson', charset: 'utf-8', headingRow: 0, headings: [] },
        receivedAt: new Date(nowMs),
        warnings: [],
      });
      await alongside?.(sql, id);
    });
    return { id, status: 'received' };
  };
  /** Looks once, ten seconds after the last look. */
  const look = async (replaced: Partial<FolderPullNeeds> = {}, order = ONCE): Promise<void> => {
    nowMs += 10_000;
    await createFolderPull({
      database: bench.test.database,
      originals: bench.originals,
      sealer: bench.sealer,
      clock: () => new Date(nowMs),
      log: createLogger('silent'),
      signal: new AbortController().signal,
      receive,
      dataDir: bench.folder,
      reports: {
        write: async (batchId, target) => {
          written.push({ batchId, ...target });
        },
      },
      ...replaced,
    })(source, order);
  };
  /** Looks until all that can be done is done. */
  const settle = async (): Promise<void> => {
    await look();
    await look();
    await bench.work();
    await look();
  };
  const batches = async (): Promise<{ id: string; status: string; bytes: number }[]> =>
    (
      await bench.test.database.query<{ id: string; status: string; bytes: number }>(
        'select id, status, bytes from batches order by number',
      )
    ).rows;
  const notes = async (): Promise<number> =>
    (await bench.test.database.query('select from folder_files')).rowCount ?? 0;
  const report = (...names: string[]): FileReport =>
    JSON.parse(readFileSync(`${at(...names)}.report.json`, 'utf8')) as FileReport;
  const inFolder = (...names: string[]): string[] =>
    readdirSync(at(...names)).filter((name) => name !== 'done' && name !== 'refused');
  const fail = async (id: string): Promise<void> => {
    await bench.test.database.query(`update batches set status = 'failed' where id = $1`, [id]);
  };

  describe('takes a file only when it is complete:', () => {
    it('one that grows is left alone, however often it is looked at', async () => {
      lay('a.csv', '');
      for (let looks = 0; looks < 5; looks += 1) {
        appendFileSync(at('a.csv'), looks === 0 ? cleanPenalties(1) : '\r\n');
        await look();
      }
      assert.deepEqual(await batches(), []);
      assert.deepEqual(inFolder(), ['a.csv']);
    });

    it('one that grows under an old time, which its sender keeps setting, is left alone', async () => {
      for (let rows = 1; rows < 5; rows += 1) {
        lay('a.csv', cleanPenalties(rows));
        utimesSync(at('a.csv'), new Date('2020-01-01'), new Date('2020-01-01'));
        await look();
      }
      assert.deepEqual(await batches(), []);
      assert.deepEqual(inFolder(), ['a.csv']);
    });

    it('one that is written over at the same size is left alone', async () => {
      for (let n = 1; n < 5; n += 1) {
        lay('a.csv', penaltiesCsv([{ n }]));
        utimesSync(at('a.csv'), n, n);
        await look();
      }
      assert.deepEqual(await batches(), []);
      assert.deepEqual(inFolder(), ['a.csv']);
    });

    it('one that stands still is taken at the look that finds it so for long enough', async () => {
      lay('a.csv');
      await look();
      assert.deepEqual(await batches(), []);
      nowMs -= 10_000 - STABLE_MS + 1;
      await look();
      assert.deepEqual(await batches(), [], 'a millisecond too early');
      nowMs -= 10_000 - 1;
      await look();
      assert.equal((await batches()).length, 1);
      assert.deepEqual(inFolder(), ['a.csv'], 'until its batch has settled');
    });

    it('one that is marked is taken at once, and its mark leaves with it', async () => {
      lay('a.csv');
      lay('a.csv.done', '');
      await look();
      assert.equal((await batches()).length, 1);
      await bench.work();
      await look();
      assert.deepEqual(inFolder(), []);
      assert.deepEqual(inFolder('done').sort(), ['a.csv', 'a.csv.report.json']);
    });

    it('a mark that is older than the last change of its file says nothing', async () => {
      lay('a.csv.done', '');
      await new Promise((resolve) => setTimeout(resolve, 20));
      lay('a.csv');
      await look();
      assert.deepEqual(await batches(), []);
    });

    it('what a clock that was wrong has seen in the future does not keep a file waiting', async () => {
      lay('a.csv');
      nowMs += 86_400_000;
      await look();
      nowMs -= 86_400_000;
      await look();
      await look();
      assert.equal((await batches()).length, 1);
    });

    it('names of files that are being written, links, folders and hidden files are no files', async () => {
      for (const name of [
        '.a.csv',
        '~$a.xlsx',
        'a.csv.part',
        'b.FILEPART',
        'c.tmp',
        'd.crdownload',
        'e.done',
      ])
        lay(name);
      mkdirSync(at('x.csv'));
      symlinkSync('/etc/passwd', at('passwd.csv'));
      const before = inFolder().sort();
      await settle();
      assert.deepEqual(await batches(), []);
      assert.deepEqual(inFolder().sort(), before);
      assert.equal(await notes(), 0);
    });
  });

  describe('once the batch of a file has settled', () => {
    it('moves the file to done/ with the account of its batch beside it', async () => {
      lay('处罚 6月.csv', penaltiesCsv([{ n: 0 }, { n: 1, CF_JDRQ: '' }]));
      await settle();
      const [batch] = await batches();
      assert.equal(batch?.status, 'partially-accepted');
      assert.deepEqual(inFolder(), []);
      assert.deepEqual(inFolder('done').sort(), ['处罚 6月.csv', '处罚 6月.csv.report.json']);
      const told = report('done', '处罚 6月.csv');
      const { sha256 } = await bench.view(batch.id);
      assert.deepEqual(
        [told.file, told.sha256, told.source, told.batch, told.status],
        ['处罚 6月.csv', sha256, SOURCE, batch.id, 'partially-accepted'],
      );
      assert.deepEqual([told.counts?.new, told.counts?.rejected], [1, 1]);
      assert.deepEqual(written, [{ batchId: batch.id, folder: at('done'), name: '处罚 6月.csv' }]);
      assert.equal(lstatSync(at('done', '处罚 6月.csv')).mtimeMs, nowMs, 'the time of the move');
      assert.equal(await notes(), 0);
    });

    it('moves the file to refused/ where all of it was rejected', async () => {
      lay('a.csv', penaltiesCsv([{ n: 0, CF_JDRQ: '' }]));
      await settle();
      assert.deepEqual(inFolder('refused').sort(), ['a.csv', 'a.csv.report.json']);
      assert.equal(report('refused', 'a.csv').status, 'rejected');
      assert.equal(written[0]?.folder, at('refused'));
    });

    it('leaves the file where it is while its batch is held, and moves it once that was decided', async () => {
      const rows = Array.from({ length: 300 }, (_, n) => (n < 200 ? { n, CF_JDRQ: '' } : { n }));
      lay('released.csv', penaltiesCsv(rows));
      lay('dropped.csv', penaltiesCsv([...rows, { n: 300 }]));
      await look();
      await look();
      await bench.work({ chunkRows: 1000 });
      await look();
      assert.equal(inFolder().length, 2);
      const held = await batches();
      assert.deepEqual(
        held.map(({ status }) => status),
        ['held', 'held'],
      );
      const bytes = readFileSync(at('released.csv')).length;
      const warning = { code: 'batch.dropped', message: 'm', messageZh: 'm' };
      for (const { id, bytes: size } of held)
        await (size === bytes
          ? releaseBatch(bench.test.database, { id, at: NOW })
          : dropBatch(bench.test.database, { id, at: NOW, warning }));
      await bench.work({ chunkRows: 1000 });
      await look();
      assert.deepEqual(inFolder(), []);
      assert.equal(report('done', 'released.csv').counts?.new, 100);
      assert.equal(report('refused', 'dropped.csv').warnings[0]?.code, 'batch.dropped');
    });
  });

  describe('refuses', () => {
    it('what cannot become a batch, with the code and both languages, and takes what comes after it', async () => {
      lay('empty.csv', '');
      lay('other.csv', '甲,乙\r\n1,2\r\n');
      utimesSync(at('empty.csv'), 1, 1);
      lay('good.csv');
      await settle();
      assert.deepEqual(inFolder(), []);
      const empty = report('refused', 'empty.csv');
      assert.equal(empty.status, 'refused');
      assert.equal(empty.batch, undefined);
      assert.equal(empty.refusal?.code, 'file.empty');
      assert.match(empty.refusal.title, /no data rows · 文件没有数据行/);
      assert.ok(empty.refusal.detail.length > 0 && empty.refusal.detailZh.length > 0);
      assert.match(report('refused', 'other.csv').refusal?.code ?? '', /^file\.(headings|columns)/);
      assert.equal(report('done', 'good.csv').status, 'accepted');
      assert.equal((await batches()).length, 1);
      assert.deepEqual(readdirSync(path.join(bench.folder, 'originals')), [(await batches())[0]?.id]);
    });

    it('what is larger than its source allows', async () => {
      lay('a.csv', Buffer.alloc((1 << 20) + 1, 'x'));
      await settle();
      assert.equal(report('refused', 'a.csv').refusal?.code, 'upload.too-large');
    });
  });

  describe('knows a file by its bytes, not by its name:', () => {
    it('the same bytes under another name leave with a report that names their batch', async () => {
      lay('a.csv');
      await settle();
      lay('b.csv');
      await settle();
      const [batch, ...others] = await batches();
      assert.deepEqual(others, []);
      const told = report('done', 'b.csv');
      assert.deepEqual([told.status, told.batch, told.counts], ['skipped', batch?.id, undefined]);
      assert.deepEqual(
        [told.warnings[0]?.code, told.warnings[0]?.batch],
        ['batch.settled-before', batch?.id],
      );
      assert.equal(written.length, 1, 'the problems of its rows were reported before');
    });

    it('bytes that were rejected as a whole are refused again, and name their batch', async () => {
      lay('a.csv', penaltiesCsv([{ n: 0, CF_JDRQ: '' }]));
      await settle();
      lay('b.csv', penaltiesCsv([{ n: 0, CF_JDRQ: '' }]));
      await settle();
      const [batch, ...others] = await batches();
      assert.deepEqual(others, []);
      assert.deepEqual(inFolder('done'), []);
      const told = report('refused', 'b.csv');
      assert.deepEqual([told.status, told.batch], ['skipped', batch?.id]);
    });

    it('the same bytes twice at once become one batch, and the second file waits for it', async () => {
      lay('a.csv');
      lay('b.csv');
      await look();
      await look();
      await look();
      assert.equal((await batches()).length, 1);
      await bench.work();
      await look();
      assert.equal((await batches()).length, 1);
      assert.deepEqual(inFolder(), []);
      const told = ['a.csv', 'b.csv'].map((name) => report('done', name).status);
      assert.deepEqual(told.sort(), ['accepted', 'skipped']);
    });

    it('bytes that settle between the look and the taking are skipped as well', async () => {
      lay('a.csv');
      await look();
      let earlier = '';
      await look({
        receive: async (delivery) => {
          if (earlier === '') ({ id: earlier } = await bench.ingest(cleanPenalties(2)));
          return receive(delivery);
        },
      });
      await look();
      assert.equal(report('done', 'a.csv').status, 'skipped');
      assert.equal(report('done', 'a.csv').batch, earlier);
      assert.equal((await batches()).length, 1);
    });

    it('other bytes under a name that is in done/ already are taken, and nothing is overwritten', async () => {
      const contents = [1, 2, 3].map(cleanPenalties);
      for (const content of contents) {
        lay('a.csv', content);
        await settle();
      }
      assert.equal((await batches()).length, 3);
      const names = ['a.csv', 'a-2026-06-30.csv', 'a-2026-06-30-2.csv'];
      assert.deepEqual(
        names.map((name) => readFileSync(at('done', name), 'utf8')),
        contents,
      );
      assert.deepEqual(
        names.map((name) => report('done', name).counts?.received),
        [1, 2, 3],
      );
      assert.equal(report('done', 'a-2026-06-30.csv').file, 'a.csv');
    });

    it('a file that changes after it was taken is a new one', async () => {
      lay('a.csv', cleanPenalties(1));
      await look();
      await look();
      lay('a.csv', cleanPenalties(3));
      await bench.work();
      await look();
      assert.deepEqual(inFolder(), ['a.csv'], 'not moved with the account of other bytes');
      await look();
      await bench.work();
      await look();
      assert.equal((await batches()).length, 2);
      assert.equal(report('done', 'a.csv').counts?.received, 3);
    });

    it('other bytes of the same size and time are seen all the same', async () => {
      const [one, other] = [cleanPenalties(1), penaltiesCsv([{ n: 5 }])];
      assert.equal(one.length, other.length);
      const lied = (content: string): void => {
        lay('a.csv', content);
        utimesSync(at('a.csv'), 1_700_000_000, 1_700_000_000);
      };
      lied(one);
      await look();
      await look();
      await bench.work();
      lied(other);
      await look();
      await bench.work();
      await look();
      assert.equal((await batches()).length, 2);
      assert.equal(readFileSync(at('done', 'a.csv'), 'utf8'), other);
      assert.equal(report('done', 'a.csv').batch, (await batches())[1]?.id);
    });

    it('takes nothing in while a file is replaced under its reading, and the whole of the new one later', async () => {
      lay('a.csv', cleanPenalties(1));
      await look();
      const swapping = async (delivery: PulledDelivery): Promise<Received> => {
        writeFileSync(at('.new'), cleanPenalties(2));
        renameSync(at('.new'), at('a.csv'));
        return receive(delivery);
      };
      await look({ receive: swapping });
      assert.deepEqual(await batches(), []);
      assert.deepEqual(readdirSync(path.join(bench.folder, 'originals')), []);
      await settle();
      assert.equal((await batches()).length, 1);
      assert.equal(report('done', 'a.csv').counts?.received, 2);
    });

    it('does not refuse a file for what half of it lacks', async () => {
      lay('a.csv', '');
      await look();
      await look({
        receive: (delivery) => {
          lay('a.csv', '甲,乙\r\n1,2\r\n');
          return receive(delivery);
        },
      });
      assert.deepEqual(inFolder('refused'), []);
      assert.deepEqual(inFolder(), ['a.csv']);
    });
  });

  it('writes once what it reports of a file that cannot be moved, until it can', async () => {
    lay('a.csv');
    await look();
    await look();
    await bench.work();
    const { rename } = promises;
    promises.rename = (from, to) =>
      to === at('done', 'a.csv')
        ? Promise.reject(Object.assign(new Error('EACCES'), { code: 'EACCES', syscall: 'rename' }))
        : rename(from, to);
    syncBuiltinESMExports();
    try {
      for (let looks = 0; looks < 3; looks += 1)
        await assert.rejects(look(), (error) => isGatewayError(error, 'folder.unusable'));
    } finally {
      promises.rename = rename;
      syncBuiltinESMExports();
    }
    assert.deepEqual([inFolder(), inFolder('done')], [['a.csv'], ['a.csv.report.json']]);
    assert.equal(written.length, 1);
    await look();
    assert.deepEqual([inFolder(), inFolder('done').sort()], [[], ['a.csv', 'a.csv.report.json']]);
    assert.equal(written.length, 1);
  });

  describe('whoever is killed', () => {
    const killed = (): Promise<never> => Promise.reject(new Error('killed'));

    it('between taking a file and moving it leaves one batch, and the next pull moves the file', async () => {
      lay('a.csv');
      await look();
      await look();
      await bench.work();
      await assert.rejects(look({ reports: { write: killed } }), /killed/);
      await assert.rejects(look({ reports: { write: killed } }), /killed/);
      assert.deepEqual(inFolder(), ['a.csv']);
      assert.deepEqual(inFolder('done'), []);
      await look();
      assert.equal((await batches()).length, 1);
      assert.deepEqual(inFolder(), []);
      assert.deepEqual(inFolder('done').sort(), ['a.csv', 'a.csv.report.json']);
    });

    it('after the report and before the move writes the report again, in the same place', async () => {
      lay('a.csv');
      await look();
      await look();
      await bench.work();
      // Somebody takes the file away just then: report and note are there, the file is not.
      await look({
        reports: {
          write: async () => {
            renameSync(at('a.csv'), at('.a.csv'));
          },
        },
      });
      assert.deepEqual(inFolder('done'), ['a.csv.report.json']);
      renameSync(at('.a.csv'), at('a.csv'));
      await look();
      assert.deepEqual(inFolder('done').sort(), ['a.csv', 'a.csv.report.json']);
      assert.equal((await batches()).length, 1);
    });

    it('after the move has nothing left to do but the time and the note', async () => {
      lay('a.csv');
      await look();
      await look();
      await bench.work();
      await bench.test.database.query(`update folder_files set target = 'done/a.csv'`);
      renameSync(at('a.csv'), at('done', 'a.csv'));
      utimesSync(at('done', 'a.csv'), 1, 1);
      await look();
      assert.equal(lstatSync(at('done', 'a.csv')).mtimeMs, nowMs, 'else keepDays would remove it at once');
      assert.equal(await notes(), 0);
    });

    it('while a file is taken in leaves neither a batch nor bytes', async () => {
      lay('a.csv');
      await look();
      const stopping = new AbortController();
      await assert.rejects(
        look({
          signal: stopping.signal,
          receive: (delivery) => {
            stopping.abort(new Error('stopping'));
            return receive(delivery);
          },
        }),
        /stopping/,
      );
      assert.deepEqual(await batches(), []);
      assert.deepEqual(inFolder('refused'), []);
      await look();
      assert.equal((await batches()).length, 1);
    });

    it('by another who has taken the file over gets no second batch', async () => {
      lay('a.csv');
      await look();
      await assert.rejects(
        look({
          receive: async (delivery) => {
            // The other pull, which has the lease now.
            nowMs -= 10_000;
            await look();
            return receive(delivery);
          },
        }),
        /somebody else/,
      );
      assert.equal((await batches()).length, 1);
    });
  });

  describe('a batch that failed by our fault', () => {
    it('keeps its file in the folder and makes no further batches by itself', async () => {
      lay('a.csv');
      await look();
      await look();
      await fail((await batches())[0]!.id);
      for (let looks = 0; looks < 5; looks += 1) await look();
      assert.equal((await batches()).length, 1);
      assert.deepEqual(inFolder(), ['a.csv']);
    });

    it('has its file taken in again, once, when a full pull is ordered', async () => {
      lay('a.csv');
      await look();
      await look();
      await fail((await batches())[0]!.id);
      await look({}, { isFull: true, isSweep: false });
      await look({}, { isFull: true, isSweep: false });
      assert.equal((await batches()).length, 2);
      await bench.work();
      await look();
      assert.equal(report('done', 'a.csv').batch, (await batches())[1]?.id);
      assert.equal(report('done', 'a.csv').status, 'accepted');
    });

    it('lets its file go when the same bytes were settled on another way', async () => {
      lay('a.csv');
      await look();
      await look();
      await fail((await batches())[0]!.id);
      const { id } = await bench.ingest(cleanPenalties(2));
      await look();
      assert.deepEqual([report('done', 'a.csv').status, report('done', 'a.csv').batch], ['skipped', id]);
    });
  });

  describe('a failure of ours', () => {
    it('leaves the file, fails the pull, and lets the other files be taken', async () => {
      lay('a.csv', cleanPenalties(1));
      utimesSync(at('a.csv'), 1, 1);
      lay('b.csv', cleanPenalties(2));
      await look();
      let calls = 0;
      const stumbling = (delivery: PulledDelivery): Promise<Received> =>
        (calls += 1) === 1 ? Promise.reject(new Error('a fault of the reader')) : receive(delivery);
      await assert.rejects(look({ receive: stumbling }), /a fault of the reader/);
      assert.deepEqual(inFolder('refused'), []);
      assert.equal((await batches()).length, 1);
      await look();
      assert.equal((await batches()).length, 2);
    });

    it('that passes is no refusal', async () => {
      lay('a.csv');
      await look();
      const away = new GatewayError('database.unavailable', 'The database is away.');
      await assert.rejects(look({ receive: () => Promise.reject(away) }), (error) => error === away);
      assert.deepEqual(inFolder(), ['a.csv']);
    });

    it('that every file would meet ends the pull with what has to be put right', async () => {
      lay('a.csv', cleanPenalties(1));
      lay('b.csv', cleanPenalties(2));
      await look();
      let calls = 0;
      const full = (): Promise<never> => {
        calls += 1;
        return Promise.reject(
          Object.assign(new Error('ENOSPC: /secret'), { code: 'ENOSPC', syscall: 'write' }),
        );
      };
      await assert.rejects(
        look({ receive: full }),
        (error) =>
          isGatewayError(error, 'folder.unusable') &&
          /the disk is full/.test(error.message) &&
          !/secret/.test(error.message),
      );
      assert.equal(calls, 1);
    });

    it('says which folder cannot be used', async () => {
      rmSync(inbox, { recursive: true });
      writeFileSync(inbox, 'a file');
      const isNamed = (error: unknown): boolean =>
        isGatewayError(error, 'folder.unusable') && /folder inbox .*\((EEXIST|ENOTDIR)\)/.test(error.message);
      await assert.rejects(look(), isNamed);
    });

    it('is a done/ that leads elsewhere by a link', async () => {
      mkdirSync(path.join(bench.folder, 'elsewhere'));
      symlinkSync(path.join(bench.folder, 'elsewhere'), at('done'));
      await assert.rejects(look(), (error) => isGatewayError(error, 'folder.unusable'));
    });
  });

  it('takes the oldest first, then by name', async () => {
    const laid: [string, number][] = [
      ['c.csv', 100],
      ['a.csv', 300],
      ['b.csv', 300],
    ];
    for (const [name, seconds] of laid.reverse()) {
      lay(name, penaltiesCsv([{ n: 1, BZ: name }]));
      utimesSync(at(name), seconds, seconds);
    }
    const names: string[] = [];
    await look();
    await look({
      receive: async (delivery) => {
        const received = await receive(delivery);
        const { rows } = await bench.test.database.query<{ name: Buffer }>(
          'select name from folder_files where batch_id = $1',
          [received.id],
        );
        names.push(rows[0]!.name.toString());
        return received;
      },
    });
    assert.deepEqual(names, ['c.csv', 'a.csv', 'b.csv']);
  });

  it('keeps every name inside the folder, whatever it is', async () => {
    const names = [
      'a\nb.csv',
      '\u001b[31m.csv',
      '..\\..\\x.csv',
      'x\\..\\y.csv',
      `${'长'.repeat(83)}.csv`,
      'noending',
    ];
    const gbk = Buffer.from([0xb4, 0xa6, 0xb7, 0xa3, 0x2e, 0x63, 0x73, 0x76]);
    names.forEach((name, n) => lay(name, penaltiesCsv([{ n }])));
    writeFileSync(Buffer.concat([Buffer.from(`${inbox}/`), gbk]), penaltiesCsv([{ n: 9 }]));
    await settle();
    const kept = inFolder('done').filter((name) => !name.endsWith('.report.json'));
    assert.deepEqual(
      kept.sort(),
      ['_[31m.csv', 'a_b.csv', 'noending', 'x_.._y.csv', '处罚.csv', `${'长'.repeat(58)}.csv`].sort(),
    );
    assert.deepEqual(inFolder(), ['..\\..\\x.csv'], 'begins with a point');
    assert.equal(report('done', 'a_b.csv').file, 'a\nb.csv');
    assert.deepEqual(readdirSync(bench.folder).sort(), ['inbox', 'originals']);
  });

  it('keeps no personal number of a name, neither in the database nor in what it leaves behind', async () => {
    const id = '11010519491231002X';
    const masked = '110*************2X';
    lay(`张三${id}.csv`, penaltiesCsv([{ n: 0 }]));
    lay(`李四2025${id}-1.csv`, penaltiesCsv([{ n: 1, CF_JDRQ: '' }]));
    lay(`李四2025${id}-2.csv`, 'no columns');
    const noted: string[] = [];
    const spy = async (): Promise<void> => {
      const { rows } = await bench.test.database.query<{ text: string }>(
        `select convert_from(name, 'utf8') || ' ' || coalesce(target, '') as text from folder_files`,
      );
      noted.push(...rows.map(({ text }) => text));
    };
    await settle();
    lay(`王五${id}.csv`, penaltiesCsv([{ n: 2 }]));
    await look();
    await spy();
    await settle();
    assert.match(noted.join(), /^王五110\*{13}2X\.csv#[0-9a-f]{32} $/);
    const kept = [...inFolder('done'), ...inFolder('refused')];
    assert.ok(kept.includes(`张三${masked.replaceAll('*', '_')}.csv`), kept.join());
    assert.ok(kept.includes(`王五${masked.replaceAll('*', '_')}.csv`), kept.join());
    assert.equal(kept.length, 8);
    assert.ok(!kept.join().includes(id));
    assert.equal(report('done', `张三${masked.replaceAll('*', '_')}.csv`).file, `张三${masked}.csv`);
    assert.deepEqual([inFolder(), await notes()], [[], 0]);
  });

  it('lets no more than a hundred files be under way at once', async () => {
    for (let n = 0; n < 102; n += 1) lay(`${n}.csv`, `${n}`);
    const quick = { receive: receiveUnread };
    await look(quick);
    await look(quick);
    assert.equal((await batches()).length, 100);
    await bench.test.database.query(`update batches set status = 'accepted' where number <= 2`);
    await look(quick);
    await look(quick);
    assert.equal((await batches()).length, 102);
  });

  it('removes what left it more days ago than it keeps, and nothing else', async () => {
    const old = nowMs / 1000 - 30 * 86_400 - 3600;
    await look();
    for (const place of ['done', 'refused']) {
      for (const name of ['old.csv', 'old.csv.report.json', 'foreign.csv', 'foreign.csv.report.json'])
        writeFileSync(at(place, name), '');
      mkdirSync(at(place, 'folder'));
      symlinkSync('/etc/passwd', at(place, 'link'));
      for (const name of ['old.csv', 'old.csv.report.json', 'foreign.csv', 'folder'])
        utimesSync(at(place, name), old, old);
      utimesSync(at(place, 'foreign.csv.report.json'), nowMs / 1000, nowMs / 1000);
    }
    lay('waiting.part');
    utimesSync(at('waiting.part'), old, old);
    const remaining = ['folder', 'foreign.csv', 'foreign.csv.report.json', 'link'];
    await look();
    assert.deepEqual(inFolder('done').sort(), remaining);
    assert.deepEqual(inFolder('refused').sort(), remaining);
    assert.ok(existsSync('/etc/passwd') && existsSync(at('waiting.part')));
  });
});
