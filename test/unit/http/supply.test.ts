import assert from 'node:assert/strict';
import type { NoDataStatement, ScorecardRequest } from '../../../src/http/deps.js';
import { KEYS, startFakeGateway, type FakeGateway } from '../../helpers/fake-gateway.js';

const SOURCE = 'market-regulation-penalty';

describe('the score card and the word that there was nothing', () => {
  let run: FakeGateway;
  const asked: ScorecardRequest[] = [];
  const stated: NoDataStatement[] = [];
  before(async () => {
    run = await startFakeGateway({
      readScorecard: (request) => Promise.resolve(void asked.push(request)).then(() => []),
      stateNoData: (statement) => {
        stated.push(statement);
        return Promise.resolve({ source: statement.source, period: statement.period, statedAt: new Date(0) });
      },
    });
  });
  beforeEach(() => {
    asked.length = 0;
    stated.length = 0;
  });
  after(() => run.server.stop());

  it('show an agency its own, operators and auditors all', async () => {
    for (const key of [KEYS.agency, KEYS.operator, KEYS.auditor])
      assert.equal((await run.api({ path: '/v1/scorecard?month=2026-06', key })).status, 200);
    assert.deepEqual(
      asked.map(({ agency }) => agency),
      ['market-regulation', null, null],
    );
    const other = { path: `/v1/scorecard?month=2026-06&source=${SOURCE}`, key: KEYS.otherAgency };
    assert.equal((await run.api(other)).body['code'], 'source.unknown');
    const foreign = { path: '/v1/scorecard.csv?month=2026-06&agency=courts', key: KEYS.agency };
    assert.equal((await run.api(foreign)).body['code'], 'agency.unknown');
    const city = await run.api({ path: '/v1/scorecard?month=2026-06', key: KEYS.city });
    assert.equal(city.body['code'], 'auth.not-permitted');
    assert.equal(
      (await run.api({ path: '/v1/scorecard', key: KEYS.agency })).body['code'],
      'request.malformed',
    );
  });

  it('come as a table where that is asked for', async () => {
    const headers = { accept: 'text/csv' };
    const byHeader = await run.api({ path: '/v1/scorecard?month=2026-06', key: KEYS.agency, headers });
    const byName = await run.api({ path: '/v1/scorecard.csv?month=2026-06', key: KEYS.agency });
    for (const { headers: sent, text } of [byHeader, byName]) {
      assert.match(sent.get('content-type') ?? '', /^text\/csv; charset=utf-8/);
      assert.match(sent.get('content-disposition') ?? '', /scorecard-2026-06\.csv/);
      assert.match(text, /部门/);
    }
  });

  it('are for the agency of the source alone to say', async () => {
    const say = (key: string, query = '?period=2026-06'): ReturnType<FakeGateway['api']> =>
      run.api({ method: 'POST', path: `/v1/sources/${SOURCE}/no-data${query}`, key });
    assert.equal((await say(KEYS.agency)).status, 200);
    assert.deepEqual(stated, [
      {
        source: SOURCE,
        period: '2026-06',
        caller: { role: 'agency', agency: 'market-regulation', keyId: '1' },
      },
    ]);
    assert.equal((await say(KEYS.otherAgency)).body['code'], 'source.unknown');
    assert.equal((await say(KEYS.operator)).body['code'], 'auth.not-permitted');
    assert.equal((await say(KEYS.agency, '')).body['code'], 'request.malformed');
    assert.equal(stated.length, 1);
  });
});
