// Two destinations, each with an entry, an address and a token of its own: each gets every version that is open to it,
// once and in order, whatever becomes of the other.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Destination } from '../../src/core/configuration.js';
import { shanghaiDay } from '../../src/core/clock.js';
import { orderReconciliation } from '../../src/db/reconciliations.js';
import { orderResend } from '../../src/db/resend-orders.js';
import type { CityMessage } from '../../src/sandbox/city-message.js';
import { startSandboxCity, type SandboxCity } from '../../src/sandbox/city.js';
import { createLogger } from '../../src/platform/logger.js';
import { writeChangedConfig } from '../helpers/changed-config.js';
import { startTestGateway, type TestGateway } from '../helpers/gateway.js';
import { penaltiesCsv } from '../helpers/penalties.js';
import { createTemporaryFolder, type TemporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';

const SOURCE = 'market-regulation-penalty';
const REGION = 'regional-platform';

interface Place {
  readonly city: SandboxCity;
  readonly messages: CityMessage[];
  /** Each version that came, in order: id, version, operation. */
  came(): string[];
}

async function openPlace(folder: string, token: string): Promise<Place> {
  const messages: CityMessage[] = [];
  const city = await startSandboxCity({
    ...{ folder, token, clock: () => new Date(), log: createLogger('silent') },
    onMessage: (message) => messages.push(message),
  });
  const came = (): string[] =>
    messages.flatMap(({ body }) => body.map(({ id, version, operation }) => `${id} ${version} ${operation}`));
  return { city, messages, came };
}

/** The entry of the second: another table, what is public alone, and little patience. */
const second = (destinations: readonly Destination[]): unknown[] => [
  ...destinations,
  {
    ...destinations[0],
    id: REGION,
    tables: { 'administrative-penalty': { code: 'QY-XZCF', version: '2020' } },
    openness: 'public',
    retry: { firstDelayMs: 20, maxDelayMs: 100, maxRetryAfterMs: 1000 },
    breaker: { failures: 2, probeEveryMs: 100 },
    parked: { probeEveryMs: 60_000 },
  },
];

interface Standing {
  readonly id: string;
  readonly pending: { readonly records: number };
  readonly paused: { readonly reason: string } | null;
  readonly parked: object | null;
}

describe('two destinations', () => {
  let folder: TemporaryFolder;
  let run: TestGateway;
  let city: Place;
  let region: Place;
  before(async () => {
    folder = createTemporaryFolder();
    city = await openPlace(`${folder.path}/city`, 'token-of-the-city');
    region = await openPlace(`${folder.path}/region`, 'token-of-the-region');
    run = await startTestGateway({
      configDir: writeChangedConfig(folder.path, { 'destinations.yaml': second }),
      addresses: { city: city.city, [REGION]: region.city },
    });
  });
  after(async () => {
    await run.close();
    await city.city.stop();
    await region.city.stop();
    folder.remove();
  });

  const operate = <T = Record<string, unknown>>(path: string, json?: object) =>
    run.api<T>(
      path,
      json === undefined ? { key: run.operatorKey } : { method: 'POST', key: run.operatorKey, json },
    );
  const standing = async (id: string): Promise<Standing> => {
    const { body } = await operate<{ destinations: Standing[] }>('/v1/destinations');
    return body.destinations.find((each) => each.id === id)!;
  };
  const conditions = async (): Promise<string[]> => {
    const { body } = await operate<{ conditions: { code: string; subject: { id: string } }[] }>('/v1/status');
    return body.conditions
      .filter(({ code }) => code.startsWith('destination.'))
      .map(({ code, subject }) => `${code} ${subject.id}`);
  };
  /** Waits until nothing is left to be sent to the second. */
  const quiet = (): Promise<unknown> =>
    until(async () => (await standing(REGION)).pending.records === 0, {
      what: 'the second to be quiet',
    });
  /** What has come to a place since it held `from` lines. */
  const since = (place: Place, from: number): string[] => place.came().slice(from).sort();
  const assertOrdered = (): void => {
    for (const { city: place } of [city, region]) {
      const { outOfOrder, conflicts, repeatedMessages, records, versions } = place.summary();
      assert.deepEqual([outOfOrder, conflicts], [0, 0]);
      assert.ok(versions >= records && repeatedMessages === 0);
    }
  };

  it('get every version once and in order, each in its own table', async () => {
    await run.upload(SOURCE, penaltiesCsv([{ n: 0 }, { n: 1 }, { n: 2 }]));
    await run.upload(SOURCE, penaltiesCsv([{ n: 0, BZ: 'amended' }]));
    await run.upload(SOURCE, penaltiesCsv([{ n: 0, BZ: 'again' }, { n: 3 }]));
    await quiet();
    assert.equal(city.came().length, 6);
    assert.deepEqual(since(region, 0), since(city, 0));
    assert.deepEqual(
      [city, region].map(({ messages }) => [...new Set(messages.map(({ tableCode }) => tableCode))]),
      [['XZCF'], ['QY-XZCF']],
    );
    assertOrdered();
  });

  it('are told of a withdrawal, both at once', async () => {
    const before = [city.came().length, region.came().length] as const;
    const id = city.came().at(-1)!.split(' ')[0]!;
    assert.equal((await operate(`/v1/records/${id}/withdrawal`, { reason: 'repaired' })).status, 200);
    await until(() => city.came().length > before[0] && region.came().length > before[1]);
    assert.deepEqual(since(region, before[1]), [`${id} 2 delete`]);
    assert.deepEqual(since(city, before[0]), [`${id} 2 delete`]);
  });

  it('do not wait for one another: one is down, the other gets all', async () => {
    const before = [city.came().length, region.came().length] as const;
    region.city.behave({ mode: 'error-500' });
    await run.upload(SOURCE, penaltiesCsv([{ n: 10 }, { n: 11 }]));
    await run.upload(SOURCE, penaltiesCsv([{ n: 10, BZ: 'amended' }]));
    assert.equal(since(city, before[0]).length, 3);
    // The status is worked out once a second at most.
    await until(async () => (await conditions()).includes(`destination.unreachable ${REGION}`));
    assert.deepEqual(await conditions(), [`destination.unreachable ${REGION}`]);
    assert.deepEqual(
      [(await standing('city')).pending.records, (await standing(REGION)).pending.records],
      [0, 3],
    );
    region.city.behave({ mode: 'accept' });
    await quiet();
    assert.deepEqual([...new Set(since(region, before[1]))], since(city, before[0]));
    assertOrdered();
  });

  it('are paused and parked each by itself, and go on where they were', async () => {
    const before = [city.came().length, region.came().length] as const;
    const { status } = await operate(`/v1/destinations/${REGION}/pause`, { reason: 'it moves' });
    assert.equal(status, 200);
    await run.upload(SOURCE, penaltiesCsv([{ n: 20 }]));
    assert.deepEqual([since(city, before[0]).length, since(region, before[1]).length], [1, 0]);
    assert.deepEqual([(await standing('city')).paused, (await standing(REGION)).paused?.reason], [
      null,
      'it moves',
    ] as unknown[]);
    const metrics = await run.api<string>('/metrics', { key: run.operatorKey });
    assert.match(
      metrics.body,
      /credit_exchange_destination_lag_records\{destination="regional-platform"\} [1-9]/,
    );
    assert.match(metrics.body, /credit_exchange_destination_lag_records\{destination="city"\} 0/);
    region.city.behave({ mode: 'deny' });
    await operate(`/v1/destinations/${REGION}/resume`, {});
    await until(async () => (await standing(REGION)).parked !== null);
    await run.upload(SOURCE, penaltiesCsv([{ n: 21 }]));
    assert.equal((await standing('city')).parked, null);
    region.city.behave({ mode: 'accept' });
    await operate(`/v1/destinations/${REGION}/resume`, {});
    await quiet();
    assert.deepEqual(since(region, before[1]), since(city, before[0]));
    assertOrdered();
  });

  it('get what is open to each: the second what is public alone', async () => {
    const before = [city.came().length, region.came().length] as const;
    const rows = [
      { n: 30, CF_JDRQ: '2026/6/1', CF_GSJZQ: '', CF_SXYZCD: '轻微' },
      { n: 31, CF_JDRQ: '2026/6/1', CF_GSJZQ: '', CF_SXYZCD: '一般' },
    ];
    await run.upload(SOURCE, penaltiesCsv(rows, ['CF_SXYZCD']));
    await quiet();
    assert.deepEqual([since(city, before[0]).length, since(region, before[1]).length], [2, 1]);
  });

  it('are compared with their own accounts, and made good alone', async () => {
    const date = shanghaiDay(new Date());
    const compare = async (id: string): Promise<[string, string[]]> => {
      const asked = Date.now();
      await operate(`/v1/destinations/${id}/reconcile`, { date });
      const path = `/v1/destinations/${id}/reconciliations`;
      return until(async () => {
        const { body } = await operate<{
          reconciliations: {
            state: string;
            comparedAt: string | null;
            tables: { tableCode: string }[];
          }[];
        }>(path);
        const [day] = body.reconciliations;
        const isDone =
          day !== undefined && day.state !== 'pending' && Date.parse(day.comparedAt ?? '') >= asked;
        return isDone && [day.state, day.tables.map(({ tableCode }) => tableCode)];
      });
    };
    region.city.behave({ mode: 'lose-records', times: 1 });
    await run.upload(SOURCE, penaltiesCsv([{ n: 40 }]));
    await quiet();
    assert.deepEqual(await compare('city'), ['agrees', ['XZCF']]);
    assert.deepEqual(await compare(REGION), ['differs', ['QY-XZCF']]);
    const from = [city.came().length, region.came().length] as const;
    await operate(`/v1/destinations/${REGION}/reconciliations/${date}/repair`, { reason: 'it lost one' });
    await until(() => region.came().length > from[1]);
    await until(async () => {
      const { body } = await operate<{ replays: { state: string }[] }>(`/v1/destinations/${REGION}/replays`);
      return body.replays.every(({ state }) => state === 'done');
    });
    assert.deepEqual(await compare(REGION), ['agrees', ['QY-XZCF']]);
    assert.equal(city.came().length, from[0], 'the other is sent nothing again');
  });

  it('are found where no wake-up came', async () => {
    const from = [city.came().length, region.came().length] as const;
    const id = city.came()[0]!.split(' ')[0]!;
    const order = { destination: REGION, by: 'test', at: new Date() };
    await run.test.database.transaction(async (sql) => {
      const selection = { records: [{ id }] };
      await orderResend(sql, { ...order, id: randomUUID(), openness: 'public', selection, reason: 'lost' });
      await orderReconciliation(sql, { ...order, day: '2026-11-01' });
    });
    await until(() => region.came().length > from[1], { what: 'the resend to be found' });
    assert.deepEqual([since(region, from[1]).length, since(city, from[0]).length], [1, 0]);
    await until(
      async () => {
        const { rows } = await run.test.database.query<{ result: string | null }>(
          `select result from reconciliations where destination = $1 and day = '2026-11-01'`,
          [REGION],
        );
        return rows[0]?.result === 'agrees';
      },
      { what: 'the comparison to be found' },
    );
  });

  it('refuse each for itself: an agency is told of the city, operators of both', async () => {
    const refusal = { code: '77', message: 'not for this region' };
    region.city.behave({ mode: 'refuse-records', refuse: () => refusal });
    const batch = await run.upload(SOURCE, penaltiesCsv([{ n: 50 }]));
    await quiet();
    region.city.behave({ mode: 'accept' });
    assert.deepEqual(batch.city, { pending: 0, delivered: 1, rejected: 0 });
    const { body } = await run.api<{ problems: { code: string }[] }>(`/v1/batches/${batch.id}/problems`, {
      key: run.keyOf('market-regulation'),
    });
    assert.ok(body.problems.every(({ code }) => code !== 'city.rejected'));
    const refused = async (id: string): Promise<number> =>
      (await operate<{ refusals: unknown[] }>(`/v1/destinations/${id}/refusals`)).body.refusals.length;
    assert.deepEqual([await refused('city'), await refused(REGION)], [0, 1]);
  });
});
