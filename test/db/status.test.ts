// Is anything wrong? Each condition as the tables give it, and each told once when it begins and once when it ends.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { thisMachine } from '../../src/app/find-conditions.js';
import type { Pressure } from '../../src/app/pressure.js';
import { readStatus, type StatusView } from '../../src/app/status.js';
import { watchOnce } from '../../src/app/watch.js';
import type { Configuration } from '../../src/core/configuration.js';
import { readAudit } from '../../src/db/audit.js';
import { claimFire } from '../../src/db/fires.js';
import { failPull, orderPull } from '../../src/db/source-pulls.js';
import { createCapturedLogger } from '../helpers/captured-log.js';
import { firstVersions, writeChunk } from '../helpers/changes.js';
import { NOW, openIntakeBench, SOURCE, type IntakeBench } from '../helpers/intake.js';
import { penaltiesCsv } from '../helpers/penalties.js';

const AGENCY = 'market-regulation';
const at = (minutes: number): Date => new Date(NOW.getTime() + minutes * 60_000);

describe('the status of a gateway', () => {
  let bench: IntakeBench;
  let pressed: Pressure | null;
  beforeEach(async () => {
    bench = await openIntakeBench();
    pressed = null;
  });
  afterEach(() => bench.close());

  const needs = (configuration: Configuration = bench.site.configuration) => ({
    database: bench.test.database,
    configuration,
    pressure: () => Promise.resolve(pressed),
  });
  const status = (now = NOW, configuration?: Configuration): Promise<StatusView> =>
    readStatus({ ...needs(configuration), now });
  const wrong = async (now = NOW, configuration?: Configuration): Promise<string[]> =>
    (await status(now, configuration)).conditions.map(
      ({ code, severity, subject, since }) =>
        `${severity} ${code} ${subject.kind} ${subject.id} ${(Date.parse(since) - NOW.getTime()) / 60_000}`,
    );
  const sql = (text: string, values: readonly unknown[] = []): Promise<unknown> =>
    bench.test.database.query(text, values);
  const uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

  it('is ok where nothing is wrong, with what was taken counted nowhere as waiting', async () => {
    const { id } = await bench.ingest(penaltiesCsv([{ n: 1 }, { n: 2 }]));
    assert.match(id, uuid);
    const { ok, conditions, figures } = await status();
    assert.deepEqual([ok, conditions], [true, []]);
    assert.deepEqual(figures.batches, { received: 0, processing: 0, held: 0, failed: 0 });
    assert.deepEqual(figures.destinations, [
      { id: 'city', records: 2, inFlight: 0, failures: 0, oldestSeconds: 0 },
    ]);
    assert.deepEqual(
      figures.queues.map(({ queue, waiting }) => [queue, waiting]),
      [
        ['batches', 0],
        ['pulls', 0],
        ['notices', 0],
        ['feedback', 0],
        ['reminders', 0],
      ],
    );
  });

  it('calls late what agencies are reminded of, until something comes', async () => {
    await sql(
      `insert into source_reminders (id, source, agency, period, first_day, last_day, raised_at, state, due_at)
       values ($1, $2, $3, '2026-05', '2026-05-01', '2026-05-31', $4, 'shown', $4)`,
      [randomUUID(), SOURCE, AGENCY, at(-60)],
    );
    assert.deepEqual(await wrong(), [`warning source.late source ${SOURCE} -60`]);
    const { ok, conditions } = await status();
    assert.equal(ok, false);
    assert.equal(conditions[0]?.message, 'Nothing came for 2026-05.');
    await bench.receive(penaltiesCsv([{ n: 1 }]));
    assert.deepEqual(await wrong(), []);
  });

  it('calls a schedule missed that has passed unused', async () => {
    const fire = { schedule: 'retention', dueAt: at(-60), nextDueAt: at(-1), owner: randomUUID() };
    await claimFire(bench.test.database, fire, at(-60));
    assert.deepEqual(await wrong(), []);
    assert.deepEqual(await wrong(at(5)), ['error schedule.missed schedule retention -1']);
  });

  it('calls a batch stuck that has not moved, the first of its source alone, and none of a paused one', async () => {
    const first = await bench.receive(penaltiesCsv([{ n: 1 }]));
    await bench.receive(penaltiesCsv([{ n: 2 }]));
    assert.deepEqual(await wrong(at(14)), []);
    assert.deepEqual(await wrong(at(16)), [`error batch.stuck batch ${first} 0`]);
    await sql('update batches set retry_at = $2 where id = $1', [first, at(10)]);
    assert.deepEqual(await wrong(at(16)), []);
    assert.deepEqual(await wrong(at(26)), [`error batch.stuck batch ${first} 10`]);
    await sql(`insert into source_pauses values ($1, $2, 'operator:k', 'wrong year')`, [SOURCE, at(20)]);
    assert.deepEqual(await wrong(at(26)), [`warning source.paused source ${SOURCE} 20`]);
  });

  it('does not call a batch stuck whose chunks are stored, nor one whose turn has just come', async () => {
    const id = await writeChunk(bench.test.database, { changes: firstVersions(1), committedAt: at(10) });
    await sql('update change_log set last_position = 0');
    await sql('insert into destinations (id, planned_to) values ($1, 1000)', ['city']);
    assert.deepEqual(await wrong(at(20)), []);
    await sql(`update batches set status = 'accepted', finished_at = $2 where id = $1`, [id, at(25)]);
    const next = await writeChunk(bench.test.database, { changes: [] });
    await sql('update chunks set committed_at = $2 where batch_id = $1', [next, NOW]);
    assert.deepEqual(await wrong(at(30)), []);
    assert.deepEqual(await wrong(at(45)), [`error batch.stuck batch ${next} 25`]);
  });

  it('calls a way in failing after some runs, and a run stuck that nobody takes up', async () => {
    const { database } = bench.test;
    const order = { isFull: false, isSweep: false, at: at(-20) };
    for (let n = 1; n <= 3; n += 1) {
      assert.deepEqual(await wrong(), []);
      await orderPull(database, SOURCE, order);
      await failPull(database, {
        source: SOURCE,
        at: at(-20 + n),
        retryAt: null,
        error: 'pull.failed: no answer',
      });
    }
    assert.deepEqual(await wrong(), [`error source.failing source ${SOURCE} -19`]);
    await sql('update source_pulls set failures_in_row = 0, failing_since = null');
    await orderPull(database, SOURCE, order);
    assert.deepEqual(await wrong(), [`error pull.stuck source ${SOURCE} -20`]);
    await sql(
      `insert into source_claims values ('pull:' || $1, gen_random_uuid(), $2)
       on conflict (source) do update set claimed_until = excluded.claimed_until`,
      [SOURCE, at(1)],
    );
    assert.deepEqual(await wrong(), []);
  });

  it('names held batches, and failed ones until something of their source is taken', async () => {
    const id = await bench.receive(penaltiesCsv([{ n: 1 }]));
    await sql(
      `update batches set status = 'held', finished_at = $2, hold_reason = 'rejected-share' where id = $1`,
      [id, at(-5)],
    );
    assert.deepEqual(await wrong(), [`warning batch.held batch ${id} -5`]);
    await sql(`update batches set status = 'failed' where id = $1`, [id]);
    assert.deepEqual(await wrong(), [`error batch.failed batch ${id} -5`]);
    await bench.ingest(penaltiesCsv([{ n: 2 }]));
    assert.deepEqual(await wrong(), []);
  });

  it('calls a destination lagging by its oldest pending change, and unreachable while its breaker is open', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(3), committedAt: at(-30) });
    await writeChunk(bench.test.database, { changes: firstVersions(2, 4), committedAt: at(-20) });
    await sql(`update batches set status = 'accepted', finished_at = $1`, [NOW]);
    assert.deepEqual(await wrong(), ['warning destination.lagging destination city -30']);
    await sql(`insert into destinations (id, planned_to) values ('city', 3)`);
    assert.deepEqual(await wrong(), ['warning destination.lagging destination city -20']);
    await sql(`update destinations set planned_to = 5`);
    assert.deepEqual(await wrong(), []);
    await sql(
      `insert into messages (id, destination, agency, record_type, table_code, table_version, positions, record_ids, due_at, planned_at)
      values (gen_random_uuid(), 'city', 'courts', 'administrative-penalty', 'T', '1', '{2}', array[gen_random_uuid()], $1, $1)`,
      [NOW],
    );
    assert.deepEqual(await wrong(), ['warning destination.lagging destination city -30']);
    assert.deepEqual((await status()).figures.destinations, [
      { id: 'city', records: 1, inFlight: 1, failures: 0, oldestSeconds: 1800 },
    ]);
    await sql('delete from messages');
    await sql('update destinations set failures = 10');
    assert.deepEqual(await wrong(), ['error destination.unreachable destination city 0']);
  });

  it('names a destination without an address, seen by who wakes it and told by everybody', async () => {
    const { destinations } = bench.site.configuration;
    const configuration = {
      ...bench.site.configuration,
      destinations: [...destinations, { ...destinations[0]!, id: 'regional-platform' }],
    };
    const look = async (known: readonly string[], now: Date): Promise<void> => {
      const addresses = new Map(known.map((id) => [id, { url: 'http://there', token: '' }]));
      const { log } = createCapturedLogger();
      await watchOnce({ ...needs(configuration), addresses, clock: () => now, log });
    };
    assert.deepEqual(await wrong(NOW, configuration), []);
    await look(['city'], NOW);
    assert.deepEqual(await wrong(at(3), configuration), [
      'warning destination.no-address destination regional-platform 0',
    ]);
    await look(['city', 'regional-platform'], at(4));
    assert.deepEqual(await wrong(at(5), configuration), []);
  });

  it('names agencies whose endpoint is gone, or that do not read what could not be delivered', async () => {
    const { configuration } = bench.site;
    const webhook = { url: 'https://example.org/hook', secretFile: '/dev/null' };
    const agencies = configuration.agencies.map((agency) =>
      agency.id === AGENCY ? { ...agency, webhook } : agency,
    );
    for (const url of [webhook.url, 'https://example.org/old'])
      await sql('insert into disabled_endpoints values ($1, $2, $3)', [AGENCY, url, at(-9)]);
    assert.deepEqual(await wrong(NOW, { ...configuration, agencies }), [
      `warning endpoint.disabled agency ${AGENCY} -9`,
    ]);
    await sql(
      `insert into notices (id, destination, state, subject, measure, body, received_at)
       values ('N', 'city', 'routed', '', 'm', '{}', $1)`,
      [NOW],
    );
    await sql(
      `insert into notice_deliveries (id, notice_id, agency, state, attempts, due_at)
       values (gen_random_uuid(), 'N', $1, 'mailbox', 10, $2)`,
      [AGENCY, at(-8)],
    );
    assert.deepEqual(await wrong(), [`warning notice.unread agency ${AGENCY} -8`]);
  });

  it('says that the audit log cannot be written, and leaves nothing in one that can', async () => {
    assert.deepEqual(await wrong(), []);
    for await (const entry of readAudit(bench.test.database)) assert.fail(entry.action);
    await sql('alter table audit_entries rename to audit_entries_away');
    assert.deepEqual(await wrong(), ['error audit.unwritable gateway audit-log 0']);
  });

  it('says that the disk or the backlog is above its mark', async () => {
    pressed = { reason: 'disk', retryAfterSeconds: 60 };
    assert.deepEqual(await wrong(), [`error disk.full gateway ${thisMachine()} 0`]);
    pressed = { reason: 'backlog', retryAfterSeconds: 60 };
    assert.deepEqual(await wrong(), ['error backlog.full gateway batches 0']);
  });

  it('asks for the calendar of the next year in November, and insists from December on', async () => {
    const days = async (day: string, configuration = bench.site.configuration) =>
      (await status(new Date(`${day}T04:00:00Z`), configuration)).conditions.map(
        ({ code, severity, subject }) => `${severity} ${code} ${subject.id}`,
      );
    const { calendars } = bench.site.configuration;
    const without = {
      ...bench.site.configuration,
      calendars: calendars.filter(({ year }) => year <= 2026),
    };
    assert.deepEqual(await days('2026-10-31', without), []);
    assert.deepEqual(await days('2026-11-02', without), ['info calendar.missing 2027']);
    assert.equal((await status(new Date('2026-11-02T04:00:00Z'), without)).ok, true);
    assert.deepEqual(await days('2026-12-02', without), ['error calendar.missing 2027']);
    assert.deepEqual(await days('2026-12-02'), ['warning calendar.provisional 2027']);
  });

  describe('in the log', () => {
    const told = async (now: Date): Promise<[string, unknown, unknown][]> => {
      const { log, lines } = createCapturedLogger();
      await watchOnce({ ...needs(), clock: () => now, log });
      return lines.map((line) => [String(line['msg']), line['code'], line['level']]);
    };

    it('tells each condition once when it begins and once when it ends, whichever process looks', async () => {
      const id = await bench.receive(penaltiesCsv([{ n: 1 }]));
      assert.deepEqual(await told(NOW), []);
      assert.deepEqual(await told(at(20)), [['Condition began', 'batch.stuck', 'error']]);
      assert.deepEqual(await told(at(21)), []);
      await sql(`update batches set status = 'accepted', finished_at = $2 where id = $1`, [id, at(21)]);
      assert.deepEqual(await told(at(22)), [['Condition ended', 'batch.stuck', 'info']]);
      assert.deepEqual(await told(at(23)), []);
    });

    it('keeps the beginning of what nobody else wrote down', async () => {
      pressed = { reason: 'backlog', retryAfterSeconds: 60 };
      await told(NOW);
      assert.deepEqual(await wrong(at(7)), ['error backlog.full gateway batches 0']);
    });

    it('does not end what is wrong with another machine', async () => {
      await sql(`insert into conditions values ('disk.full', 'elsewhere', 'error', $1, $1)`, [NOW]);
      assert.deepEqual(await told(NOW), []);
      await sql(`insert into conditions values ('disk.full', $2, 'error', $1, $1)`, [NOW, thisMachine()]);
      assert.deepEqual(await told(NOW), [['Condition ended', 'disk.full', 'info']]);
    });

    it('is told by one process at a time', async () => {
      pressed = { reason: 'backlog', retryAfterSeconds: 60 };
      const both = await Promise.all([told(NOW), told(NOW)]);
      assert.equal(both.flat().length, 1);
    });
  });
});
