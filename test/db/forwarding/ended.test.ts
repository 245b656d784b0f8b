// What the gateway ends by itself reaches the city as a deletion, behind what was sent before.
import assert from 'node:assert/strict';
import { endRecords } from '../../../src/jobs/end-records.js';
import { firstVersions, recordId, writeChunk } from '../../helpers/changes.js';
import { openForwardingBench, type ForwardingBench } from '../../helpers/forwarding.js';

describe('forwarding what has ended', () => {
  let bench: ForwardingBench;
  beforeEach(async () => {
    bench = await openForwardingBench();
  });
  afterEach(() => bench.close());

  const end = async (): Promise<number> => {
    await bench.query(`update record_versions set ends_on = '2026-06-30' where record_id = any($1)`, [
      [recordId(1), recordId(2)],
    ]);
    return endRecords({
      database: bench.test.database,
      clock: () => new Date('2026-07-01T00:00:05+08:00'),
      audit: () => Promise.resolve(),
      onChanges: () => undefined,
      signal: new AbortController().signal,
    });
  };
  const atCity = (id: string): [number, string][] =>
    bench.city.records.get(id)!.map(({ version, operation }) => [version, operation]);

  it('sends the end of each record once, as its owner, and counts it for no batch', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(3) });
    await bench.forwarder().work();
    assert.equal(await end(), 2);
    await bench.forwarder().work();
    for (const n of [1, 2])
      assert.deepEqual(atCity(recordId(n)), [
        [1, 'upsert'],
        [2, 'delete'],
      ]);
    assert.deepEqual(atCity(recordId(3)), [[1, 'upsert']]);
    assert.deepEqual(await bench.query('select delivered from batch_deliveries'), [{ delivered: 3 }]);
    assert.equal((await bench.query('select from changes_in_flight')).length, 0);
  });

  it('keeps the order where the record itself has not been sent yet', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(1) });
    await end();
    await bench.forwarder().work();
    assert.deepEqual(atCity(recordId(1)), [
      [1, 'upsert'],
      [2, 'delete'],
    ]);
    assert.equal(bench.city.summary().outOfOrder, 0);
  });

  it('keeps the words of a city that refuses an end', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(1) });
    await bench.forwarder().work();
    await end();
    bench.city.behave({ mode: 'refuse-records', refuse: () => ({ code: 'E9', message: '不能删除' }) });
    await bench.forwarder().work();
    assert.deepEqual(await bench.query('select batch_id, version, city_code from refusals'), [
      { batch_id: null, version: 2, city_code: 'E9' },
    ]);
  });
});
