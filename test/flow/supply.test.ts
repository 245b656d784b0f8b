// How sources are supplied, through the front door: the score card as JSON and as a table, and the word of an
// agency that there was nothing; and what a reader of the feed hears whose position is past its retention.
import assert from 'node:assert/strict';
import Papa from 'papaparse';
import { shanghaiDay } from '../../src/core/clock.js';
import { dayNumber, dayOf } from '../../src/core/day.js';
import { periodOf } from '../../src/core/reporting-period.js';
import { applyRetention } from '../../src/jobs/apply-retention.js';
import { startTestGateway, type Answer, type TestGateway } from '../helpers/gateway.js';
import { KEPT_FOR_GOOD } from '../helpers/kept-for-good.js';
import { penaltiesCsv } from '../helpers/penalties.js';

const AGENCY = 'ecology-environment';
/** A source of the sample district that is expected each month, and one that is expected each week. */
const SOURCE = 'ecology-environment-penalty';
const WEEKLY = 'courts-judgment-defaulter';
const IN_A_YEAR_MS = 366 * 86_400_000;

interface Body {
  readonly code: string;
  readonly entries: readonly Record<string, unknown>[];
  readonly statedAt: string;
  readonly oldestPosition: string;
  readonly lastEventId: string;
}

describe('the supply of the sources', () => {
  const today = shanghaiDay(new Date());
  const month = periodOf('month', today);
  const lastMonth = periodOf('month', dayOf(dayNumber(month.firstDay) - 1));
  const lastWeek = periodOf('week', dayOf(dayNumber(today) - 7));
  const nextMonth = periodOf('month', dayOf(dayNumber(month.lastDay) + 1));
  let run: TestGateway;
  let own: string;

  before(async () => {
    run = await startTestGateway();
    own = run.keyOf(AGENCY);
    const csv = penaltiesCsv([{ n: 0 }, { n: 1 }, { n: 2, CF_CFLB: '没有' }]);
    await run.upload(SOURCE, csv, AGENCY);
  });
  after(() => run.close());

  const card = (query: string, key?: string, headers = {}): Promise<Answer<Body>> =>
    run.api<Body>(`/v1/scorecard?month=${query}`, { key, headers });
  const say = (period: string, key: string, source = SOURCE): Promise<Answer<Body>> =>
    run.api<Body>(`/v1/sources/${source}/no-data?period=${period}`, { method: 'POST', key });
  const heard = ({ status, body }: Answer<Body>): unknown[] => [status, body.code];

  describe('in the score card', () => {
    it('is told to its agency, all of its sources and no other', async () => {
      const { status, body } = await card(month.id, own);
      assert.equal(status, 200);
      assert.deepEqual([...new Set(body.entries.map(({ agency }) => agency))], [AGENCY]);
      const { received, accepted, rejected, complianceRate, expects } =
        body.entries.find(({ source }) => source === SOURCE) ?? {};
      assert.deepEqual([received, accepted, rejected, complianceRate, expects], [3, 2, 1, 0.6666, 'month']);
    });

    it('is told to an operator for every agency', async () => {
      const { body } = await card(month.id, run.operatorKey);
      const agencies = new Set(body.entries.map(({ agency }) => agency));
      assert.ok(agencies.has(AGENCY) && agencies.has('courts') && agencies.size > 10);
      const one = await card(`${month.id}&source=${SOURCE}`, run.operatorKey);
      assert.equal(one.body.entries.length, 1);
    });

    it('is the same as a table, by its name and by Accept', async () => {
      const byName = await run.api<string>(`/v1/scorecard.csv?month=${month.id}&source=${SOURCE}`, {
        key: own,
      });
      const byHeader = await run.api<string>(`/v1/scorecard?month=${month.id}&source=${SOURCE}`, {
        key: own,
        headers: { accept: 'text/csv' },
      });
      assert.equal(byName.body, byHeader.body);
      const { data } = Papa.parse<Record<string, string>>(byName.body.replace(/^\ufeff/, ''), {
        header: true,
        skipEmptyLines: true,
      });
      assert.deepEqual(
        data.map((row) => [row['来源'], row['归集量'], row['合规量'], row['数据合规率'], row['报送周期']]),
        [[SOURCE, '3', '2', '0.6666', 'month']],
      );
    });

    it('is nothing for the city, for nobody, for another agency, or of no month', async () => {
      assert.deepEqual(heard(await card(month.id, run.cityKey)), [403, 'auth.not-permitted']);
      assert.equal((await card(month.id)).status, 401);
      const other = run.keyOf('courts');
      assert.deepEqual(heard(await card(`${month.id}&source=${SOURCE}`, other)), [404, 'source.unknown']);
      assert.deepEqual(heard(await card(`${month.id}&agency=${AGENCY}`, other)), [404, 'agency.unknown']);
      for (const wrong of ['', '2026-13', lastWeek.id, today])
        assert.deepEqual(heard(await card(wrong, own)), [400, 'request.malformed'], wrong);
    });
  });

  describe('without data', () => {
    it('is said by its agency, once, and is no silence in the score card then', async () => {
      const silent = async (): Promise<unknown> => {
        const { body } = await card(`${lastMonth.id}&source=${SOURCE}`, own);
        return [body.entries[0]?.['silentPeriods'], body.entries[0]?.['noDataPeriods']];
      };
      assert.deepEqual(await silent(), [[lastMonth.id], []]);
      const said = await say(lastMonth.id, own);
      assert.equal(said.status, 200);
      assert.deepEqual(await say(lastMonth.id, own), said);
      assert.deepEqual(await silent(), [[], [lastMonth.id]]);
      assert.equal((await say(lastWeek.id, run.keyOf('courts'), WEEKLY)).status, 200);
    });

    it('is nothing that anybody else may say', async () => {
      const other = run.keyOf('courts');
      assert.deepEqual(heard(await say(lastMonth.id, other)), [404, 'source.unknown']);
      for (const key of [run.operatorKey, run.cityKey])
        assert.deepEqual(heard(await say(lastMonth.id, key)), [403, 'auth.not-permitted']);
    });

    it('is not said of a month to come, of one in which rows came, or of a period that is none', async () => {
      assert.deepEqual(heard(await say(nextMonth.id, own)), [409, 'no-data.future-period']);
      assert.deepEqual(heard(await say(month.id, own)), [409, 'no-data.rows-came']);
      for (const wrong of ['', 'x', lastWeek.id, today])
        assert.deepEqual(heard(await say(wrong, own)), [400, 'request.malformed'], wrong);
    });
  });

  describe('at a position of the feed', () => {
    it('is answered 410 once events behind it are gone, and told where to go on', async () => {
      const feed = (lastEventId: string): Promise<Answer<Body>> =>
        run.api<Body>(`/v1/feeds/records?lastEventId=${lastEventId}`, { key: run.cityKey });
      assert.equal((await feed('0')).status, 200);
      await applyRetention({
        database: run.test.database,
        originals: { remove: () => Promise.reject(new Error('no original is past its retention here')) },
        catalogue: [],
        views: [],
        retention: { ...KEPT_FOR_GOOD, feed: { days: 10 } },
        clock: () => new Date(Date.now() + IN_A_YEAR_MS),
        audit: () => Promise.resolve(),
        signal: new AbortController().signal,
      });
      for (const lastEventId of ['0', '1']) {
        const gone = await feed(lastEventId);
        assert.deepEqual(heard(gone), [410, 'feed.past-retention']);
        assert.deepEqual([gone.body.oldestPosition, gone.body.lastEventId], ['3', '2']);
      }
      assert.deepEqual(await feed('2'), { status: 200, body: [] });
      assert.deepEqual(heard(await feed('3')), [400, 'feed.unknown-position']);
      await run.upload(SOURCE, penaltiesCsv([{ n: 9 }]), AGENCY);
      assert.equal(((await feed('2')).body as unknown as unknown[]).length, 1);
    });
  });
});
