// A gateway that was upgraded: what an earlier version sent, without keeping what was taken, is not compared.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Foundation } from '../../../src/app/gateway.js';
import { reconciliationJob } from '../../../src/app/reconciliation-jobs.js';
import { bindReconciliations } from '../../../src/app/reconciliations.js';
import { orderReconciliation, readReconciliation } from '../../../src/db/reconciliations.js';
import { reconcileDay } from '../../../src/forwarding/reconcile.js';
import { projectRoot } from '../../../src/platform/project-root.js';
import { firstVersions, writeChunk } from '../../helpers/changes.js';
import { DESTINATION, openForwardingBench, type ForwardingBench } from '../../helpers/forwarding.js';

const MIGRATIONS = path.join(projectRoot, 'src/db/migrations');

describe('the reconciliation of a gateway that was upgraded', () => {
  let bench: ForwardingBench;
  let foundation: Foundation;
  beforeEach(async () => {
    bench = await openForwardingBench();
    foundation = {
      site: { configuration: { destinations: [DESTINATION], schedules: {} } },
      storage: { database: bench.test.database },
      clock: () => bench.now,
      dispatcher: { wake: () => Promise.resolve() },
    } as unknown as Foundation;
  });
  afterEach(() => bench.close());

  const at = (moment: string): void => void (bench.now = new Date(`${moment}+08:00`));
  /** It writes rows alone, so that it can be run behind the later ones. */
  const upgrade = async (): Promise<void> => {
    const file = readdirSync(MIGRATIONS).find((name) => name.endsWith('-begin-account-of-days.sql'));
    await bench.query(readFileSync(path.join(MIGRATIONS, file ?? ''), 'utf8'));
  };
  const forward = async (count: number, from: number): Promise<void> => {
    await writeChunk(bench.test.database, { changes: firstVersions(count, from) });
    await bench.forwarder().work();
  };
  const compare = async (day: string): Promise<string> => {
    const { database } = bench.test;
    const { signal } = new AbortController();
    const due = { destination: 'city', day, failures: 0 };
    const { result, open } = await reconcileDay(due, { ...bench.sendNeeds(), timeoutMs: 5000, signal });
    assert.equal((await readReconciliation(database, 'city', day))?.dueAt, null);
    return `${result} ${open}`;
  };
  const night = async (moment: string): Promise<string[]> => {
    at(moment);
    await reconciliationJob(foundation, ['city']).run();
    const due = await bench.query<{ day: string }>(
      'select day::text from reconciliations where due_at is not null order by day',
    );
    return due.map(({ day }) => day);
  };
  const order = (day: string): Promise<boolean> =>
    bench.test.database.transaction((sql) =>
      orderReconciliation(sql, { destination: 'city', day, by: 'gateway', at: bench.now }),
    );

  it('begins with the first whole day of which what was taken is kept', async () => {
    await forward(5, 1);
    await bench.query('delete from taken_changes');
    await order('2026-06-30');
    assert.equal(await compare('2026-06-30'), 'differs 5');
    at('2026-07-01T10:00');
    await forward(2, 10);
    await order('2026-07-01');
    await upgrade();
    const open = await bench.query('select from reconciliation_differences where closed_at is null');
    assert.deepEqual(open, [], 'what was told of a day that cannot be compared is told no more');
    assert.deepEqual(await bench.query('select day::text, result from reconciliations'), [
      { day: '2026-06-30', result: 'differs' },
    ]);
    assert.deepEqual(await night('2026-07-02T01:15'), []);
    const caller = { keyId: 'k', role: 'operator', agency: null } as const;
    for (const date of ['2026-06-30', '2026-07-01'])
      await assert.rejects(bindReconciliations(foundation).orderReconciliation('city', { date, caller }), {
        code: 'reconciliation.past-retention',
      });
    await forward(3, 20);
    assert.deepEqual(await night('2026-07-03T01:15'), ['2026-07-02']);
    assert.equal(await compare('2026-07-02'), 'agrees 0');
  });

  it('begins on the day after the upgrade where nothing has been sent since', async () => {
    await forward(5, 1);
    await bench.query('delete from taken_changes');
    await upgrade();
    const tomorrow = `(now() at time zone 'Asia/Shanghai')::date + 1`;
    assert.deepEqual(await bench.query(`select first_day = ${tomorrow} as is from taken_changes_horizon`), [
      { is: true },
    ]);
  });

  it('begins at once where nothing was sent before', async () => {
    await forward(5, 1);
    await upgrade();
    assert.deepEqual(await night('2026-07-01T01:15'), ['2026-06-30']);
    assert.equal(await compare('2026-06-30'), 'agrees 0');
  });
});
