// A day compared with the city's own account of it: in total, down to the record, and what a resend makes good.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { findConditions } from '../../../src/app/find-conditions.js';
import type { Foundation } from '../../../src/app/gateway.js';
import { bindReconciliations } from '../../../src/app/reconciliations.js';
import { reconciliationJob } from '../../../src/app/reconciliation-jobs.js';
import { loadSite } from '../../../src/app/site.js';
import { canonicalDigest } from '../../../src/core/canonical-json.js';
import type { ComparedTable } from '../../../src/core/reconciliation.js';
import { readAudit } from '../../../src/db/audit.js';
import { listDifferences, type Difference } from '../../../src/db/reconciliation-differences.js';
import { readReconciliation, type Reconciliation } from '../../../src/db/reconciliations.js';
import { reconcileDay, type CompareNeeds } from '../../../src/forwarding/reconcile.js';
import { createReconciliationWorker } from '../../../src/jobs/reconcile-destination.js';
import { projectRoot } from '../../../src/platform/project-root.js';
import { firstVersions, recordId, writeChunk, type WrittenChange } from '../../helpers/changes.js';
import { DESTINATION, openForwardingBench, TOKEN, type ForwardingBench } from '../../helpers/forwarding.js';

const OPERATOR = { keyId: 'k', role: 'operator', agency: null } as const;
const DAY = '2026-06-30';
const NEXT = '2026-07-01';
const REPAIR = { reason: 'the city lost them', caller: OPERATOR };

describe('the reconciliation of a day', () => {
  let bench: ForwardingBench;
  beforeEach(async () => {
    bench = await openForwardingBench();
  });
  afterEach(() => bench.close());

  const foundation = (): Foundation =>
    ({
      site: { configuration: { destinations: [DESTINATION], schedules: {} } },
      storage: { database: bench.test.database },
      clock: () => bench.now,
      dispatcher: { wake: () => Promise.resolve() },
    }) as unknown as Foundation;
  const routes = (): ReturnType<typeof bindReconciliations> => bindReconciliations(foundation());
  const work = (needs: Partial<CompareNeeds> = {}): Promise<void> => {
    const sending = bench.sendNeeds();
    return createReconciliationWorker({
      ...sending,
      owner: randomUUID(),
      claimMs: 60_000,
      compare: (due, signal) => reconcileDay(due, { ...sending, timeoutMs: 5000, signal, ...needs }),
    })('city');
  };
  const reconcile = async (day = DAY, needs: Partial<CompareNeeds> = {}): Promise<Reconciliation> => {
    await routes().orderReconciliation('city', { date: day, caller: OPERATOR });
    await work(needs);
    return (await readReconciliation(bench.test.database, 'city', day))!;
  };
  const differences = (day = DAY): Promise<Difference[]> =>
    listDifferences(bench.test.database, { destination: 'city', day }, { after: 0, limit: 1000 });
  const shown = async (day = DAY): Promise<string[]> =>
    (await differences(day)).map(
      ({ kind, recordId: id, ours, city, closedBy }) =>
        `${kind} ${Number(id.slice(-12))} ${ours?.version ?? '-'}/${city?.version ?? '-'} ${closedBy ?? 'open'}`,
    );
  const askCity = async <T>(query: string): Promise<T> => {
    const answer = await fetch(`${bench.city.url}/reconciliation?${query}`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    return (await answer.json()) as T;
  };
  const atCity = async (day = DAY): Promise<unknown> => {
    const { tables } = await askCity<{ tables: ({ tableCode: string } & object)[] }>(`date=${day}`);
    return tables;
  };
  const oursOf = ({ tables }: { tables: readonly ComparedTable[] }): unknown =>
    tables.filter(({ ours }) => ours !== null).map(({ tableCode, ours }) => ({ tableCode, ...ours }));
  const forward = async (...changes: readonly WrittenChange[]): Promise<void> => {
    await writeChunk(bench.test.database, { changes });
    await bench.forwarder().work();
  };
  const lose = (mode: 'lose-records' | 'alter-records', ...ids: string[]): void =>
    bench.city.behave({
      mode,
      refuse: ({ id }) => (ids.includes(id) ? { code: '', message: '' } : null),
    });
  /** What somebody else sent to the city. */
  const plant = async (id: string, version: number): Promise<void> => {
    const messageId = randomUUID();
    const data = { X: 'y' };
    const body = [{ id, version, operation: 'upsert', digest: canonicalDigest(data), data }];
    const answer = await fetch(`${bench.city.url}/records`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${TOKEN}`,
        'content-type': 'application/json',
        'idempotency-key': messageId,
      },
      body: JSON.stringify({ messageId, tableCode: 'XZCF', tableVersion: '2020', departmentCode: 'x', body }),
    });
    assert.equal(answer.status, 200);
  };

  it('agrees to the digest, whatever was amended, withdrawn and refused, table by table', async () => {
    await forward(...firstVersions(12));
    await forward(
      { recordId: recordId(1), version: 2 },
      { recordId: recordId(2), version: 2, operation: 'd' },
    );
    bench.city.behave({ mode: 'refuse-records', refuse: () => ({ code: 'E1', message: '不收' }) });
    await forward({ recordId: recordId(1), version: 3 });
    bench.city.behave({ mode: 'accept' });
    await writeChunk(bench.test.database, { recordType: 'honour', changes: firstVersions(2, 20) });
    await bench.forwarder().work();
    const done = await reconcile();
    assert.equal(done.result, 'agrees');
    assert.deepEqual(oursOf(done), await atCity());
    assert.deepEqual(
      done.tables.map(({ tableCode, ours }) => [tableCode, ours?.upserts, ours?.deletes]),
      [
        ['XZCF', 13, 1],
        ['honour', 2, 0],
      ],
    );
    assert.deepEqual(await differences(), []);
  });

  it('sorts lines by their bytes, versions of two digits among them', async () => {
    await forward(...firstVersions(1));
    for (let version = 2; version <= 11; version += 1) await forward({ recordId: recordId(1), version });
    const done = await reconcile();
    assert.deepEqual(oursOf(done), await atCity());
  });

  it('has nothing to say of a day without anything', async () => {
    const done = await reconcile();
    assert.deepEqual([done.result, done.tables], ['agrees', []]);
  });

  it('finds what the city lost, changed, and has from nobody, over many pages', async () => {
    lose('lose-records', recordId(3), recordId(2345));
    await writeChunk(bench.test.database, { changes: firstVersions(2500) });
    await bench.forwarder().work();
    lose('alter-records', recordId(4000));
    await forward({ recordId: recordId(4000) });
    await plant(recordId(5000), 1);
    const done = await reconcile();
    assert.deepEqual([done.result, done.open, done.tables[0]?.ours?.upserts], ['differs', 4, 2501]);
    assert.deepEqual(await shown(), [
      'missing 3 1/- open',
      'missing 2345 1/- open',
      'other-content 4000 1/1 open',
      'unknown 5000 -/1 open',
    ]);
    const [missing, , other, unknown] = await differences();
    assert.deepEqual(missing?.ours?.operation, 'upsert');
    assert.notEqual(other?.ours?.digest, other?.city?.digest);
    assert.equal(unknown?.ours, null);
    assert.deepEqual(await bench.query('select from reconciliation_lines'), []);
  });

  it('takes a version in the place of another one for one difference', async () => {
    lose('lose-records', recordId(1));
    await forward(...firstVersions(2));
    bench.city.behave({ mode: 'accept' });
    await plant(recordId(1), 7);
    await reconcile();
    assert.deepEqual(await shown(), ['other-version 1 1/7 open']);
  });

  it('is made good by a resend of the records that differ, once an operator says so', async () => {
    lose('lose-records', recordId(3));
    await forward(...firstVersions(5));
    lose('alter-records', recordId(6));
    await forward(...firstVersions(2, 6));
    bench.city.behave({ mode: 'accept' });
    await plant(recordId(9), 1);
    assert.equal((await reconcile()).open, 3);
    const sent = bench.messages.length;
    await bench.forwarder().work();
    assert.equal(bench.messages.length, sent, 'nothing is sent unasked');
    const repair = async () =>
      (await routes().repairDifferences('city', DAY, REPAIR)) as {
        records: number;
        noted: number;
        replays: { id: string; changes: number }[];
      };
    const ordered = await repair();
    assert.deepEqual([ordered.records, ordered.noted, ordered.replays[0]?.changes], [2, 1, 2]);
    const again = await repair();
    assert.deepEqual([again.records, again.noted, again.replays[0]?.id], [2, 0, ordered.replays[0]?.id]);
    await bench.forwarder().work();
    const [resend, ...more] = bench.messages.slice(sent);
    assert.deepEqual(more, []);
    assert.deepEqual(
      [resend?.resend, resend?.body.map(({ id }) => id).sort()],
      [true, [recordId(3), recordId(6)]],
    );
    assert.deepEqual(await shown(), [
      'missing 3 1/- resend',
      'other-content 6 1/1 resend',
      'unknown 9 -/1 word',
    ]);
    const done = await reconcile();
    assert.deepEqual([done.result, done.open, done.closed], ['agrees', 0, 3]);
    assert.deepEqual((await repair()).records, 0);
    const acts: unknown[] = [];
    for await (const { action, object, details } of readAudit(bench.test.database))
      if (action === 'reconciliation.repaired') acts.push([object, JSON.parse(details)]);
    assert.deepEqual(acts, [['city', { reason: REPAIR.reason, date: DAY, records: 2, noted: 1 }]]);
  });

  it('finds again what a resend did not bring, and what an operator knew of only where it has changed', async () => {
    lose('lose-records', recordId(1));
    await forward(...firstVersions(2));
    await plant(recordId(9), 1);
    await reconcile();
    await routes().repairDifferences('city', DAY, REPAIR);
    await bench.forwarder().work();
    assert.deepEqual(await shown(), ['missing 1 1/- resend', 'unknown 9 -/1 word']);
    assert.equal((await reconcile()).result, 'differs');
    assert.deepEqual(await shown(), ['missing 1 1/- open', 'unknown 9 -/1 word']);
  });

  it('counts a resend once, on its own day, on both sides', async () => {
    lose('lose-records', recordId(3));
    await forward(...firstVersions(5));
    await reconcile();
    bench.city.behave({ mode: 'accept' });
    bench.now = new Date('2026-07-01T04:00:00Z');
    await routes().repairDifferences('city', DAY, REPAIR);
    await bench.forwarder().work();
    for (const [day, upserts] of [
      [DAY, 4],
      [NEXT, 1],
    ] as const) {
      const done = await reconcile(day);
      assert.deepEqual([done.result, done.tables[0]?.ours?.upserts], ['agrees', upserts]);
      assert.deepEqual(oursOf(done), await atCity(day));
    }
  });

  it('owes no old version once the record was taken again as it stands now', async () => {
    lose('lose-records', recordId(1));
    await forward(...firstVersions(2));
    bench.city.behave({ mode: 'accept' });
    await forward({ recordId: recordId(1), version: 2 });
    assert.equal((await reconcile()).open, 1);
    bench.now = new Date(bench.now.getTime() + 60_000);
    await routes().repairDifferences('city', DAY, REPAIR);
    await bench.forwarder().work();
    assert.deepEqual(
      bench.messages.at(-1)?.body.map(({ version }) => version),
      [2],
      'never the old one',
    );
    const done = await reconcile();
    assert.deepEqual([done.result, await shown()], ['agrees', ['missing 1 1/- resend']]);
  });

  it('goes by the day that the city answered, also where a message was answered the second time', async () => {
    bench.now = new Date('2026-06-30T15:59:59Z');
    bench.city.behave({ mode: 'lose-answer', times: 1 });
    await writeChunk(bench.test.database, { changes: firstVersions(3) });
    await bench.forwarder().work();
    bench.now = new Date('2026-06-30T16:00:30Z');
    const early = await reconcile();
    assert.equal(early.result, 'agrees', 'what is in flight is not unknown');
    assert.deepEqual(
      early.tables.map(({ ours, city }) => [ours, city?.upserts]),
      [[null, 3]],
    );
    await bench.forwarder().work();
    const done = await reconcile();
    assert.deepEqual(oursOf(done), await atCity());
    assert.equal(done.tables[0]?.ours?.upserts, 3);
    assert.deepEqual(oursOf(await reconcile(NEXT)), []);
  });

  it('is one condition of the destination as long as a difference is open', async () => {
    const conditions = async (): Promise<unknown[]> =>
      (
        await findConditions({
          database: bench.test.database,
          configuration: loadSite(path.join(projectRoot, 'config')).configuration,
          pressure: () => Promise.resolve(null),
          now: bench.now,
        })
      )
        .filter(({ code }) => code === 'destination.differs')
        .map(({ subject, since, facts }) => ({ subject, since, facts }));
    await plant(recordId(1), 1);
    lose('lose-records', recordId(2));
    await forward(...firstVersions(2, 2));
    await reconcile();
    assert.deepEqual(await conditions(), [
      { subject: 'city', since: bench.now, facts: { records: 2, days: 1 } },
    ]);
    bench.city.behave({ mode: 'accept' });
    await routes().repairDifferences('city', DAY, REPAIR);
    await bench.forwarder().work();
    assert.deepEqual(await conditions(), []);
  });

  it('does not miss what the city took only after it had been asked', async () => {
    lose('lose-records', recordId(1));
    await forward(...firstVersions(2));
    bench.city.behave({ mode: 'accept' });
    const sending = bench.sendNeeds().http;
    const http: CompareNeeds['http'] = {
      send: async (request) => {
        const answer = await sending.send(request);
        if (!request.url.includes('tableCode')) return answer;
        bench.now = new Date(bench.now.getTime() + 1000);
        await forward({ recordId: recordId(3) });
        return answer;
      },
    };
    await reconcile(DAY, { http });
    assert.deepEqual(await shown(), ['missing 1 1/- open']);
  });

  it('takes the lines that a killed comparison has left away, and none of them for its own', async () => {
    await forward(...firstVersions(2));
    await bench.query(
      `insert into reconciliation_lines (destination, run, table_code, record_id, version, operation, digest)
       values ('city', gen_random_uuid(), 'XZCF', 'left', 1, 'u', '\\x00')`,
    );
    lose('lose-records', recordId(3));
    await forward({ recordId: recordId(3) });
    await reconcile();
    assert.deepEqual(await shown(), ['missing 3 1/- open']);
    assert.deepEqual(await bench.query('select from reconciliation_lines'), []);
  });

  it('stores nothing where another worker has taken over and dropped its lines', async () => {
    await forward(...firstVersions(2));
    await plant(recordId(9), 1);
    const sending = bench.sendNeeds().http;
    let isTaken = false;
    const http: CompareNeeds['http'] = {
      send: async (request) => {
        const answer = await sending.send(request);
        isTaken ||= request.url.includes('tableCode');
        return answer;
      },
    };
    const database: CompareNeeds['database'] = {
      ...bench.test.database,
      transaction: async (work) => {
        if (isTaken) await bench.query('delete from reconciliation_lines');
        return bench.test.database.transaction(work);
      },
    };
    const failed = await reconcile(DAY, { http, database });
    assert.deepEqual([failed.result, failed.error, await shown()], [null, 'claim.lost', []]);
  });

  it('closes what is found no longer', async () => {
    lose('lose-records', recordId(1));
    await forward(...firstVersions(2));
    await reconcile();
    bench.city.behave({ mode: 'accept' });
    const [entry] = bench.city.records.get(recordId(2))!;
    (bench.city.records as Map<string, unknown[]>).set(recordId(1), [
      { ...entry, digest: (await differences())[0]!.ours!.digest },
    ]);
    await plant(recordId(3), 1);
    await reconcile();
    assert.deepEqual(await shown(), ['missing 1 1/- comparison', 'unknown 3 -/1 open']);
  });

  it('is shown as not offered where the city has no such address, and is no failure', async () => {
    const http = { send: () => Promise.resolve({ status: 404, headers: {}, body: '' }) };
    await forward(...firstVersions(1));
    const done = await reconcile(DAY, { http });
    assert.deepEqual([done.result, done.error, done.dueAt], ['not-offered', null, null]);
  });

  for (const [what, status, body, reason] of [
    ['does not answer well', 503, '', 'http-503'],
    ['does not know us', 401, '{}', 'http-401'],
    ['answers no JSON', 200, '<html>', 'unreadable-answer'],
    ['answers for another day', 200, JSON.stringify({ date: NEXT, tables: [] }), 'unreadable-answer'],
  ] as const)
    it(`is tried again later where the city ${what}`, async () => {
      const http = { send: () => Promise.resolve({ status, headers: {}, body }) };
      const failed = await reconcile(DAY, { http });
      assert.deepEqual([failed.result, failed.failures], [null, 1]);
      assert.equal(failed.error, `city.unreachable: ${reason}`);
      assert.equal(failed.dueAt!.getTime() - bench.now.getTime(), 30_000);
      await work();
      assert.equal((await readReconciliation(bench.test.database, 'city', DAY))?.failures, 1, 'not before');
      bench.now = failed.dueAt!;
      await work();
      const done = await readReconciliation(bench.test.database, 'city', DAY);
      assert.deepEqual([done?.result, done?.error, done?.dueAt], ['agrees', null, null]);
    });

  it('is tried again where a listing goes round in a circle, or a line is none', async () => {
    await forward(...firstVersions(2));
    const answers = (lines: unknown[], next: string | null) => ({
      send: ({ url }: { url: string }) => {
        const isList = url.includes('tableCode');
        const totals = [{ tableCode: 'XZCF', upserts: 1, deletes: 0, digest: '0'.repeat(64) }];
        const body = JSON.stringify(isList ? { lines, next } : { date: DAY, tables: totals });
        return Promise.resolve({ status: 200, headers: {}, body });
      },
    });
    const line = { id: recordId(1), version: 1, operation: 'upsert', digest: '1'.repeat(64) };
    for (const http of [
      answers([line], 'x'),
      answers(['a,b'], null),
      answers([{ ...line, id: 'a,b' }], null),
    ])
      assert.equal((await reconcile(DAY, { http })).error, 'city.unreachable: unreadable-answer');
    const done = await reconcile(DAY, { http: answers([line], null) });
    assert.equal(done.result, 'differs');
    assert.deepEqual(await shown(), ['other-content 1 1/1 open', 'missing 2 1/- open']);
    assert.deepEqual(await bench.query('select from reconciliation_lines'), []);
  });

  it('is ordered once while it is under way, for yesterday where no day is named, and never ahead of time', async () => {
    const order = (date?: string) => routes().orderReconciliation('city', { date, caller: OPERATOR });
    await order();
    bench.now = new Date(bench.now.getTime() + 1000);
    const second = (await order('2026-06-29')) as { state: string; orderedAt: Date };
    assert.deepEqual([second.state, second.orderedAt.getTime()], ['pending', bench.now.getTime() - 1000]);
    for (const date of ['2026-07-01', '2026-02-30', 'today'])
      await assert.rejects(order(date), { code: 'request.malformed' });
    await assert.rejects(routes().orderReconciliation('nowhere', { date: DAY, caller: OPERATOR }), {
      code: 'destination.unknown',
    });
    await assert.rejects(routes().listDifferences('city', DAY, { after: 0, limit: 1 }), {
      code: 'reconciliation.unknown',
    });
    let acts = 0;
    for await (const { action } of readAudit(bench.test.database))
      if (action === 'reconciliation.ordered') acts += 1;
    assert.equal(acts, 1);
  });

  it('is listed with the latest day first, page by page, and so are its differences', async () => {
    for (const day of ['2026-06-28', '2026-06-29', DAY]) await reconcile(day);
    const page = async (before?: string) =>
      (await routes().listReconciliations('city', { before, limit: 2 })) as {
        reconciliations: { date: string; state: string }[];
        next: string | null;
      };
    const first = await page();
    assert.deepEqual(
      first.reconciliations.map(({ date, state }) => [date, state]),
      [
        [DAY, 'agrees'],
        ['2026-06-29', 'agrees'],
      ],
    );
    assert.deepEqual(
      (await page(first.next!)).reconciliations.map(({ date }) => date),
      ['2026-06-28'],
    );
    await plant(recordId(1), 1);
    await plant(recordId(2), 1);
    await reconcile();
    const list = async (after: number) =>
      (await routes().listDifferences('city', DAY, { after, limit: 1 })) as {
        differences: { recordId: string }[];
        next: number | null;
      };
    const one = await list(0);
    const two = await list(one.next!);
    assert.deepEqual(
      [one, two].map(({ differences: [each] }) => each?.recordId),
      [recordId(1), recordId(2)],
    );
    assert.equal(two.next, null);
  });

  it('is ordered by the night for each day that has gone by, the first time for yesterday alone', async () => {
    const night = async (now: string): Promise<string[]> => {
      bench.now = new Date(now);
      await reconciliationJob(foundation(), ['city']).run();
      const days = await bench.query<{ day: string }>(
        'select day::text from reconciliations where due_at is not null order by day',
      );
      await work();
      return days.map(({ day }) => day);
    };
    assert.deepEqual(await night('2026-06-30T01:15:00+08:00'), ['2026-06-29']);
    assert.deepEqual(await night('2026-06-30T01:15:00+08:00'), []);
    assert.deepEqual(await night('2026-07-03T01:15:00+08:00'), ['2026-06-30', '2026-07-01', '2026-07-02']);
    assert.equal((await night('2026-12-01T01:15:00+08:00')).length, 31, 'but not for ever');
  });

  it('is ordered by the night for each destination that is named', async () => {
    const woken: string[] = [];
    const dispatcher = {
      wake: (queue: string, id: string) => Promise.resolve(void woken.push(`${queue} ${id}`)),
    };
    const told = { ...foundation(), dispatcher } as unknown as Foundation;
    await reconciliationJob(told, ['city', 'regional-platform']).run();
    const ordered = await bench.query('select destination, day::text from reconciliations order by 1');
    assert.deepEqual(ordered, [
      { destination: 'city', day: '2026-06-29' },
      { destination: 'regional-platform', day: '2026-06-29' },
    ]);
    assert.deepEqual(woken, ['reconcile city', 'reconcile regional-platform']);
  });
});
