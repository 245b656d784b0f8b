// The same exchange with Bull waking the workers, and with Redis emptied and taken away meanwhile: it
// carries ids and nothing else, so nothing is lost with it.
import assert from 'node:assert/strict';
import { startTestGateway, type TestGateway } from '../helpers/gateway.js';
import { penaltiesCsv } from '../helpers/penalties.js';
import { startRedisServer, type RedisServer } from '../helpers/redis-server.js';

const SOURCE = 'market-regulation-penalty';
const rows = (from: number, count: number): string =>
  penaltiesCsv(Array.from({ length: count }, (_, i) => ({ n: from + i })));

describe('the exchange over Redis', function () {
  this.timeout(60_000);
  let redis: RedisServer | undefined;
  let run: TestGateway;
  before(async function () {
    redis = await startRedisServer();
    // Redis is not on this machine: one line at the start of the run says so.
    if (redis === undefined) this.skip();
    run = await startTestGateway({ redisUrl: redis.url });
  });
  after(async () => {
    if (redis === undefined) return;
    await run.close();
    await redis.remove();
  });

  it('brings a batch to the city', async () => {
    const batch = await run.upload(SOURCE, rows(0, 1500));
    assert.deepEqual([batch.counts.new, batch.city.delivered], [1500, 1500]);
  });

  it('loses nothing when Redis is gone while batches come in', async () => {
    await redis?.kill();
    const key = run.keyOf('market-regulation');
    const headers = { 'content-type': 'text/csv' };
    const call = { method: 'POST', key, headers, body: rows(5000, 300) };
    const { status, body } = await run.api<{ id: string }>(`/v1/sources/${SOURCE}/batches`, call);
    assert.equal(status, 202);
    await redis?.start();
    const again = await run.upload(SOURCE, rows(6000, 10));
    assert.deepEqual([again.counts.new, again.city.delivered], [10, 10]);
    const first = await run.api<{ city: { delivered: number } }>(`/v1/batches/${body.id}`, { key });
    assert.equal(first.body.city.delivered, 300);
  });
});
