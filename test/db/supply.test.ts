// How sources are supplied: lateness, faults that come again, periods without data, reminders.
import assert from 'node:assert/strict';
import { bindSupply } from '../../src/app/supply.js';
import type { Foundation } from '../../src/app/gateway.js';
import { readAudit } from '../../src/db/audit.js';
import { dueReminders, listReminders } from '../../src/db/reminders.js';
import { remindAgencies, type RemindNeeds } from '../../src/jobs/remind.js';
import { deliverReminder } from '../../src/notices/deliver-reminder.js';
import type { DeliverDeps } from '../../src/notices/deliver.js';
import { createLogger } from '../../src/platform/logger.js';
import { NOW, openIntakeBench, SOURCE, type IntakeBench } from '../helpers/intake.js';
import { penaltiesCsv } from '../helpers/penalties.js';

const AGENCY = 'market-regulation';
const CALLER = { role: 'agency', keyId: 'k', agency: AGENCY } as const;
const ENDPOINT = { url: 'http://127.0.0.1:1/', secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}` };

describe('the supply of a source', () => {
  let bench: IntakeBench;
  let now: Date;
  beforeEach(async () => {
    bench = await openIntakeBench();
    now = NOW;
  });
  afterEach(() => bench.close());

  function expecting(): IntakeBench['site'] {
    const { configuration } = bench.site;
    const sources = configuration.sources
      .filter(({ id }) => id === SOURCE)
      .map((source) => ({ ...source, expects: { every: 'month' } as const }));
    return { ...bench.site, configuration: { ...configuration, sources } };
  }
  const supply = (): ReturnType<typeof bindSupply> =>
    bindSupply({
      site: expecting(),
      storage: { database: bench.test.database },
      clock: () => now,
    } as unknown as Foundation);
  const card = async () =>
    (await supply().readScorecard({ month: '2026-06', agency: AGENCY, source: SOURCE }))[0];
  const state = (period: string): Promise<object> =>
    supply().stateNoData({ source: SOURCE, period, caller: CALLER });
  const needs = (woken: string[] = []): RemindNeeds => ({
    ...expecting(),
    database: bench.test.database,
    clock: () => now,
    log: createLogger('silent'),
    wake: (_queue, id) => Promise.resolve(void woken.push(id)),
  });
  const deliver = (status: number, sent: string[]): DeliverDeps => ({
    ...needs(),
    settings: { timeoutMs: 300, waitsMs: [1000], maxRetryAfterMs: 1000, allowedRanges: [] },
    random: () => 0.5,
    endpointOf: () => (status === 0 ? undefined : ENDPOINT),
    send: (request) => {
      sent.push(String(request.body));
      return Promise.resolve({ status, headers: {}, text: '' } as never);
    },
  });

  const entries = async (): Promise<unknown[]> => {
    const found: unknown[] = [];
    for await (const { action, actor, object, details } of readAudit(bench.test.database))
      found.push([action, actor, object, (JSON.parse(details) as { period?: string }).period]);
    return found;
  };
  const withoutLog = async (work: () => Promise<unknown>): Promise<void> => {
    const { database } = bench.test;
    await database.query('alter table audit_entries rename to audit_gone');
    await assert.rejects(work(), { code: 'audit.unavailable' });
    await database.query('alter table audit_gone rename to audit_entries');
  };

  it('is in the audit log where an agency says that there was nothing: once, and not said without it', async () => {
    await withoutLog(() => state('2026-05'));
    const { rowCount } = await bench.test.database.query('select from no_data_periods');
    assert.equal(rowCount, 0);
    await state('2026-05');
    await state('2026-05');
    assert.deepEqual(await entries(), [['no-data.stated', 'agency:k', SOURCE, '2026-05']]);
  });

  it('is in the audit log where a reminder is raised: once, and none is raised without it', async () => {
    const woken: string[] = [];
    await withoutLog(() => remindAgencies(needs(woken)));
    assert.deepEqual([woken, (await listReminders(bench.test.database)).size], [[], 0]);
    await remindAgencies(needs(woken));
    await remindAgencies(needs(woken));
    assert.equal(woken.length, 1);
    assert.deepEqual(await entries(), [['reminder.raised', 'gateway', SOURCE, '2026-05']]);
  });

  it('warns of new records behind their seven working days, and of them alone', async () => {
    const days = ['2026/06/17', '2026/06/18', '2026/06/30', '2010/01/04'];
    const csv = penaltiesCsv(days.map((day, n) => ({ n, CF_JDRQ: day })));
    const batch = await bench.ingest(csv);
    assert.deepEqual(batch.timeliness, { measured: 4, late: 2 });
    assert.equal(batch.status, 'accepted');
    const { problems } = await bench.problems(batch.id);
    const late = problems.filter(({ code }) => code === 'record.late');
    assert.deepEqual(
      late.map(({ row, column, severity }) => [row, column, severity]),
      [
        [2, 'CF_JDRQ', 'warning'],
        [5, 'CF_JDRQ', 'warning'],
      ],
    );
    assert.match(late[0]?.message ?? '', /by 2026-06-29$/);
    assert.deepEqual((await bench.ingest(csv)).timeliness, { measured: 0, late: 0 });
  });

  it('is summed up for each month: compliance, timeliness and the faults that came again', async () => {
    const csv = penaltiesCsv([
      { n: 0, CF_JDRQ: '2026/06/29' },
      { n: 1, CF_JDRQ: '2025/02/02' },
      { n: 2, CF_CFLB: '没有' },
      { n: 3, CF_CFLB: '没有' },
    ]);
    await bench.ingest(csv);
    const first = await card();
    assert.deepEqual([first?.received, first?.accepted, first?.complianceRate], [4, 2, 0.5]);
    assert.deepEqual([first?.timely, first?.late, first?.timelinessRate], [1, 1, 0.5]);
    assert.deepEqual([first?.repeatedFaults, first?.repeatFaultRate], [0, 0]);
    await bench.ingest(
      penaltiesCsv([
        { n: 2, CF_CFLB: '没有' },
        { n: 3, CF_CFLB: '没有', CF_NR: '' },
        { n: 9, CF_CFLB: '没有' },
      ]),
    );
    const again = await card();
    assert.deepEqual([again?.rejected, again?.repeatedFaults, again?.repeatFaultRate], [5, 2, 0.4]);
    const text = await supply().scorecardCsv({ month: '2026-06', agency: null, source: SOURCE });
    assert.match(text, /^\ufeff部门,来源/);
    assert.equal(
      (await supply().readScorecard({ month: '2026-05', agency: null, source: SOURCE }))[0]?.complianceRate,
      null,
    );
  });

  it('takes the word that there was nothing, once, unless rows came or the period is to come', async () => {
    const said = await state('2026-05');
    now = new Date('2026-07-01T00:00:00Z');
    assert.deepEqual(await state('2026-05'), said);
    await assert.rejects(state('2026-08'), { code: 'no-data.future-period' });
    for (const period of ['2026-W20', '2026-05-01', 'x'])
      await assert.rejects(state(period), { code: 'request.malformed' });
    assert.deepEqual((await card())?.silentPeriods, ['2026-06']);
    await bench.ingest(penaltiesCsv([{ n: 0 }]));
    await assert.rejects(state('2026-06'), { code: 'no-data.rows-came' });
    assert.deepEqual((await card())?.silentPeriods, []);
  });

  it('is reminded of a silent period once, however many look at once and how often', async () => {
    const woken: string[] = [];
    const found = await Promise.all([1, 2, 3].map(() => remindAgencies(needs(woken))));
    assert.equal(
      found.reduce((sum, each) => sum + each),
      1,
    );
    assert.equal(await remindAgencies(needs(woken)), 0);
    assert.equal(woken.length, 1);
    const sent: string[] = [];
    const [id = ''] = await dueReminders(bench.test.database, now);
    await Promise.all([deliverReminder(id, deliver(204, sent)), deliverReminder(id, deliver(204, sent))]);
    await deliverReminder(id, deliver(204, sent));
    assert.equal(sent.length, 1);
    const { type, data } = JSON.parse(sent[0] ?? '') as { type: string; data: { period: string } };
    assert.deepEqual([type, data.period], ['source.silent', '2026-05']);
    const open = await listReminders(bench.test.database);
    assert.deepEqual(
      open.get(SOURCE)?.map(({ period, delivery }) => [period, delivery]),
      [['2026-05', 'delivered']],
    );
  });

  it('is shown its reminder where its agency has no endpoint, until a batch or its word comes', async () => {
    const [open, sent]: [() => Promise<unknown>, string[]] = [
      async () => (await listReminders(bench.test.database)).get(SOURCE)?.map(({ delivery }) => delivery),
      [],
    ];
    await remindAgencies(needs());
    const [id = ''] = await dueReminders(bench.test.database, now);
    await deliverReminder(id, deliver(0, sent));
    assert.deepEqual([await open(), sent], [['shown'], []]);
    await state('2026-05');
    assert.equal(await open(), undefined);
    now = new Date('2026-07-10T00:00:00Z');
    assert.equal(await remindAgencies(needs()), 1);
    const [second = ''] = await dueReminders(bench.test.database, now);
    await bench.receive(penaltiesCsv([{ n: 0 }]));
    await deliverReminder(second, deliver(204, sent));
    assert.deepEqual([await open(), sent], [undefined, []]);
  });
});
