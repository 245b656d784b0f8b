// The jobs of the gateway as the schedule runs them: a night on which nobody ran is caught up at the next start.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Foundation } from '../../src/app/gateway.js';
import { ownJobs } from '../../src/app/own-jobs.js';
import { startSchedule } from '../../src/jobs/schedule.js';
import { createCapturedLogger } from '../helpers/captured-log.js';
import { openIntakeBench, type IntakeBench } from '../helpers/intake.js';
import { penaltiesCsv } from '../helpers/penalties.js';
import { until } from '../helpers/until.js';

const TIMEZONE = 'Asia/Shanghai';
/** Three days after the last day of the record. */
const LATE = new Date('2026-09-03T09:00:00+08:00');

describe('the jobs that the gateway runs by itself', () => {
  let bench: IntakeBench;
  beforeEach(async () => {
    bench = await openIntakeBench();
  });
  afterEach(() => bench.close());

  const start = async (log: ReturnType<typeof createCapturedLogger>, told: () => void) => {
    const { test, originals, site } = bench;
    const database = test.database;
    const foundation = {
      site,
      storage: { database, originals },
      clock: () => LATE,
      log: log.log,
      signal: new AbortController().signal,
    } as unknown as Foundation;
    const needs = { database, clock: () => LATE, log: log.log, owner: randomUUID(), timezone: TIMEZONE };
    return startSchedule(ownJobs(foundation, told), needs);
  };
  const ended = async (): Promise<number> => {
    const { rows } = await bench.test.database.query(`select from record_versions where operation = 'd'`);
    return rows.length;
  };

  it('run at the times of the configuration, endings just after midnight and each hour', () => {
    const jobs = ownJobs({ site: bench.site } as unknown as Foundation, () => undefined);
    assert.deepEqual(
      jobs.map(({ name, expression }) => [name, expression]),
      [
        ['endings', '5 0 * * * *'],
        ['retention', '0 30 2 * * *'],
      ],
    );
  });

  it('catch up what was missed while nobody ran, and write down what they did', async () => {
    const row = { CF_JDRQ: '2026/5/31', CF_GSJZQ: '', CF_SXYZCD: '轻微' };
    await bench.ingest(penaltiesCsv([row], ['CF_SXYZCD']));
    await bench.test.database.query(
      `insert into fires (schedule, due_at, next_due_at, claimed_by, claimed_at)
       values ('endings', '2026-08-31T00:00:05+08', '2026-09-01T00:00:05+08', gen_random_uuid(), now())`,
    );
    const log = createCapturedLogger();
    let told = 0;
    const schedule = await start(log, () => (told += 1));
    try {
      await until(async () => (await ended()) === 1);
    } finally {
      await schedule.stop();
    }
    assert.equal(told, 1);
    const { rows } = await bench.test.database.query(
      `select actor, action, object, details from audit_entries where action = 'records.ended'`,
    );
    assert.deepEqual(rows, [
      {
        actor: 'gateway',
        action: 'records.ended',
        object: 'market-regulation/administrative-penalty',
        details: JSON.stringify({ records: 1 }),
      },
    ]);
  });
});
