// Front-end databases as agencies run them: a real MariaDB and a real PostgreSQL, pulled while the gateway
// is killed, then changes, then deletions. PULL_ROWS makes the tables larger.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { projectRoot } from '../../src/platform/project-root.js';
import { HEADINGS, penaltyRow } from '../../bench/penalty-rows.js';
import { createEmptyDatabase, type TestDatabase } from '../helpers/database.js';
import { createMariadb, type FrontEndTable, openPostgresTable } from '../helpers/front-end-tables.js';
import { AGENCY } from '../helpers/penalties.js';
import { prepareServedGateway, type ServedGateway } from '../helpers/served-gateway.js';
import { createTemporaryFolder, type TemporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';

const ROWS = Number(process.env['PULL_ROWS'] ?? 10_000);
const CHANGED = Math.round(ROWS / 200);
const GONE = Math.round(ROWS / 500);
const WAIT = { timeoutMs: 240_000 };

interface Verdicts {
  readonly verdict: string;
  readonly count: number;
}

for (const kind of ['mysql', 'postgres'] as const)
  describe(`a front-end database (${kind}) that is pulled while the gateway is killed`, function () {
    this.timeout(600_000);
    let folder: TemporaryFolder;
    let own: TestDatabase;
    let table: FrontEndTable;
    let served: ServedGateway;
    const source = kind === 'mysql' ? 'market-regulation-penalty' : 'ecology-environment-penalty';

    const endings: (() => unknown)[] = [];
    before(async function () {
      const opened = kind === 'mysql' ? await createMariadb() : await openPostgresTable();
      if (opened === undefined) return this.skip();
      table = opened;
      endings.push(table.drop);
      folder = createTemporaryFolder();
      endings.push(folder.remove);
      own = await createEmptyDatabase();
      endings.push(own.drop);
      served = prepareServedGateway(folder.path, {
        DATABASE_URL: own.url,
        CONFIG_DIR: writeConfiguration(folder.path, { source, kind, url: table.url }),
      });
      endings.push(served.stop);
    });
    after(async () => {
      for (const end of endings.reverse()) await end();
    });

    const one = async <T>(text: string): Promise<T> => {
      const { rows } = await own.database.query(text);
      return rows[0] as T;
    };
    const seen = async (verdict: string): Promise<number> =>
      (await one<{ sum: number }>(`select coalesce(sum(${verdict}), 0)::int as sum from batches`)).sum;
    const settled = (): Promise<unknown> =>
      until(
        async () => {
          const { open } = await one<{ open: number }>(
            `select count(*)::int as open from batches where status in ('received', 'processing')`,
          );
          return open === 0;
        },
        { ...WAIT, what: 'the batches to settle' },
      );
    const reached = (verdict: string, count: number): Promise<unknown> =>
      until(async () => (await seen(verdict)) === count, { ...WAIT, what: `${count} ${verdict}` });
    const feedback = (verdict: string, count: number): Promise<unknown> =>
      until(
        async () =>
          (await table.feedback()).find((entry: Verdicts) => entry.verdict === verdict)?.count === count,
        { ...WAIT, what: `${count} ${verdict} in the feedback table` },
      );
    const run = async (order: object): Promise<void> => {
      const answer = await fetch(`${served.sandbox.url}/v1/sources/${source}/run`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${served.sandbox.operator.key}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(order),
      });
      assert.equal(answer.status, 202);
    };

    it('gives every row once, whenever it was killed, and every row its verdict', async () => {
      await table.insert(Array.from({ length: ROWS }, (_, n) => penaltyRow(n, AGENCY)));
      await served.start();
      // Where it has ended by now, the gateway is killed while it works the batch off.
      const begun = `select begun_at as at from source_pulls where source = '${source}' and begun_at is not null`;
      await until(() => one<object | undefined>(begun), { ...WAIT, what: 'the first pull' });
      await served.kill();
      await served.start();
      await until(async () => (await seen('received')) > 0, { ...WAIT, what: 'the first chunk' });
      await served.kill();
      await served.start();
      await reached('new', ROWS);
      await until(async () => (await table.feedback()).length > 0, { ...WAIT, what: 'the first verdicts' });
      await served.kill();
      await served.start();
      await feedback('new', ROWS);
      await settled();
      assert.deepEqual(await table.feedback(), [{ verdict: 'new', count: ROWS }]);
      assert.equal(await seen('received'), ROWS);
    });

    it('gives what changed and what was added, and nothing else', async () => {
      await table.change(CHANGED);
      await table.insert(Array.from({ length: CHANGED }, (_, n) => penaltyRow(ROWS + n, AGENCY)));
      await feedback('amended', CHANGED);
      await feedback('new', ROWS + CHANGED);
      await settled();
      assert.equal(await seen('received'), ROWS + 2 * CHANGED);
    });

    it('withdraws what is gone, once a sweep has looked; too much of it waits for the operator', async () => {
      await table.remove(GONE);
      await run({ sweep: true });
      await reached('withdrawn', GONE);
      await feedback('withdrawn', GONE);
      const many = Math.round(ROWS / 10);
      await table.remove(many);
      await run({ sweep: true });
      const held = await until(
        () => one<{ id: string } | undefined>(`select id from batches where status = 'held'`),
        { ...WAIT, what: 'the held sweep' },
      );
      assert.equal(await seen('withdrawn'), GONE);
      const answer = await fetch(`${served.sandbox.url}/v1/batches/${held.id}/release`, {
        method: 'POST',
        headers: { authorization: `Bearer ${served.sandbox.operator.key}` },
      });
      assert.equal(answer.status, 200, await answer.text());
      await reached('withdrawn', GONE + many);
      await feedback('withdrawn', GONE + many);
    });

    it('has sent the city every version once, in order', async () => {
      const { versions } = await one<{ versions: number }>(
        'select count(*)::int as versions from record_versions',
      );
      assert.equal(versions, ROWS + 2 * CHANGED + GONE + Math.round(ROWS / 10));
      const { city } = served.sandbox;
      const ledger = await until(
        async () => {
          const found = await served.get<Record<string, number>>(`${city.url}/ledger`, city.key);
          return found?.['versions'] === versions && found;
        },
        { ...WAIT, what: 'the city to have everything' },
      );
      assert.deepEqual([ledger['outOfOrder'], ledger['conflicts']], [0, 0]);
    });
  });

function writeConfiguration(
  folder: string,
  { source, kind, url }: { source: string; kind: string; url: string },
): string {
  const target = path.join(folder, 'config');
  cpSync(path.join(projectRoot, 'config'), target, { recursive: true });
  const urlFile = path.join(folder, 'front-end-url');
  writeFileSync(urlFile, `${url}\n`, { mode: 0o600 });
  const file = path.join(target, 'sources.yaml');
  const sources = parse(readFileSync(file, 'utf8')) as { id: string }[];
  const databasePull = {
    kind,
    urlFile,
    table: 'penalties',
    keyColumns: ['id'],
    cursor: { column: 'updated_at', kind: 'time', overlap: 5 },
    schedule: '*/2 * * * * *',
    withdrawsMissing: true,
    feedbackTable: 'credit_feedback',
  };
  writeFileSync(
    file,
    stringify(sources.map((entry) => (entry.id === source ? { ...entry, databasePull } : entry))),
  );
  return target;
}

assert.equal(HEADINGS.length, penaltyRow(0, AGENCY).length);
