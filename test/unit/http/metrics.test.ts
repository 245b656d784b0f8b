import assert from 'node:assert/strict';
import { KEYS, startFakeGateway, type FakeGateway } from '../../helpers/fake-gateway.js';

describe('the metrics', () => {
  let run: FakeGateway;
  before(async () => {
    run = await startFakeGateway();
  });
  after(() => run.server.stop());

  it('are told by the conventions of Prometheus, from the tables and of the process', async () => {
    const { status, headers, text } = await run.api({ path: '/metrics' });
    assert.equal(status, 200);
    assert.match(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    for (const line of [
      '# TYPE credit_exchange_rows_total counter',
      'credit_exchange_rows_total{source="penalties",verdict="new"} 300',
      'credit_exchange_source_last_success_timestamp_seconds{source="penalties"} 1782788400',
      'credit_exchange_source_paused{source="penalties"} 1',
      'credit_exchange_source_consecutive_failures{source="penalties"} 2',
      'credit_exchange_batches_settled_total{source="penalties",state="accepted"} 3',
      'credit_exchange_batches{state="held"} 1',
      'credit_exchange_queue_waiting{queue="batches"} 2',
      'credit_exchange_queue_oldest_age_seconds{queue="batches"} 30',
      'credit_exchange_destination_lag_records{destination="city"} 7',
      'credit_exchange_destination_lag_seconds{destination="city"} 10',
      'credit_exchange_delivery_attempts_total{destination="city",outcome="taken"} 9',
      'credit_exchange_webhook_attempts_total{outcome="delivered"} 4',
      'credit_exchange_conditions{severity="warning"} 1',
      'credit_exchange_conditions{severity="error"} 0',
    ])
      assert.ok(text.split('\n').includes(line), line);
    assert.match(text, /^process_resident_memory_bytes \d/m);
  });

  it('say the same however often they are asked', async () => {
    const own = async (): Promise<string[]> =>
      (await run.api({ path: '/metrics' })).text.split('\n').filter((line) => line.startsWith('credit_'));
    assert.deepEqual(await own(), await own());
  });

  it('need a key of an operator or auditor where a proxy stands between', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.7' };
    const ask = async (key?: string): Promise<number> =>
      (await run.api({ path: '/metrics', key, headers })).status;
    assert.equal(await ask(), 401);
    for (const key of [KEYS.agency, KEYS.city]) assert.equal(await ask(key), 403);
    for (const key of [KEYS.operator, KEYS.auditor]) assert.equal(await ask(key), 200);
  });

  it('need a key on this machine too where nobody may read them without', async () => {
    const closed = await startFakeGateway({ areMetricsOpen: false });
    try {
      assert.equal((await closed.api({ path: '/metrics' })).status, 401);
      assert.equal((await closed.api({ path: '/metrics', key: KEYS.operator })).status, 200);
    } finally {
      await closed.server.stop();
    }
  });
});
