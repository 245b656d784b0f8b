// One record withdrawn and brought back by its agency or an operator: what deliveries, the feed and the log make of it.
import assert from 'node:assert/strict';
import type { Foundation } from '../../src/app/gateway.js';
import { bindRecordDecisions } from '../../src/app/record-decisions.js';
import { isGatewayError } from '../../src/core/errors.js';
import { readAudit } from '../../src/db/audit.js';
import { readFeed } from '../helpers/feed-events.js';
import { endRecords } from '../../src/jobs/end-records.js';
import type { Caller } from '../../src/http/deps.js';
import { createLogger } from '../../src/platform/logger.js';
import { writeChunk } from '../helpers/changes.js';
import { NOW, openIntakeBench, type IntakeBench } from '../helpers/intake.js';
import { cleanPenalties, penaltiesCsv } from '../helpers/penalties.js';
import { until } from '../helpers/until.js';

const OPERATOR: Caller = { keyId: 'k', role: 'operator', agency: null };
const OWNER: Caller = { keyId: 'a', role: 'agency', agency: 'market-regulation' };
const OTHER: Caller = { keyId: 'b', role: 'agency', agency: 'ecology-environment' };

interface Standing {
  readonly version: number;
  readonly state: string;
  readonly reason: string | null;
}

describe('withdrawing and reinstating a record', () => {
  let bench: IntakeBench;
  let now: Date;
  let woken: string[];
  beforeEach(async () => {
    bench = await openIntakeBench();
    now = NOW;
    woken = [];
  });
  afterEach(() => bench.close());

  const bind = (site = bench.site) =>
    bindRecordDecisions(
      {
        site,
        storage: { database: bench.test.database },
        clock: () => now,
        log: createLogger('silent'),
        dispatcher: {
          wake: (queue: string, id: string) => Promise.resolve(void woken.push(`${queue} ${id}`)),
        },
      } as unknown as Foundation,
      () => woken.push('feed'),
    );
  const withdraw = (recordId: string, caller = OWNER, reason = 'sent by mistake') =>
    bind().withdrawRecord({ recordId, caller, reason }) as Promise<Standing>;
  const reinstate = (recordId: string, caller = OWNER, reason = 'withdrawn by mistake') =>
    bind().reinstateRecord({ recordId, caller, reason }) as Promise<Standing>;
  const is = (code: string) => (error: unknown) => isGatewayError(error) && error.code === code;
  const feed = () =>
    readFeed({ lastEventId: undefined, limit: 1000 }, { sql: bench.test.database, clock: () => now });
  const ids = async (): Promise<string[]> => [...new Set((await feed()).map(({ subject }) => subject))];
  const onlyId = async (): Promise<string> => (await ids())[0]!;
  const column = async <T>(expression: string, where = 'true'): Promise<T[]> =>
    (
      await bench.test.database.query<{ value: T }>(
        `select ${expression} as value from record_versions v join chunks c on c.id = v.chunk_id
         where ${where} order by record_id, version`,
      )
    ).rows.map(({ value }) => value);
  const stated = (cells: Parameters<typeof penaltiesCsv>[0][number]) =>
    bench.ingest(penaltiesCsv([{ n: 1, ...cells }], ['SJC']));

  it('is a version of its own, in the feed, written down with its reason, and stands after it', async () => {
    await bench.ingest(cleanPenalties(1));
    const id = await onlyId();
    assert.deepEqual(await withdraw(id), {
      id,
      agency: 'market-regulation',
      recordType: 'administrative-penalty',
      version: 2,
      state: 'withdrawn',
      changedAt: NOW.toISOString(),
      reason: 'sent by mistake',
    });
    const back = await reinstate(id, OPERATOR);
    assert.deepEqual([back.version, back.state, back.reason], [3, 'in-force', 'withdrawn by mistake']);
    const events = await feed();
    assert.deepEqual(
      events.map(({ id: position, method, recordversion }) => [position, method, recordversion]),
      [
        ['1', 'PUT', 1],
        ['2', 'DELETE', 2],
        ['3', 'PUT', 3],
      ],
    );
    assert.equal(events[0]?.data, undefined);
    assert.deepEqual(await column('c.reason'), [null, 'sent by mistake', 'withdrawn by mistake']);
    assert.deepEqual(await column('c.decided_by'), [null, 'agency:a', 'operator:k']);
    const acts: unknown[] = [];
    for await (const { actor, action, object, details } of readAudit(bench.test.database))
      if (action.startsWith('record.')) acts.push([actor, action, object, JSON.parse(details)]);
    const about = { agency: 'market-regulation', recordType: 'administrative-penalty' };
    assert.deepEqual(acts, [
      ['agency:a', 'record.withdrawn', id, { reason: 'sent by mistake', version: 2, ...about }],
      ['operator:k', 'record.reinstated', id, { reason: 'withdrawn by mistake', version: 3, ...about }],
    ]);
    assert.deepEqual(woken, ['feed', 'forward city', 'feed', 'forward city']);
  });

  it('wakes every destination of the configuration', async () => {
    await bench.ingest(cleanPenalties(1));
    const { destinations } = bench.site.configuration;
    const both = [...destinations, { ...destinations[0]!, id: 'regional-platform' }];
    const site = { ...bench.site, configuration: { ...bench.site.configuration, destinations: both } };
    await bind(site).withdrawRecord({ recordId: await onlyId(), caller: OWNER, reason: 'sent by mistake' });
    assert.deepEqual(woken, ['feed', 'forward city', 'forward regional-platform']);
  });

  it('says again all that the record said, with its secrets, openness and last day', async () => {
    await bench.ingest(penaltiesCsv([{ n: 1, CF_GSJZQ: '2028/1/1' }]));
    const id = await onlyId();
    await bench.test.database.query(`update record_versions set sealed = '\\x0102', openness = 1`);
    await withdraw(id);
    await reinstate(id);
    const same = 'data, sealed, ends_on, v.openness, content_hash, subject, document_number';
    const [first, , third] = await column<string>(`row(${same})::text`);
    assert.equal(third, first);
    assert.match(first!, /2028-01-01/);
    assert.deepEqual(await column('v.is_end_settled'), [false, false, false], 'and will end on its day');
  });

  it('is for the owner and operators; another agency does not know the record', async () => {
    await bench.ingest(cleanPenalties(1));
    const id = await onlyId();
    await assert.rejects(withdraw(id, OTHER), is('record.unknown'));
    await assert.rejects(withdraw('00000000-0000-8000-8000-000000000009'), is('record.unknown'));
    await withdraw(id, OPERATOR);
    await assert.rejects(reinstate(id, OTHER), is('record.unknown'));
    assert.equal((await feed()).length, 2);
  });

  it('changes nothing the second time, and brings back only what is withdrawn', async () => {
    await bench.ingest(cleanPenalties(1));
    const id = await onlyId();
    await assert.rejects(reinstate(id), is('record.not-withdrawn'));
    const first = await withdraw(id);
    now = new Date(NOW.getTime() + 60_000);
    assert.deepEqual(await withdraw(id, OPERATOR, 'again'), first);
    await reinstate(id);
    await assert.rejects(reinstate(id), is('record.not-withdrawn'));
    assert.equal((await feed()).length, 3);
    assert.equal(woken.length, 4, 'nobody is woken for nothing');
  });

  it('leaves full exports stale after a withdrawal, and unchanged after a reinstatement', async () => {
    const csv = cleanPenalties(2);
    await bench.ingest(csv);
    const [id] = await ids();
    await withdraw(id!);
    const stale = await bench.ingest(csv);
    assert.deepEqual([stale.counts.stale, stale.counts.unchanged], [1, 1]);
    assert.deepEqual(
      (await bench.problems(stale.id)).problems.map(({ code }) => code),
      ['record.ended'],
    );
    await reinstate(id!);
    const again = await bench.ingest(csv);
    assert.deepEqual([again.counts.stale, again.counts.unchanged], [0, 2]);
    assert.equal((await feed()).length, 4);
  });

  it('is amended by what is newer than the withdrawal, and never by what is older', async () => {
    await stated({ SJC: '2026-06-01 08:00:00', BZ: 'first' });
    const id = await onlyId();
    await stated({ SJC: '2026-06-10 08:00:00', BZ: 'second' });
    await withdraw(id);
    await reinstate(id);
    const older = await stated({ SJC: '2026-06-05 08:00:00', BZ: 'late' });
    assert.equal(older.counts.stale, 1);
    const before = await stated({ SJC: '2026-06-20 08:00:00', BZ: 'from before the withdrawal' });
    assert.equal(before.counts.stale, 1);
    const newer = await stated({ SJC: '2026-07-01 08:00:00', BZ: 'third' });
    assert.equal(newer.counts.amended, 1);
    assert.deepEqual(await column(`data::json ->> 'remarks'`), ['first', 'second', null, 'second', 'third']);
    assert.deepEqual(await column('version'), [1, 2, 3, 4, 5]);
  });

  it('lifts a withdrawal by file too, which the same file does not repeat under its old time', async () => {
    await stated({ SJC: '2026-06-01 08:00:00' });
    const id = await onlyId();
    const withdrawal = penaltiesCsv([{ n: 1, SJC: '2026-06-11 08:00:00', 操作: '撤销' }], ['SJC', '操作']);
    assert.equal((await bench.ingest(withdrawal)).counts.withdrawn, 1);
    assert.deepEqual((await withdraw(id)).reason, null, 'it is withdrawn already');
    await reinstate(id);
    assert.equal((await bench.ingest(withdrawal)).counts.stale, 1);
    assert.deepEqual(
      (await feed()).map(({ method }) => method),
      ['PUT', 'DELETE', 'PUT'],
    );
  });

  it('brings nothing back whose period is over, be it ended or withdrawn', async () => {
    await bench.ingest(
      penaltiesCsv([
        { n: 1, CF_GSJZQ: '2026/8/31' },
        { n: 2, CF_GSJZQ: '2026/8/31' },
      ]),
    );
    const [ended, withdrawn] = await ids();
    await withdraw(withdrawn!);
    now = new Date('2026-08-31T23:59:59+08:00');
    await reinstate(withdrawn!);
    await withdraw(withdrawn!);
    now = new Date('2026-09-01T00:00:00+08:00');
    await endRecords({
      database: bench.test.database,
      clock: () => now,
      audit: () => Promise.resolve(),
      onChanges: () => undefined,
      signal: new AbortController().signal,
    });
    for (const id of [ended!, withdrawn!]) await assert.rejects(reinstate(id), is('record.period-over'));
    assert.equal((await withdraw(ended!)).state, 'ended');
    assert.deepEqual((await column('v.operation', `c.origin = 'ended'`)).length, 1);
  });

  it('says so where what the record said is deleted, or its type is struck from the catalogue', async () => {
    await bench.ingest(cleanPenalties(1));
    const id = await onlyId();
    await withdraw(id);
    const { configuration } = bench.site;
    const struck = { ...bench.site, configuration: { ...configuration, catalogue: [] } };
    await assert.rejects(
      bind(struck).reinstateRecord({ recordId: id, caller: OWNER, reason: 'x' }),
      is('catalogue.not-listed'),
    );
    await bench.test.database.query(`update record_versions set data = '{}', sealed = null`);
    await assert.rejects(reinstate(id), is('record.past-retention'));
    assert.equal((await column('version')).length, 2);
  });

  it('meets batches that amend the same record at the same moment without a gap or a double', async () => {
    await bench.ingest(cleanPenalties(3));
    const [id] = await ids();
    const rounds = 6;
    const decide = async (): Promise<void> => {
      for (let i = 0; i < rounds; i += 1) await (i % 2 === 0 ? withdraw : reinstate)(id!, OPERATOR);
    };
    const deliver = async (): Promise<void> => {
      for (let i = 0; i < rounds; i += 1)
        await bench.ingest(penaltiesCsv([0, 1, 2].map((n) => ({ n, BZ: `round ${i}` }))));
    };
    await Promise.all([decide(), deliver()]);
    for (const record of await ids()) {
      const versions = await column<number>('version', `record_id = '${record}'`);
      assert.deepEqual(
        versions,
        versions.map((_, i) => i + 1),
      );
    }
    const positions = (await feed()).map(({ id: position }) => Number(position));
    assert.deepEqual(
      positions,
      positions.map((_, i) => i + 1),
    );
    const total = await column('version');
    assert.equal(positions.length, total.length);
    assert.equal((await column('version', `c.origin <> 'delivery'`)).length, rounds);
  });

  it('begins again where a delivery wrote the next version a moment before', async () => {
    await bench.ingest(cleanPenalties(1));
    const id = await onlyId();
    let standing: Promise<Standing> | undefined;
    await writeChunk(bench.test.database, {
      changes: [{ recordId: id, version: 2 }],
      after: async () => {
        standing = withdraw(id);
        standing.catch(() => undefined);
        await until(async () => {
          const { rowCount } = await bench.test.database.query(
            `select from pg_stat_activity where wait_event_type = 'Lock' and query like 'insert into record_versions%'
               and datname = current_database()`,
          );
          return rowCount === 1;
        });
      },
    });
    assert.equal((await standing)?.version, 3);
    assert.deepEqual(await column('version'), [1, 2, 3]);
    assert.deepEqual(
      (await feed()).map(({ id: position, method }) => [position, method]),
      [
        ['1', 'PUT'],
        ['2', 'PUT'],
        ['3', 'DELETE'],
      ],
    );
  });

  it('does not happen where it cannot be written down', async () => {
    await bench.ingest(cleanPenalties(1));
    await bench.test.database.query('alter table audit_entries rename to audit_away');
    await assert.rejects(withdraw(await onlyId()), is('audit.unavailable'));
    assert.equal((await feed()).length, 1);
  });
});
