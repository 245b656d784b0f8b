import assert from 'node:assert/strict';
import { canonicalDigest } from '../../../src/core/canonical-json.js';
import type { Openness } from '../../../src/core/openness.js';
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

  it('sends nothing of a type that the catalogue no longer lists', async () => {
    const { database } = bench.test;
    await writeChunk(database, { changes: firstVersions(3) });
    await writeChunk(database, { changes: firstVersions(2, 100), recordType: 'marriage-registration' });
    await writeChunk(database, { changes: firstVersions(1, 200) });
    const ends = { recordId: recordId(300), version: 2, operation: 'd' } as const;
    await writeChunk(database, { changes: [ends], recordType: 'blood-donation' });
    await bench
      .forwarder({}, { opennessOf: (type) => (type === 'administrative-penalty' ? 'public' : undefined) })
      .work();
    assert.equal(bench.city.summary().versions, 5);
    assert.deepEqual([...new Set(bench.messages.map(({ tableCode }) => tableCode))].sort(), [
      'XZCF',
      'blood-donation',
    ]);
  });

  it('sends nothing that is narrower than the destination allows, and takes back what has become so', async () => {
    const { database } = bench.test;
    const turns = { recordId: recordId(1) };
    const closed = { recordId: recordId(2), openness: 2 } as const;
    await writeChunk(database, { changes: [turns, closed, { recordId: recordId(3), openness: 1 }] });
    await bench.forwarder({ openness: 'shared' }).work();
    await writeChunk(database, {
      changes: [
        { ...turns, version: 2, openness: 2 },
        { recordId: closed.recordId, version: 2 },
        { recordId: recordId(4), version: 1, openness: 2 },
        { recordId: recordId(4), version: 2, openness: 2, operation: 'd' },
      ],
    });
    await writeChunk(database, { changes: firstVersions(1, 10), recordType: 'authorised-type' });
    const opennessOf = (type: string): Openness => (type === 'authorised-type' ? 'authorised' : 'public');
    await bench.forwarder({ openness: 'shared' }, { opennessOf }).work();
    const sent = bench.messages.flatMap(({ body }) => body);
    assert.deepEqual(sent.map(({ id, version, operation }) => [id, version, operation]).sort(), [
      [recordId(1), 1, 'upsert'],
      [recordId(1), 2, 'delete'],
      [recordId(2), 2, 'upsert'],
      [recordId(3), 1, 'upsert'],
    ]);
    assert.deepEqual(sent.find(({ operation }) => operation === 'delete')?.data, {});
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

  it('shows personal numbers only to a destination that names their type and its grounds, under the same digest, and notes it', async () => {
    const change = {
      recordId: recordId(1),
      data: { counterpartIdNumber: '110*************2X' },
      sealed: Buffer.from('{"counterpartIdNumber":"11010519491231002X"}'),
    };
    await writeChunk(bench.test.database, { changes: [change] });
    const grounds = { types: ['administrative-penalty'], legalBasis: '《天津市社会信用条例》第十一条' };
    await bench.forwarder({ showsPersonalNumbers: grounds }).work();
    assert.deepEqual(
      bench.readings.map(({ actor, action, details }) => [
        actor,
        action,
        details?.['records'],
        details?.['legalBasis'],
      ]),
      [['city', 'person.sent', 1, grounds.legalBasis]],
    );
    assert.ok(!JSON.stringify(bench.readings).includes('11010519491231002X'));
    const shown = bench.messages[0]!.body[0]!;
    assert.deepEqual(shown.data, { X_counterpartIdNumber: '11010519491231002X' });
    assert.equal(shown.digest, canonicalDigest({ X_counterpartIdNumber: '110*************2X' }));
    const again = { ...change, version: 2 };
    await writeChunk(bench.test.database, { changes: [again] });
    await bench.forwarder().work();
    assert.deepEqual(bench.messages[1]!.body[0]!.data, { X_counterpartIdNumber: '110*************2X' });
    const others = { ...grounds, types: ['administrative-licence'] };
    await writeChunk(bench.test.database, { changes: [{ ...change, version: 3 }] });
    await bench.forwarder({ showsPersonalNumbers: others }).work();
    assert.deepEqual(bench.messages[2]!.body[0]!.data, { X_counterpartIdNumber: '110*************2X' });
    assert.equal(bench.readings.length, 1);
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
    assert.deepEqual(row, { messages: 6, planned: 60 });
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
      `insert into messages (id, destination, agency, record_type, table_code, table_version, positions, record_ids, resend, due_at, planned_at)
       values (gen_random_uuid(), 'city', 'courts', 'administrative-penalty', 'XZCF', '2020', '{1}', array[$2::uuid], true, $1, $1)`,
      [bench.now, recordId(1)],
    );
    await bench.forwarder().work();
    assert.equal(bench.messages[0]!.resend, true);
  });
});
