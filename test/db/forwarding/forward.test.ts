import assert from 'node:assert/strict';
import { canonicalDigest } from '../../../src/core/canonical-json.js';
import { readDeliveries } from '../../../src/db/deliveries.js';
import { firstVersions, recordId, writeChunk, type WrittenChange } from '../../helpers/changes.js';
import { CREDIT_CODE, openForwardingBench, type ForwardingBench } from '../../helpers/forwarding.js';

describe('forwarding to the city', () => {
  let bench: ForwardingBench;

  beforeEach(async () => {
    bench = await openForwardingBench();
  });
  afterEach(() => bench.close());

  const versionsAtCity = (id: string): number[] => bench.city.records.get(id)!.map(({ version }) => version);

  it('sends every change once, in messages of one table and agency, in position order', async () => {
    const { database } = bench.test;
    const penalties = await writeChunk(database, { changes: firstVersions(25) });
    await writeChunk(database, { changes: firstVersions(5, 100), agency: 'courts' });
    await writeChunk(database, { changes: firstVersions(5, 200), recordType: 'administrative-licence' });
    await bench.forwarder({ messageSize: 10 }).work();
    assert.equal(bench.city.summary().versions, 35);
    assert.deepEqual(await readDeliveries(database, penalties), { pending: 0, delivered: 25, rejected: 0 });
    assert.deepEqual(
      bench.messages
        .map(({ tableCode, tableVersion, body }) => [tableCode, tableVersion, body.length])
        .sort(),
      [
        ['XZCF', '2020', 10],
        ['XZCF', '2020', 10],
        ['XZCF', '2020', 5],
        ['XZCF', '2020', 5],
        ['administrative-licence', 'canonical', 5],
      ],
    );
    const rows = await bench.query<{ ordered: boolean; state: string; receipt_id: string | null }>(
      `select state, receipt_id, positions = array(select p from unnest(positions) p order by p) as ordered from messages`,
    );
    assert.ok(
      rows.every(({ ordered, state, receipt_id }) => ordered && state === 'answered' && receipt_id !== null),
    );
    assert.equal((await bench.query('select from changes_in_flight')).length, 0);
  });

  it('writes a record in the official columns with the digest of its masked form', async () => {
    const data = { counterpartName: '甲', penaltyKinds: ['警告', '罚款'] };
    await writeChunk(bench.test.database, { changes: [{ recordId: recordId(1), data }] });
    await bench.forwarder().work();
    const [message] = bench.messages;
    const official = { X_counterpartName: '甲', X_penaltyKinds: '警告,罚款' };
    assert.equal(message?.departmentCode, CREDIT_CODE);
    assert.equal('resend' in message, false);
    assert.deepEqual(message.body, [
      { id: recordId(1), version: 1, operation: 'upsert', digest: canonicalDigest(official), data: official },
    ]);
  });

  it('shows personal numbers only to a destination whose entry says so, under the same digest', async () => {
    const change = {
      recordId: recordId(1),
      data: { counterpartIdNumber: '110*************2X' },
      sealed: Buffer.from('{"counterpartIdNumber":"11010519491231002X"}'),
    };
    await writeChunk(bench.test.database, { changes: [change] });
    await bench.forwarder({ showsPersonalNumbers: true }).work();
    const shown = bench.messages[0]!.body[0]!;
    assert.deepEqual(shown.data, { X_counterpartIdNumber: '11010519491231002X' });
    assert.equal(shown.digest, canonicalDigest({ X_counterpartIdNumber: '110*************2X' }));
    const again = { ...change, version: 2 };
    await writeChunk(bench.test.database, { changes: [again] });
    await bench.forwarder().work();
    assert.deepEqual(bench.messages[1]!.body[0]!.data, { X_counterpartIdNumber: '110*************2X' });
  });

  it('sends a withdrawal as a delete without data', async () => {
    await writeChunk(bench.test.database, {
      changes: [{ recordId: recordId(1), version: 1, operation: 'd' }],
    });
    await bench.forwarder().work();
    assert.deepEqual(bench.messages[0]!.body[0], {
      id: recordId(1),
      version: 1,
      operation: 'delete',
      digest: canonicalDigest({}),
      data: {},
    });
  });

  it('keeps the order of each record, never two of its changes unanswered at once', async () => {
    const changes: WrittenChange[] = [];
    for (let version = 1; version <= 6; version += 1)
      for (let n = 1; n <= 20; n += 1) changes.push({ recordId: recordId(n), version });
    await writeChunk(bench.test.database, { changes });
    // Refused once in a while, so that messages overtake one another.
    let calls = 0;
    bench.city.behave({ mode: 'accept' });
    const worker = bench.forwarder({ messageSize: 3 });
    const shuffle = setInterval(() => {
      calls += 1;
      bench.city.behave({ mode: calls % 2 === 0 ? 'accept' : 'lose-answer', times: 1 });
    }, 5);
    try {
      while (
        bench.city.summary().versions < 120 ||
        (await bench.query('select from changes_in_flight')).length > 0
      ) {
        await worker.work();
        bench.now = new Date(bench.now.getTime() + 60_000);
      }
    } finally {
      clearInterval(shuffle);
    }
    for (let n = 1; n <= 20; n += 1) assert.deepEqual(versionsAtCity(recordId(n)), [1, 2, 3, 4, 5, 6]);
    assert.equal(bench.city.summary().outOfOrder, 0);
    assert.equal((await bench.query('select from changes_waiting')).length, 0);
  });

  it('passes a record with many changes without holding up the others', async () => {
    const hot = Array.from({ length: 50 }, (_, i) => ({ recordId: recordId(1), version: i + 1 }));
    await writeChunk(bench.test.database, { changes: [...hot, ...firstVersions(40, 2)] });
    await bench.forwarder({ messageSize: 2 }).work();
    assert.equal(bench.city.summary().versions, 90);
    assert.equal(bench.city.summary().outOfOrder, 0);
    const first = bench.messages.findIndex(({ body }) => body.some(({ id }) => id === recordId(41)));
    const last = bench.messages.findIndex(({ body }) =>
      body.some(({ id, version }) => id === recordId(1) && version === 50),
    );
    assert.ok(first < last);
  });

  it('plans only so far ahead of what is answered', async () => {
    bench.city.behave({ mode: 'error-500' });
    await writeChunk(bench.test.database, { changes: firstVersions(500) });
    const worker = bench.forwarder({
      messageSize: 10,
      messagesInFlight: 2,
      breaker: { failures: 1000, probeEveryMs: 1 },
    });
    for (let turn = 0; turn < 5; turn += 1) {
      await worker.work();
      bench.now = new Date(bench.now.getTime() + 60_000);
    }
    const [row] = await bench.query<{ messages: number; planned: number }>(
      'select (select count(*) from messages) as messages, planned_to as planned from destinations',
    );
    assert.deepEqual(row, { messages: 4, planned: 40 });
    bench.city.behave({ mode: 'accept' });
    await worker.work();
    assert.equal(bench.city.summary().versions, 500);
  });

  it('shares the work between two processes without sending anything twice', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(300) });
    const workers = [bench.forwarder({ messageSize: 7 }), bench.forwarder({ messageSize: 7 })];
    await Promise.all(workers.map((worker) => worker.work()));
    await workers[0]!.work();
    assert.equal(bench.city.summary().versions, 300);
    assert.equal(bench.city.summary().repeatedMessages, 0);
    const sent = bench.messages.flatMap(({ body }) => body.map(({ id }) => id));
    assert.equal(new Set(sent).size, sent.length);
  });

  it('marks a message as a resend only where it is one', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(1) });
    await bench.query(`insert into destinations (id, planned_to) values ('city', 1)`);
    await bench.query(
      `insert into messages (id, destination, agency, record_type, table_code, table_version, positions, resend, due_at, planned_at)
       values (gen_random_uuid(), 'city', 'courts', 'administrative-penalty', 'XZCF', '2020', '{1}', true, $1, $1)`,
      [bench.now],
    );
    await bench.forwarder().work();
    assert.equal(bench.messages[0]!.resend, true);
  });
});
