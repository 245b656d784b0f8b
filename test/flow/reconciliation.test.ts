// The gateway and the simulated city say the same of a day, over HTTP: after resend, withdrawal, amendment and replay,
// and after the city has lost and changed records and an operator has had them sent again.
import assert from 'node:assert/strict';
import { shanghaiDay } from '../../src/core/clock.js';
import { startTestGateway, type TestGateway } from '../helpers/gateway.js';
import { cleanPenalties, penaltiesCsv } from '../helpers/penalties.js';
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

describe('the gateway and the city', () => {
  let run: TestGateway;
  before(async () => {
    run = await startTestGateway();
  });
  after(() => run.close());

  const operate = <T = Record<string, unknown>>(path: string, json?: object) =>
    run.api<T>(
      path,
      json === undefined ? { key: run.operatorKey } : { method: 'POST', key: run.operatorKey, json },
    );
  const city = async (path: string, json?: object): Promise<Response> => {
    const { url, token } = run.gateway.sandbox!.city!;
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
    const { body } = await run.api<{ subject: string }[]>('/v1/feeds/records', { key: run.cityKey });
    return [...new Set(body.map(({ subject }) => subject))];
  };
  const assertAgreed = async (day: Day): Promise<void> => {
    const answer = await city(`/reconciliation?date=${day.date}`);
    const { tables } = (await answer.json()) as { tables: ({ tableCode: string } & Total)[] };
    assert.deepEqual(
      day.tables.map(({ tableCode, ours }) => ({ tableCode, ...ours })),
      tables,
    );
    assert.equal(day.state, 'agrees');
  };

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
    const differences = async () =>
      (
        await operate<{ differences: { recordId: string; kind: string; closedBy: string | null }[] }>(
          `${CITY}/reconciliations/${day.date}/differences`,
        )
      ).body.differences.map(({ recordId, kind, closedBy }) => `${recordId} ${kind} ${closedBy}`);
    const found = (end: string | null) =>
      [`${first} missing ${end}`, `${second} missing ${end}`, `${third} other-content ${end}`].sort();
    assert.deepEqual((await differences()).sort(), found(null));
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
    assert.deepEqual((await differences()).sort(), found('resend'));
    await assertAgreed(await reconcile());
  });
});
