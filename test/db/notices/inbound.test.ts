import assert from 'node:assert/strict';
import { readNoticeCursor } from '../../../src/db/notices.js';
import { acceptNotice } from '../../../src/notices/accept.js';
import type { NoticeEvent } from '../../../src/notices/fetch-notices.js';
import { pollNotices } from '../../../src/notices/poll.js';
import { rematchNotices } from '../../../src/notices/rematch.js';
import { ID_NUMBER, organisationNotice, personNotice } from '../../unit/notices/sample-notice.js';
import {
  clearNotices,
  createNoticeFixture,
  deliveriesOf,
  makeKnown,
  stepsOf,
  type NoticeFixture,
} from './notice-fixture.js';

const PAGE = 2;
const STRANGER = { name: '未知公司', kind: '法人及非法人组织', creditCode: '91440300100012316L' };

describe('notices coming in', () => {
  let fixture: NoticeFixture;
  before(async () => {
    fixture = await createNoticeFixture();
  });
  beforeEach(async () => {
    await clearNotices(fixture.database);
    fixture.woken.length = 0;
  });
  after(() => fixture.drop());

  function event(id: number, data: unknown): NoticeEvent {
    return { id: String(id), method: undefined, data };
  }

  function poll(feed: readonly NoticeEvent[], asked: (string | undefined)[] = []): Promise<number> {
    return pollNotices({
      ...fixture.deps,
      fetchNotices: (after) => {
        asked.push(after);
        const from = after === undefined ? 0 : feed.findIndex((each) => each.id === after) + 1;
        return Promise.resolve(feed.slice(from, from + PAGE));
      },
    });
  }

  async function states(): Promise<Record<string, string>> {
    const { rows } = await fixture.database.query<{ id: string; state: string }>(
      'select id, state from notices order by number',
    );
    return Object.fromEntries(rows.map(({ id, state }) => [id, state]));
  }

  it('are read page after page, and each step is a row', async () => {
    const notices = ['a', 'b', 'c'].map((noticeId, i) => event(i + 1, organisationNotice({ noticeId })));
    const asked: (string | undefined)[] = [];
    assert.equal(await poll(notices, asked), 3);
    assert.deepEqual(asked, [undefined, '2', '3']);
    assert.deepEqual(await states(), { a: 'routed', b: 'routed', c: 'routed' });
    assert.deepEqual(await stepsOf(fixture.database, 'a'), ['received', 'matched', 'routed']);
    assert.equal(await readNoticeCursor(fixture.database, 'city'), '3');
    assert.deepEqual(
      (await deliveriesOf(fixture.database)).map((each) => `${each.agency} ${each.state}`),
      [...Array<string>(3).fill('human-resources due'), ...Array<string>(3).fill('market-regulation due')],
    );
    assert.equal(fixture.woken.length, 6);
  });

  it('change nothing the second time', async () => {
    const feed = [
      event(1, organisationNotice()),
      event(2, organisationNotice()),
      event(3, { bad: true }),
      event(4, { bad: true }),
    ];
    await poll(feed);
    await fixture.database.query('delete from notice_cursors');
    const before = await fixture.database.query('select * from notice_steps order by number');
    await poll(feed);
    const after = await fixture.database.query('select * from notice_steps order by number');
    assert.deepEqual(after.rows, before.rows);
    assert.equal((await deliveriesOf(fixture.database)).length, 2);
  });

  it('are kept as refused with their reasons, and do not hold up the next', async () => {
    await poll([
      event(1, organisationNotice({ noticeId: 'bad', measure: 'public-shaming' })),
      event(2, null),
      event(
        3,
        personNotice({ noticeId: 'graded', evaluation: { grade: 'A', authority: '某', date: '2026-01-01' } }),
      ),
      { id: '4', method: 'DELETE', data: { noticeId: 'good' } },
      event(5, organisationNotice({ noticeId: 'good' })),
    ]);
    const found = await states();
    assert.deepEqual(Object.values(found), ['refused', 'refused', 'refused', 'refused', 'routed']);
    const { rows } = await fixture.database.query<{ reasons: { code: string; messageZh: string }[] }>(
      `select body->'reasons' as reasons from notices where id = 'bad'`,
    );
    assert.deepEqual(
      rows[0]?.reasons.map((each) => each.code),
      ['notice.measure-not-permitted'],
    );
    assert.match(rows[0].reasons[0]?.messageZh ?? '', /清单/);
    assert.deepEqual(await stepsOf(fixture.database, 'graded'), ['received', 'refused']);
    assert.equal((await deliveriesOf(fixture.database)).length, 2);
  });

  it('take the place of a refused one when they are corrected', async () => {
    await poll([event(1, organisationNotice({ measure: 'no-such' })), event(2, organisationNotice())]);
    assert.deepEqual(await states(), { 'TJ-2026-0001': 'routed' });
    assert.deepEqual(await stepsOf(fixture.database, 'TJ-2026-0001'), [
      'received',
      'refused',
      'received',
      'matched',
      'routed',
    ]);
  });

  it('never replace an accepted one under the same id', async () => {
    await poll([event(1, organisationNotice()), event(2, organisationNotice({ text: '另一内容' }))]);
    assert.deepEqual((await stepsOf(fixture.database, 'TJ-2026-0001')).at(-1), 'repeated-differently');
    const { rows } = await fixture.database.query<{ text: string }>(
      `select body->>'text' as text from notices`,
    );
    assert.equal(rows[0]?.text, organisationNotice().text);
  });

  it('leave the cursor where it was when storing fails', async () => {
    const check = (): never => {
      throw new Error('broken');
    };
    const fetchNotices = () => Promise.resolve([event(1, organisationNotice())]);
    await assert.rejects(pollNotices({ ...fixture.deps, check, fetchNotices }), /broken/);
    assert.equal(await readNoticeCursor(fixture.database, 'city'), undefined);
    assert.deepEqual(await states(), {});
  });

  it('are stored once by two pollers at once', async () => {
    const feed = Array.from({ length: 10 }, (_, i) =>
      event(i + 1, organisationNotice({ noticeId: `n${i}` })),
    );
    await Promise.all([poll(feed), poll(feed), poll(feed)]);
    assert.equal(Object.keys(await states()).length, 10);
    assert.equal((await deliveriesOf(fixture.database)).length, 20);
    const { rows } = await fixture.database.query('select 1 from notice_steps');
    assert.equal(rows.length, 30);
  });

  it('never move the cursor back when a slower poller comes with an old page', async () => {
    const feed = [1, 2, 3].map((id) => event(id, organisationNotice({ noticeId: `n${id}` })));
    const asked: (string | undefined)[] = [];
    const slow = async (after: string | undefined): Promise<NoticeEvent[]> => {
      asked.push(after);
      if (after !== undefined) return [];
      await poll(feed);
      return feed.slice(0, PAGE);
    };
    assert.equal(await pollNotices({ ...fixture.deps, fetchNotices: slow }), 0);
    assert.deepEqual(asked, [undefined, '3']);
    assert.equal(await readNoticeCursor(fixture.database, 'city'), '3');
  });

  it('with events that have no id are kept, and the feed is called unreadable', async () => {
    const feed = [{ id: undefined, method: undefined, data: organisationNotice() }];
    const fetchNotices = () => Promise.resolve(feed);
    await assert.rejects(pollNotices({ ...fixture.deps, fetchNotices }), { code: 'city.unreachable' });
    assert.deepEqual(await states(), { 'TJ-2026-0001': 'routed' });
  });

  it('about a subject that no record knows are kept and delivered to nobody, until one arrives', async () => {
    await poll([event(1, organisationNotice({ subject: STRANGER }))]);
    assert.deepEqual(await states(), { 'TJ-2026-0001': 'unmatched' });
    assert.equal((await deliveriesOf(fixture.database)).length, 0);
    assert.equal(await rematchNotices(fixture.deps), 0);
    await makeKnown(fixture.database, STRANGER.creditCode);
    assert.equal(await rematchNotices(fixture.deps), 1);
    assert.equal(await rematchNotices(fixture.deps), 0);
    assert.deepEqual(await stepsOf(fixture.database, 'TJ-2026-0001'), [
      'received',
      'unmatched',
      'matched',
      'routed',
    ]);
    assert.equal(fixture.woken.length, 2);
    await fixture.database.query('delete from record_versions where subject = $1', [STRANGER.creditCode]);
  });

  it('about a person are matched by the keyed index, and no table holds the number', async () => {
    await poll([
      event(1, personNotice()),
      event(2, { noticeId: ID_NUMBER, idNumber: ID_NUMBER, [ID_NUMBER]: `号码${ID_NUMBER}` }),
    ]);
    assert.equal((await states())['TJ-2026-0002'], 'routed');
    const dump = await dumpOf(fixture);
    assert.ok(dump.includes('110*************2X'.slice(0, 4)));
    assert.ok(!dump.includes(ID_NUMBER));
    assert.ok(!dump.includes(Buffer.from(ID_NUMBER).toString('hex')));
  });

  it('pushed by the city pass the same stages, twice with the same answer', async () => {
    const first = await acceptNotice(organisationNotice(), fixture.deps);
    assert.deepEqual(first, { noticeId: 'TJ-2026-0001', status: 'routed', isNew: true });
    assert.deepEqual(await acceptNotice(organisationNotice(), fixture.deps), { ...first, isNew: false });
    assert.equal(await poll([event(1, organisationNotice())]), 1);
    assert.deepEqual(await stepsOf(fixture.database, 'TJ-2026-0001'), ['received', 'matched', 'routed']);
  });

  it('pushed again after their period give the same answer still', async () => {
    const soonOver = organisationNotice({ period: { from: '2026-06-01', to: '2026-06-30' } });
    await acceptNotice(soonOver, fixture.deps);
    fixture.later(86_400_000);
    assert.equal((await acceptNotice(soonOver, fixture.deps)).isNew, false);
    fixture.later(-86_400_000);
  });

  it('pushed and refused are told all reasons, and nothing is stored', async () => {
    const bad = organisationNotice({ measure: 'no-such', legalBasis: '', decision: undefined });
    await assert.rejects(
      acceptNotice(bad, fixture.deps),
      (error: { code: string; details: { reasons: unknown[] } }) => {
        assert.equal(error.code, 'notice.invalid');
        assert.equal(error.details.reasons.length, 3);
        return true;
      },
    );
    await assert.rejects(acceptNotice('text', fixture.deps), { code: 'notice.invalid' });
    assert.deepEqual(await states(), {});
    await acceptNotice(organisationNotice(), fixture.deps);
    await assert.rejects(acceptNotice(organisationNotice({ text: '另一内容' }), fixture.deps), {
      code: 'notice.invalid',
    });
  });
});

async function dumpOf({ database }: NoticeFixture): Promise<string> {
  const tables = [
    'notices',
    'notice_deliveries',
    'notice_steps',
    'notice_feedback',
    'notice_cursors',
    'delivery_attempts',
  ];
  const parts: string[] = [];
  for (const table of tables) {
    const { rows } = await database.query<{ line: string }>(`select t::text as line from ${table} t`);
    parts.push(...rows.map((row) => row.line));
  }
  return parts.join('\n');
}
