// The gateway and the simulated city say the same of a day, over HTTP: after resend, withdrawal, amendment and replay,
// and after the city has lost and changed records and an operator has had them sent again.
import assert from 'node:assert/strict';
import { shanghaiDay } from '../../src/core/clock.js';
import type { BatchView } from '../../src/app/batch-view.js';
import type { ReplayPreview } from '../../src/app/preview-replay.js';
import { startTestGateway, type TestGateway } from '../helpers/gateway.js';
import { loosenDefinitions, UNKNOWN_KIND } from '../helpers/loosened-site.js';
import { cleanPenalties, penaltiesCsv } from '../helpers/penalties.js';
import { createTemporaryFolder, type TemporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';

const SOURCE = 'market-regulation-penalty';
const CITY = '/v1/destinations/city';

interface Total {
  readonly upserts: number;
  readonly deletes: number;
  readonly digest: string;
}
interface Day {
  readonly date: string;
  readonly state: string;
  readonly comparedAt: string | null;
  readonly tables: readonly {
    readonly tableCode: string;
    readonly ours: Total | null;
    readonly city: Total | null;
  }[];
  readonly differences: { readonly open: number; readonly closed: number };
}

/** Asks and orders at the gateway, and asks the simulated city itself. */
function bothSides(run: () => TestGateway) {
  const operate = <T = Record<string, unknown>>(path: string, json?: object) =>
    run().api<T>(
      path,
      json === undefined ? { key: run().operatorKey } : { method: 'POST', key: run().operatorKey, json },
    );
  const city = async (path: string, json?: object): Promise<Response> => {
    const { url, token } = run().gateway.sandbox!.city!;
    return fetch(`${url}${path}`, {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(json === undefined ? {} : { method: 'POST', body: JSON.stringify(json) }),
    });
  };
  const today = (): string => shanghaiDay(new Date());
  const reconcile = async (date = today()): Promise<Day> => {
    const ordered = await operate<Day>(`${CITY}/reconcile`, { date });
    assert.equal(ordered.status, 202);
    return until(async () => {
      const { body } = await operate<{ reconciliations: Day[] }>(`${CITY}/reconciliations`);
      const day = body.reconciliations.find((each) => each.date === date);
      return day !== undefined && day.state !== 'pending' && day;
    });
  };
  const quiet = (): Promise<unknown> =>
    until(async () => {
      const { body } = await operate<{ destinations: { pending: { records: number } }[] }>(
        '/v1/destinations',
      );
      const { body: replays } = await operate<{ replays: { state: string }[] }>(`${CITY}/replays`);
      return (
        body.destinations[0]?.pending.records === 0 && replays.replays.every(({ state }) => state === 'done')
      );
    });
  const subjects = async (): Promise<string[]> => {
    const { body } = await run().api<{ subject: string }[]>('/v1/feeds/records', { key: run().cityKey });
    return [...new Set(body.map(({ subject }) => subject))];
  };
  const differencesOf = async (date: string): Promise<string[]> =>
    (
      await operate<{ differences: { recordId: string; kind: string; closedBy: string | null }[] }>(
        `${CITY}/reconciliations/${date}/differences`,
      )
    ).body.differences
      .map(({ recordId, kind, closedBy }) => `${recordId} ${kind} ${closedBy}`)
      .sort();
  /** The test asks the city itself: what the gateway says of it is not taken on trust. */
  const assertAgreed = async (day: Day): Promise<void> => {
    const answer = await city(`/reconciliation?date=${day.date}`);
    const { tables } = (await answer.json()) as { tables: ({ tableCode: string } & Total)[] };
    assert.deepEqual(
      day.tables.map(({ tableCode, ours }) => ({ tableCode, ...ours })),
      tables,
    );
    assert.equal(day.state, 'agrees');
  };
  return { operate, city, reconcile, quiet, subjects, differencesOf, assertAgreed };
}

describe('the gateway and the city', () => {
  let run: TestGateway;
  before(async () => {
    run = await startTestGateway();
  });
  after(() => run.close());
  const { operate, city, reconcile, quiet, subjects, differencesOf, assertAgreed } = bothSides(() => run);

  it('agree after a resend, a withdrawal, an amendment and a replay', async () => {
    await run.upload(SOURCE, cleanPenalties(30));
    const [one, two, three] = (await subjects()) as [string, string, string];
    await run.upload(
      SOURCE,
      penaltiesCsv([
        { n: 0, BZ: 'amended' },
        { n: 1, BZ: 'amended' },
      ]),
    );
    for (const [id, act] of [
      [one, 'withdrawal'],
      [three, 'withdrawal'],
      [three, 'reinstatement'],
    ])
      await operate(`/v1/records/${id}/${act}`, { reason: 'decided anew' });
    await operate(`${CITY}/replay`, { records: [{ id: two }, { id: three }], reason: 'asked for' });
    await operate(`${CITY}/replay`, { recordType: 'administrative-penalty', reason: 'asked for' });
    await quiet();
    const day = await reconcile();
    await assertAgreed(day);
    assert.deepEqual([day.tables[0]?.ours?.upserts, day.tables[0]?.ours?.deletes], [33, 2]);
    const status = await operate<{ conditions: { code: string }[] }>('/v1/status');
    assert.ok(status.body.conditions.every(({ code }) => code !== 'destination.differs'));
  });

  it('find what the city lost and changed down to the record, and agree again once it is sent again', async () => {
    await city('/control', { mode: 'lose-records', times: 1 });
    await run.upload(SOURCE, penaltiesCsv([{ n: 100 }, { n: 101 }]));
    await city('/control', { mode: 'alter-records', times: 1 });
    await run.upload(SOURCE, penaltiesCsv([{ n: 102 }]));
    const [first, second, third] = (await subjects()).slice(-3) as [string, string, string];
    const day = await reconcile();
    assert.deepEqual([day.state, day.differences], ['differs', { open: 3, closed: 0 }]);
    const found = (end: string | null) =>
      [`${first} missing ${end}`, `${second} missing ${end}`, `${third} other-content ${end}`].sort();
    assert.deepEqual(await differencesOf(day.date), found(null));
    // The status is worked out once a second at most.
    await until(async () => {
      const { body } = await operate<{ conditions: { code: string; subject: { id: string } }[] }>(
        '/v1/status',
      );
      return body.conditions.some(
        ({ code, subject }) => code === 'destination.differs' && subject.id === 'city',
      );
    });
    const repair = await operate(`${CITY}/reconciliations/${day.date}/repair`, { reason: 'the city agreed' });
    assert.deepEqual([repair.status, repair.body['records']], [202, 3]);
    await quiet();
    assert.deepEqual(await differencesOf(day.date), found('resend'));
    await assertAgreed(await reconcile());
  });
});

describe('the gateway and the city after a replay', () => {
  let definitions: TemporaryFolder;
  let run: TestGateway;
  let batches: readonly [BatchView, BatchView];
  before(async () => {
    definitions = createTemporaryFolder();
    loosenDefinitions(definitions.path);
    const strict = await startTestGateway();
    const faulty = (n: number) => ({ n, CF_XDR_LB: UNKNOWN_KIND });
    const first = penaltiesCsv([
      { n: 0 },
      faulty(1),
      faulty(2),
      faulty(3),
      { n: 4 },
      { n: 5, CF_XDR_MC: '' },
    ]);
    batches = [
      await strict.upload(SOURCE, first),
      await strict.upload(SOURCE, penaltiesCsv([{ n: 10 }, faulty(11)])),
    ];
    await strict.upload(
      SOURCE,
      penaltiesCsv([
        { n: 2, BZ: 'came later' },
        { n: 4, BZ: 'amended' },
      ]),
    );
    await strict.gateway.stop();
    run = await startTestGateway({ continues: strict, definitionsRoot: definitions.path });
  });
  after(async () => {
    await run.close();
    definitions.remove();
  });
  const { operate, city, reconcile, quiet, subjects, differencesOf, assertAgreed } = bothSides(() => run);

  const replay = async (batch: BatchView): Promise<BatchView> => {
    const path = `/v1/batches/${batch.id}/replay`;
    const foreseen = await operate<ReplayPreview>(`${path}?preview=true`, {});
    assert.equal(foreseen.status, 200);
    const ordered = await operate<BatchView>(path, { reason: 'the kind is in the list now' });
    assert.equal(ordered.status, 202);
    const done = await until(async () => {
      const { body } = await operate<BatchView>(`/v1/batches/${ordered.body.id}`);
      return body.finishedAt !== null && body.city.pending === 0 && body;
    });
    assert.deepEqual(done.counts, foreseen.body.after);
    return done;
  };

  it('agree on what the old mapping rejected and the new one takes, beside what came between', async () => {
    await assertAgreed(await reconcile());
    const [batch] = batches;
    assert.deepEqual([batch.counts.new, batch.counts.rejected], [2, 4]);
    const done = await replay(batch);
    assert.deepEqual([done.counts.new, done.counts.stale, done.counts.rejected], [2, 2, 1]);
    assert.equal(done.city.delivered, 2);
    const day = await reconcile();
    await assertAgreed(day);
    assert.deepEqual([day.tables[0]?.ours?.upserts, day.tables[0]?.ours?.deletes], [7, 0]);
    assert.deepEqual(day.differences, { open: 0, closed: 0 });
    await operate(`${CITY}/replay`, { batch: done.id, reason: 'asked for' });
    await quiet();
    await assertAgreed(await reconcile());
  });

  it('find the record of a replay that the city lost, and agree once an operator has it sent again', async () => {
    await city('/control', { mode: 'lose-records', times: 1 });
    const known = new Set(await subjects());
    const done = await replay(batches[1]);
    assert.deepEqual([done.counts.new, done.city.delivered], [1, 1], 'the city said that it has it');
    const lost = (await subjects()).filter((id) => !known.has(id));
    const day = await reconcile();
    const [table] = day.tables;
    assert.deepEqual(
      [day.state, day.differences, table?.ours?.upserts, table?.city?.upserts],
      ['differs', { open: 1, closed: 0 }, 8, 7],
    );
    assert.deepEqual(
      await differencesOf(day.date),
      lost.map((id) => `${id} missing null`),
    );
    const repair = `${CITY}/reconciliations/${day.date}/repair`;
    assert.equal((await operate(repair, {})).status, 400, 'nothing is sent without a reason');
    const repaired = await operate(repair, { reason: 'the city agreed' });
    assert.deepEqual([repaired.status, repaired.body['records']], [202, 1]);
    await quiet();
    assert.deepEqual(
      await differencesOf(day.date),
      lost.map((id) => `${id} missing resend`),
    );
    const after = await reconcile();
    await assertAgreed(after);
    assert.equal(after.tables[0]?.city?.upserts, 8);
  });
});
