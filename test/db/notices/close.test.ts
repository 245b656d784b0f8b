// Two last answers to one notice at once: both transactions have written a step before they ask to close.
import assert from 'node:assert/strict';
import { addStep, closeIfAnswered, insertNotice } from '../../../src/db/notices.js';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.js';

describe('closing a notice', () => {
  let test: TestDatabase;
  before(async () => {
    test = await createTestDatabase();
  });
  after(() => test.drop());

  it('lets answers that end at the same moment wait for one another, and blocks neither for good', async () => {
    const at = new Date('2026-06-30T04:00:00Z');
    await insertNotice(test.database, {
      id: 'n-1',
      destination: 'city',
      eventId: null,
      state: 'routed',
      subject: '91120116MA05AAA15W',
      measure: 'restrict-tendering',
      body: {},
      sealed: null,
      receivedAt: at,
    });
    let arrived = 0;
    let open: () => void = () => undefined;
    const bothWrote = new Promise<void>((resolve) => {
      open = resolve;
    });
    const end = (agency: string): Promise<boolean> =>
      test.database.transaction(async (sql) => {
        await addStep(sql, { noticeId: 'n-1', step: 'feedback-sent', agency, at });
        arrived += 1;
        if (arrived === 2) open();
        await bothWrote;
        return closeIfAnswered(sql, 'n-1');
      });
    const closed = await Promise.all([end('health'), end('courts')]);
    assert.deepEqual([...closed].sort(), [false, true]);
  });
});
