// Planted ID numbers in what the gateway fetches by itself: the answers of an agency's HTTP service, and the table of a
// front-end database. None of them is found in the database, in the folder with the stored originals, in the log, nor
// in what operators and agencies are shown, whether a pull succeeds or fails.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BatchView } from '../../src/app/batch-view.js';
import { createCapturedLogger } from '../helpers/captured-log.js';
import { writeChangedConfig } from '../helpers/changed-config.js';
import { openPostgresTable, type FrontEndTable } from '../helpers/front-end-tables.js';
import { startTestGateway, type TestGateway } from '../helpers/gateway.js';
import { openHttpService, type Answer, type HttpService } from '../helpers/http-service.js';
import { HEADINGS } from '../helpers/penalties.js';
import { plantedCells, plantedPenalties } from '../helpers/planted-penalties.js';
import { createPlants } from '../helpers/planted-numbers.js';
import { createSearch, dumpTables, filesBelow } from '../helpers/search-for-plants.js';
import { createTemporaryFolder, type TemporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';

const SERVICE = 'market-regulation-penalty';
const TABLE = 'ecology-environment-penalty';
/** Seldom enough that no pull begins but those that are ordered. */
const NEVER = '0 0 3 1 1 *';

describe('planted ID numbers in pulls', function () {
  this.timeout(120_000);
  let folder: TemporaryFolder;
  let service: HttpService;
  let table: FrontEndTable;
  let run: TestGateway;
  const plants = createPlants();
  const { plant } = plants;
  const { log, lines } = createCapturedLogger();
  const shown: { what: string; text: string }[] = [];
  const endings: (() => unknown)[] = [];
  before(async () => {
    folder = createTemporaryFolder();
    endings.push(folder.remove);
    service = await openHttpService();
    endings.push(service.close);
    table = await openPostgresTable();
    endings.push(table.drop);
    run = await startTestGateway({ log, configDir: writeConfiguration() });
    endings.push(run.close);
  });
  after(async () => {
    for (const end of endings.reverse()) await end();
  });

  const ask = async (at: string, key = run.operatorKey): Promise<string> => {
    const answer = await fetch(new URL(at, run.gateway.url), { headers: { authorization: `Bearer ${key}` } });
    assert.equal(answer.status, 200, at);
    const text = await answer.text();
    shown.push({ what: at, text });
    return text;
  };
  const order = async (source: string, body: object = {}): Promise<void> => {
    const answer = await run.api(`/v1/sources/${source}/run`, {
      method: 'POST',
      key: run.operatorKey,
      json: body,
    });
    assert.equal(answer.status, 202);
  };
  const batchesOf = async (source: string): Promise<string[]> => {
    const { rows } = await run.test.database.query<{ id: string }>(
      'select id from batches where source = $1 order by number',
      [source],
    );
    return rows.map(({ id }) => id);
  };
  /** Waits for the n-th batch of a source and shows all that there is to see of it. */
  const settled = async (source: string, n: number): Promise<BatchView> => {
    const id = await until(async () => (await batchesOf(source))[n], { timeoutMs: 30_000, what: 'a batch' });
    const at = `/v1/batches/${id}`;
    const batch = await until(
      async () => {
        const { body } = await run.api<BatchView>(at, { key: run.operatorKey });
        return body.finishedAt !== null && body.city.pending === 0 && body;
      },
      { timeoutMs: 30_000, what: 'the batch to settle' },
    );
    for (const what of [at, `${at}/problems`, `${at}/receipt`])
      await ask(what, run.keyOf(source.slice(0, -8)));
    return batch;
  };
  const failed = async (source: string, wanted: number): Promise<void> => {
    await until(
      async () => {
        const { rows } = await run.test.database.query<{ failures: number }>(
          'select failures_in_row as failures from source_pulls where source = $1 and finished_at >= begun_at',
          [source],
        );
        return rows[0]?.failures === wanted;
      },
      { timeoutMs: 30_000, what: `failure ${wanted} of ${source}` },
    );
    for (const at of ['/v1/status', '/v1/sources']) await ask(at);
  };

  it('come in by the HTTP service, and what it is asked anew by holds none', async () => {
    const digits = (): string => {
      const number = plant('a JSON number');
      return number.endsWith('X') ? digits() : number;
    };
    const rows = plantedCells(plantedPenalties(plants, { person: plant('a natural person') })).map(
      (cells, i) => ({
        ...Object.fromEntries(HEADINGS.map((name, column) => [name, cells[column] ?? ''])),
        [plant('a JSON key')]: `#${digits()}`,
        changed: `2026-06-01 10:00:${String(i).padStart(2, '0')}`,
      }),
    );
    const cursor = plant('the cursor of a page');
    const page = (content: object): Answer => ({
      body: JSON.stringify(content).replaceAll(/"#(\d{18})"/g, '$1'),
    });
    service.answer = ({ url }): Answer =>
      url.searchParams.get('after') === cursor
        ? page({ list: rows.slice(8), next: '' })
        : page({ list: rows.slice(0, 8), next: cursor, [plant('beside the rows')]: '' });
    await order(SERVICE);
    const batch = await settled(SERVICE, 0);
    assert.ok(batch.counts.new >= 6 && batch.counts.rejected >= 5, JSON.stringify(batch.counts));
    assert.equal(service.asked.length, 2);
  });

  it('come in with answers that end the pull', async () => {
    const cursor = plant('the cursor of an endless service');
    const answers: readonly Answer[] = [
      { status: 500, body: `no service for ${plant('the body of an error')}` },
      { status: 302, headers: { location: `/${plant('a redirect')}` }, body: '' },
      { body: `no JSON: ${plant('what is no JSON')}` },
      { body: { list: plant('what is no list') } },
      { body: { list: [plant('a row that is none')] } },
      { body: `{"list": [{"${plant('a key that stands twice')}": 1, "CF_WSH": "\ud800"}]}` },
      { body: { list: [{ changed: plant('a moment that is none') }] } },
      { body: { list: [{ changed: '2026-06-01' }], next: `http://127.0.0.2/?${plant('a link')}=` } },
      { body: { list: [{ changed: '2026-06-01' }], next: cursor } },
    ];
    for (const [i, answer] of answers.entries()) {
      service.answer = () => answer;
      await order(SERVICE, { full: true });
      await failed(SERVICE, i + 1);
    }
    assert.equal((await batchesOf(SERVICE)).length, 1);
  });

  it('come in from the table, and leave with no verdict', async () => {
    await table.insert(plantedCells(plantedPenalties(plants, { person: plant('a person of the table') })));
    await order(TABLE);
    const batch = await settled(TABLE, 0);
    assert.ok(batch.counts.rejected >= 5, JSON.stringify(batch.counts));
    await until(async () => (await table.feedback()).reduce((sum, { count }) => sum + count, 0) === 16, {
      timeoutMs: 30_000,
      what: 'the verdicts in the feedback table',
    });
    await table.remove(3);
    await order(TABLE, { sweep: true });
    await until(
      async () =>
        (
          await run.api<BatchView>(`/v1/batches/${(await batchesOf(TABLE))[1]}`, {
            key: run.operatorKey,
          })
        ).body.status === 'held',
      { timeoutMs: 30_000, what: 'the held sweep' },
    );
    for (const at of ['/v1/status', '/v1/sources', '/v1/scorecard?month=2026-11']) await ask(at);
  });

  it('are found nowhere afterwards', async () => {
    assert.ok(plants.size >= 60, String(plants.size));
    const search = createSearch(plants);
    const tables = await dumpTables(run.test.database);
    for (const name of ['rejected_rows', 'row_problems', 'source_pulls', 'pulled_rows', 'audit_entries'])
      assert.ok(
        tables.some(({ table: each, text }) => each === name && text !== ''),
        name,
      );
    for (const { table: name, text } of tables) search.in(`table ${name}`, text);
    const files = filesBelow(run.dataDir);
    assert.equal(files.filter(({ name }) => name.startsWith('originals')).length, 3);
    for (const { name, bytes } of files) search.in(`file ${name}`, bytes);
    for (const line of lines) search.in(`log “${String(line['msg'])}”`, JSON.stringify(line));
    for (const { what, text } of shown) search.in(`answer of ${what}`, text);
    search.in('the feedback table', await table.feedbackText());
    search.in('the feed', await ask('/v1/feeds/records?lastEventId=0', run.cityKey));
    assert.ok(lines.length > 50 && shown.length > 20, `${lines.length}, ${shown.length}`);
    assert.deepEqual(search.found(), []);
  });

  function writeConfiguration(): string {
    const urlFile = path.join(folder.path, 'front-end-url');
    writeFileSync(urlFile, `${table.url}\n`, { mode: 0o600 });
    const httpPull = {
      url: service.url,
      schedule: NEVER,
      timeoutMs: 5000,
      maxPages: 3,
      rows: 'list',
      paging: { kind: 'cursor', parameter: 'after', next: 'next' },
      since: { parameter: 'since', column: 'changed', overlapSeconds: 60 },
    };
    const databasePull = {
      kind: 'postgres',
      urlFile,
      table: 'penalties',
      keyColumns: ['id'],
      cursor: { column: 'updated_at', kind: 'time', overlap: 5 },
      schedule: NEVER,
      withdrawsMissing: true,
      feedbackTable: 'credit_feedback',
    };
    const ways: Record<string, object> = { [SERVICE]: { httpPull }, [TABLE]: { databasePull } };
    return writeChangedConfig(folder.path, {
      'sources.yaml': (sources: { id: string }[]) =>
        sources.map((source) => {
          // A folder would have the service asked again once a batch has settled.
          const rest = Object.fromEntries(Object.entries(source).filter(([name]) => name !== 'folder'));
          return ways[source.id] === undefined ? source : { ...rest, ...ways[source.id] };
        }),
      'gateway.yaml': (settings: { pull: object }) => ({
        ...settings,
        pull: { ...settings.pull, allowedRanges: ['127.0.0.0/8'], retryWaitsMs: [3_600_000] },
      }),
    });
  }
});
