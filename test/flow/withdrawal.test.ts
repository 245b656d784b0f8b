// Records withdrawn by file and by route, amended and brought back: feed and city get each version once, in order.
import assert from 'node:assert/strict';
import { shanghaiDay } from '../../src/core/clock.js';
import { startTestGateway, type TestGateway } from '../helpers/gateway.js';
import { penaltiesCsv } from '../helpers/penalties.js';
import { until } from '../helpers/until.js';

const SOURCE = 'market-regulation-penalty';

interface Event {
  readonly id: string;
  readonly subject: string;
  readonly method: 'PUT' | 'DELETE';
  readonly recordversion: number;
  readonly data?: object;
}

describe('a record on its way through withdrawals', () => {
  let run: TestGateway;
  before(async () => {
    run = await startTestGateway();
  });
  after(() => run.close());

  const feed = async (): Promise<Event[]> =>
    (await run.api<Event[]>('/v1/feeds/records', { key: run.cityKey })).body;
  const decide = (id: string, act: 'withdrawal' | 'reinstatement', key: string) =>
    run.api<{ version: number; state: string; code?: string }>(`/v1/records/${id}/${act}`, {
      method: 'POST',
      key,
      json: { reason: '复议决定' },
    });
  const city = async <T>(path: string): Promise<T> => {
    const { url, token } = run.gateway.sandbox!.city!;
    const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    return (await answer.json()) as T;
  };
  const atCity = async (): Promise<string[]> => {
    const today = shanghaiDay(new Date());
    const { lines } = await city<{ lines: string[] }>(`/reconciliation?date=${today}&tableCode=XZCF`);
    return lines.map((line) => line.split(',').slice(0, 3).join(','));
  };

  it('is the same to the feed and to the city, version by version', async () => {
    const owner = run.keyOf('market-regulation');
    const row = (n: number, remarks: string, operation = '') => ({ n, BZ: remarks, 操作: operation });
    const send = async (...rows: ReturnType<typeof row>[]) =>
      (await run.upload(SOURCE, penaltiesCsv(rows, ['操作']))).counts;
    await send(row(1, 'first'), row(2, 'first'));
    const [one, two] = (await feed()).map(({ subject }) => subject) as [string, string];
    const stranger = await decide(one, 'withdrawal', run.keyOf('ecology-environment'));
    assert.deepEqual([stranger.status, stranger.body.code], [404, 'record.unknown']);
    assert.equal((await decide(one, 'withdrawal', owner)).body.version, 2);
    assert.equal((await decide(one, 'withdrawal', run.operatorKey)).body.version, 2);
    const full = await send(row(1, 'first'), row(2, 'second'));
    assert.deepEqual([full.stale, full.amended], [1, 1]);
    assert.equal((await decide(one, 'reinstatement', owner)).body.state, 'in-force');
    const refused = await decide(one, 'reinstatement', owner);
    assert.deepEqual([refused.status, refused.body.code], [409, 'record.not-withdrawn']);
    assert.equal((await send(row(1, 'second'), row(2, 'second', '撤销'))).withdrawn, 1);
    assert.equal((await send(row(2, 'second', '撤销'))).unchanged, 1);
    assert.equal((await decide(two, 'reinstatement', run.operatorKey)).body.version, 4);
    assert.equal((await send(row(1, 'second', '删除'), row(2, 'third'))).withdrawn, 1);

    const events = await feed();
    assert.deepEqual(
      events.map(({ id }) => Number(id)),
      events.map((_, i) => i + 1),
    );
    const told = (id: string): string[] =>
      events
        .filter(({ subject }) => subject === id)
        .map(
          ({ recordversion, method, data }) =>
            `${recordversion} ${method} ${data === undefined ? '-' : 'data'}`,
        );
    assert.deepEqual(told(one), ['1 PUT -', '2 DELETE -', '3 PUT -', '4 PUT -', '5 DELETE -']);
    assert.deepEqual(told(two), ['1 PUT -', '2 PUT -', '3 DELETE -', '4 PUT data', '5 PUT data']);
    const expected = events
      .map(({ subject, recordversion, method }) => {
        return `${subject},${recordversion},${method === 'PUT' ? 'upsert' : 'delete'}`;
      })
      .sort();
    await until(async () => (await atCity()).length === expected.length, { what: 'the city to have all' });
    assert.deepEqual(await atCity(), expected);
    const { versions, outOfOrder, conflicts } = await city<Record<string, number>>('/ledger');
    assert.deepEqual({ versions, outOfOrder, conflicts }, { versions: 10, outOfOrder: 0, conflicts: 0 });
  });
});
