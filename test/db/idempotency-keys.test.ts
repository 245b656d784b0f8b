import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { beginKey, finishKey, releaseKey, touchKey } from '../../src/db/idempotency-keys.js';
import { createTestDatabase, type TestDatabase } from '../helpers/database.js';

const START = Date.parse('2026-06-30T04:00:00Z');
const at = (seconds: number): Date => new Date(START + seconds * 1000);
const DAY = 86_400;

describe('idempotency keys', () => {
  let test: TestDatabase;
  before(async () => {
    test = await createTestDatabase();
  });
  after(() => test.drop());

  const named = () => ({ source: 'market-regulation-penalty', key: randomUUID(), holder: randomUUID() });
  const begin = (entry: { source: string; key: string; holder: string }, seconds: number) =>
    beginKey(test.database, { ...entry, now: at(seconds) });
  const answer = { sha256: 'a'.repeat(64), batchId: randomUUID() };

  it('are new once, arriving while their upload arrives, and have its answer afterwards', async () => {
    const entry = named();
    assert.equal(await begin(entry, 0), 'new');
    assert.equal(await begin(entry, 1), 'arriving');
    await finishKey(test.database, { ...entry, ...answer });
    assert.deepEqual(await begin(entry, 2), answer);
  });

  it('are given to one of many who come at once', async () => {
    const entry = named();
    const begun = await Promise.all(Array.from({ length: 20 }, () => begin(entry, 0)));
    assert.deepEqual(begun.sort(), [...Array.from({ length: 19 }, () => 'arriving'), 'new']);
  });

  it('are scoped to their source', async () => {
    const entry = named();
    assert.equal(await begin(entry, 0), 'new');
    assert.equal(await begin({ ...entry, source: 'courts-penalty' }, 0), 'new');
  });

  it('may be taken over when nobody has touched them for 60 seconds, by one', async () => {
    const entry = named();
    await begin(entry, 0);
    assert.equal(await begin(entry, 59), 'arriving');
    assert.deepEqual((await Promise.all([begin(entry, 60), begin(entry, 60)])).sort(), ['arriving', 'new']);
  });

  it('stay with an upload that touches them', async () => {
    const entry = named();
    await begin(entry, 0);
    await touchKey(test.database, { ...entry, now: at(50) });
    assert.equal(await begin(entry, 100), 'arriving');
    assert.equal(await begin(entry, 110), 'new');
  });

  it('are free again when their upload was refused, but not when it was answered', async () => {
    const entry = named();
    await begin(entry, 0);
    await releaseKey(test.database, entry);
    assert.equal(await begin(entry, 1), 'new');
    await finishKey(test.database, { ...entry, ...answer });
    await releaseKey(test.database, entry);
    assert.deepEqual(await begin(entry, 2), answer);
  });

  it('listen to nobody who lost them to another upload', async () => {
    const first = named();
    const second = { ...first, holder: randomUUID() };
    await begin(first, 0);
    assert.equal(await begin(second, 60), 'new');
    await releaseKey(test.database, first);
    await assert.rejects(finishKey(test.database, { ...first, ...answer }), {
      code: 'idempotency.in-progress',
    });
    assert.equal(await begin(first, 61), 'arriving');
    await finishKey(test.database, { ...second, ...answer });
    assert.deepEqual(await begin(first, 62), answer);
  });

  it('are kept for 7 days', async () => {
    const entry = named();
    await begin(entry, 0);
    await finishKey(test.database, { ...entry, ...answer });
    assert.deepEqual(await begin(entry, 7 * DAY - 1), answer);
    assert.equal(await begin(entry, 7 * DAY), 'new');
  });
});
