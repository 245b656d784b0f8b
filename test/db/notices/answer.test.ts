import assert from 'node:assert/strict';
import { dueFeedback } from '../../../src/db/notice-feedback.js';
import { readNotice } from '../../../src/db/notices.js';
import { acceptNotice } from '../../../src/notices/accept.js';
import { acknowledge, giveFeedback, listMailbox } from '../../../src/notices/answer.js';
import { listDestinations } from '../../../src/app/destination-list.js';
import { resumeDestination } from '../../../src/db/pauses.js';
import { sendFeedback, type SendFeedbackDeps } from '../../../src/notices/send-feedback.js';
import type { HttpAnswer, HttpRequest } from '../../../src/platform/http-client.js';
import { ID_NUMBER, organisationNotice } from '../../unit/notices/sample-notice.js';
import {
  clearNotices,
  createNoticeFixture,
  entriesOf,
  stepsOf,
  withoutAuditLog,
  type NoticeFixture,
} from './notice-fixture.js';

const noticeId = 'TJ-2026-0001';
const agency = 'market-regulation';
const acted = {
  outcome: 'acted',
  measure: 'key-supervision',
  document: '津滨监〔2026〕1号',
  date: '2026-06-30',
  text: '已办',
};

describe('answering a notice', () => {
  let fixture: NoticeFixture;
  before(async () => {
    fixture = await createNoticeFixture();
  });
  beforeEach(async () => {
    await clearNotices(fixture.database);
    await acceptNotice(organisationNotice({ measure: 'key-supervision' }), fixture.deps);
    fixture.woken.length = 0;
  });
  after(() => fixture.drop());

  const due = () => dueFeedback(fixture.database, fixture.time.now);
  const feedbackCount = async () =>
    (await fixture.database.query('select 1 from notice_feedback')).rows.length;

  function city(...answers: (Partial<HttpAnswer> | Error)[]) {
    const asked: HttpRequest[] = [];
    const deps: SendFeedbackDeps = {
      ...fixture.deps,
      city: { url: 'http://city.example/api', token: 't-1', timeoutMs: 1000 },
      destination: {
        retry: { firstDelayMs: 500, maxDelayMs: 30_000, maxRetryAfterMs: 60_000 },
        maxFaults: 20,
      },
      creditCodeOf: () => '12120116MB0CCC122Q',
      send: (request) => {
        asked.push(request);
        const answer = answers.shift() ?? {};
        if (answer instanceof Error) return Promise.reject(answer);
        return Promise.resolve({ status: 200, headers: {}, body: '', ...answer });
      },
    };
    return { asked, deps };
  }

  it('begins with the mailbox, which shows an agency its own notices alone, in pages', async () => {
    for (const id of ['b', 'c'])
      await acceptNotice(organisationNotice({ noticeId: id, measure: 'key-supervision' }), fixture.deps);
    const first = await listMailbox(fixture.deps, agency, { limit: 2 });
    assert.deepEqual(
      first.notices.map((each) => each.noticeId),
      [noticeId, 'b'],
    );
    assert.ok(first.next);
    const second = await listMailbox(fixture.deps, agency, { after: first.next, limit: 2 });
    assert.deepEqual(
      second.notices.map((each) => each.noticeId),
      ['c'],
    );
    assert.equal(second.next, null);
    assert.deepEqual((await listMailbox(fixture.deps, 'courts')).notices, []);
    assert.equal(first.notices[0]?.notice['text'], organisationNotice().text);
  });

  it('is in the audit log each time that a mailbox with notices is read, and is not read without it', async () => {
    const reader = { ...fixture.deps, actor: 'agency:k1' };
    const before = (await entriesOf(fixture.database, agency)).length;
    const { notices } = await listMailbox(reader, agency);
    await listMailbox(reader, agency, { after: notices[0]?.number ?? 0 });
    const number = notices[0]?.number;
    assert.deepEqual((await entriesOf(fixture.database, agency)).slice(before), [
      ['mailbox.read', 'agency:k1', { count: 1, first: number, last: number }],
    ]);
    await withoutAuditLog(fixture.database, () =>
      assert.rejects(listMailbox(reader, agency), { code: 'audit.unavailable', status: 503 }),
    );
  });

  it('is an acknowledgement that counts once', async () => {
    const first = await acknowledge(fixture.deps, { noticeId, agency });
    fixture.later(5000);
    const second = await acknowledge(fixture.deps, { noticeId, agency });
    assert.deepEqual(second, first);
    assert.equal(await feedbackCount(), 1);
    assert.equal(fixture.woken.length, 1);
    fixture.later(-5000);
  });

  it('is a feedback that may be repeated and not changed', async () => {
    const first = await giveFeedback(fixture.deps, { noticeId, agency, feedback: acted });
    assert.deepEqual(await giveFeedback(fixture.deps, { noticeId, agency, feedback: { ...acted } }), first);
    for (const feedback of [
      { ...acted, text: '改' },
      { outcome: 'objected', text: '异议' },
    ])
      await assert.rejects(giveFeedback(fixture.deps, { noticeId, agency, feedback }), {
        code: 'notice.conflict',
        status: 409,
      });
    assert.equal(await feedbackCount(), 1);
  });

  it('is stored once when it arrives twice at the same moment, and one of two different ones is refused', async () => {
    const objected = { outcome: 'objected', text: '异议' };
    const results = await Promise.allSettled(
      [acted, acted, objected].map((feedback) => giveFeedback(fixture.deps, { noticeId, agency, feedback })),
    );
    assert.equal(await feedbackCount(), 1);
    assert.ok(results.some((result) => result.status === 'rejected'));
  });

  it('is open to recipients alone', async () => {
    const stranger = { noticeId, agency: 'courts' };
    await assert.rejects(acknowledge(fixture.deps, stranger), { code: 'notice.unknown', status: 404 });
    await assert.rejects(giveFeedback(fixture.deps, { ...stranger, feedback: acted }), {
      code: 'notice.unknown',
    });
    await assert.rejects(acknowledge(fixture.deps, { noticeId: 'none', agency }), { code: 'notice.unknown' });
  });

  it('is refused with reasons where the answer is not complete', async () => {
    for (const feedback of [
      {},
      null,
      { outcome: 'acknowledged' },
      { outcome: 'objected' },
      { outcome: 'acted', date: '2026-02-30' },
    ])
      await assert.rejects(giveFeedback(fixture.deps, { noticeId, agency, feedback }), {
        code: 'feedback.invalid',
      });
    assert.equal(await feedbackCount(), 0);
  });

  it('keeps no ID number of what the agency writes', async () => {
    await giveFeedback(fixture.deps, {
      noticeId,
      agency,
      feedback: { outcome: 'objected', text: `${ID_NUMBER}不是本人` },
    });
    const { rows } = await fixture.database.query<{ line: string }>(
      'select f::text as line from notice_feedback f',
    );
    assert.ok(!rows[0]?.line.includes(ID_NUMBER));
  });

  it('reaches the city in order, each under its own id, and closes the notice', async () => {
    await acknowledge(fixture.deps, { noticeId, agency });
    await giveFeedback(fixture.deps, { noticeId, agency, feedback: acted });
    const { asked, deps } = city();
    const ids = fixture.woken.map((each) => each.split(' ')[1] as string);
    await sendFeedback(ids[1] as string, deps);
    assert.equal(asked.length, 0, 'the acknowledgement goes first');
    assert.deepEqual(await due(), [ids[0]]);
    await sendFeedback(ids[0] as string, deps);
    assert.ok(fixture.woken.includes(`send-feedback ${ids[1]}`));
    await Promise.all([sendFeedback(ids[1] as string, deps), sendFeedback(ids[1] as string, deps)]);
    assert.deepEqual(
      asked.map((each) => each.headers['idempotency-key']),
      ids,
    );
    assert.equal(asked[1]?.url, 'http://city.example/api/notices/TJ-2026-0001/feedback');
    assert.equal(asked[1].headers['authorization'], 'Bearer t-1');
    assert.deepEqual(JSON.parse(String(asked[1].body)), { departmentCode: '12120116MB0CCC122Q', ...acted });
    assert.equal((await readNotice(fixture.database, noticeId))?.state, 'closed');
    assert.deepEqual((await stepsOf(fixture.database, noticeId)).slice(3), [
      'acknowledged market-regulation',
      'fed-back market-regulation',
      'feedback-sent market-regulation',
      'feedback-sent market-regulation',
      'closed',
    ]);
  });

  it('counts as acknowledged where the agency answered at once', async () => {
    await giveFeedback(fixture.deps, { noticeId, agency, feedback: acted });
    await acknowledge(fixture.deps, { noticeId, agency });
    assert.equal(await feedbackCount(), 1);
    const { notices } = await listMailbox(fixture.deps, agency);
    assert.ok(notices[0]?.acknowledgedAt);
  });

  it('is sent again under the same id until the city takes it', async () => {
    await acknowledge(fixture.deps, { noticeId, agency });
    const [id] = (await due()) as [string];
    const { asked, deps } = city({ status: 503, headers: { 'retry-after': '20' } }, new Error('reset'), {
      status: 429,
    });
    await sendFeedback(id, deps);
    assert.deepEqual(await due(), []);
    fixture.later(20_000);
    await sendFeedback(id, deps);
    fixture.later(60_000);
    await sendFeedback(id, deps);
    fixture.later(60_000);
    await sendFeedback(id, deps);
    assert.equal(new Set(asked.map((each) => each.headers['idempotency-key'])).size, 1);
    assert.equal(asked.length, 4);
    assert.deepEqual(await dueFeedback(fixture.database, new Date('2099-01-01')), []);
    fixture.time.now = new Date('2026-06-30T04:00:00Z');
  });

  it('waits while the city is paused or parked, is counted there, and goes once neither holds', async () => {
    const { database } = fixture;
    await acknowledge(fixture.deps, { noticeId, agency });
    const [id] = (await due()) as [string];
    const { asked, deps } = city();
    const waiting = async (): Promise<unknown[]> =>
      (await listDestinations(database, ['city', 'other'])).map(
        (each) => (each as { waitingFeedback?: unknown }).waitingFeedback,
      );
    await database.query(`insert into destinations (id) values ('city')`);
    for (const stop of [
      `paused_at = now(), paused_by = 'operator:k', pause_reason = 'moves'`,
      `parked_at = now(), parked_reason = 'http-401'`,
    ]) {
      await database.query(`update destinations set ${stop}`);
      assert.deepEqual(await due(), []);
      await sendFeedback(id, deps);
      assert.deepEqual([asked.length, await waiting()], [0, [1, 0]]);
      await resumeDestination(database, 'city', fixture.time.now);
      assert.deepEqual(await due(), [id]);
    }
    await sendFeedback(id, deps);
    assert.deepEqual([asked.length, await waiting()], [1, [0, 0]]);
  });

  it("keeps the city's words where the city refuses it, and the next goes on", async () => {
    await acknowledge(fixture.deps, { noticeId, agency });
    await giveFeedback(fixture.deps, { noticeId, agency, feedback: acted });
    const { deps } = city({
      status: 404,
      body: JSON.stringify({ errorCode: '1404', errorMsg: '通知不存在' }),
    });
    await sendFeedback((await due())[0] as string, deps);
    await sendFeedback((await due())[0] as string, deps);
    const { rows } = await fixture.database.query(
      'select outcome, state, error from notice_feedback order by outcome',
    );
    assert.deepEqual(rows, [
      { outcome: 'acknowledged', state: 'refused', error: '1404 通知不存在' },
      { outcome: 'acted', state: 'sent', error: null },
    ]);
    assert.equal((await readNotice(fixture.database, noticeId))?.state, 'routed');
  });
});
