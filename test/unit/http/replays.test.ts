import assert from 'node:assert/strict';
import type { ReplaySelection } from '../../../src/http/deps.js';
import { BATCH_ID, KEYS, startFakeGateway, type FakeGateway } from '../../helpers/fake-gateway.js';

describe('a replay over HTTP', () => {
  let run: FakeGateway;
  let asked: ReplaySelection[];
  before(async () => {
    run = await startFakeGateway({
      previewReplay: async (_destination, selection) => ({
        changes: asked.push(selection),
        superseded: null,
      }),
      readSourceReplay: async () => undefined,
    });
  });
  beforeEach(() => {
    asked = [];
  });
  after(() => run.server.stop());

  const post = (json: object, query = '') =>
    run.api({
      ...{ method: 'POST', path: `/v1/destinations/city/replay${query}`, key: KEYS.operator, json },
    });

  it('selects by words that all hold, or by named records', async () => {
    const records = [{ id: BATCH_ID, version: 2 }, { id: BATCH_ID.toUpperCase() }];
    for (const selection of [
      {
        positions: { from: 1, to: 9 },
        recordType: 'administrative-penalty',
        agency: 'courts',
        batch: BATCH_ID,
      },
      { positions: { from: 1 } },
      { records },
    ])
      assert.equal((await post(selection, '?preview=true')).status, 200);
    assert.deepEqual(asked[2], { records: [{ id: BATCH_ID, version: 2 }, { id: BATCH_ID }] });
    assert.equal(asked.length, 3);
  });

  it('of a source that there is not is unknown, whatever its id looks like', async () => {
    for (const id of [BATCH_ID, 'x']) {
      const path = `/v1/sources/market-regulation-penalty/replays/${id}`;
      const { status, body } = await run.api({ path, key: KEYS.operator });
      assert.deepEqual([status, body['code']], [404, 'replay.unknown'], id);
    }
  });

  it('refuses what is no selection, and an order without a reason', async () => {
    const reason = 'lost';
    for (const body of [
      { reason },
      { reason, records: [] },
      { reason, records: [{ id: BATCH_ID }], agency: 'courts' },
      { reason, records: [{ id: 'x' }] },
      { reason, records: [{ id: BATCH_ID, version: 0 }] },
      { reason, records: [null] },
      { reason, records: Array.from({ length: 10_001 }, () => ({ id: BATCH_ID })) },
      { reason, positions: { to: 3 } },
      { reason, positions: { from: 3, to: 2 } },
      { reason, positions: { from: 1.5 } },
      { reason, batch: 'x' },
      { reason, agency: 'No Agency' },
      { reason, agency: 'courts', id: 'x' },
      { reason, agency: 'courts', table: 'XZCF' },
      { agency: 'courts' },
      { agency: 'courts', reason: ' ' },
    ]) {
      const { status, body: problem } = await post(body);
      assert.deepEqual(
        [status, problem['code']],
        [400, 'request.malformed'],
        JSON.stringify(body).slice(0, 80),
      );
    }
    assert.equal((await post({ agency: 'courts' }, '?preview=yes')).status, 400);
  });

  it('takes 10,000 records with their versions', async () => {
    const records = Array.from({ length: 10_000 }, () => ({ id: BATCH_ID, version: 2_147_483_647 }));
    assert.equal((await post({ reason: 'lost', records })).status, 202);
  });

  it('answers 200 where the order is there already', async () => {
    const known = await startFakeGateway({
      orderReplay: async () => ({
        isNew: false,
        replay: (await post({ reason: 'lost', agency: 'courts' })).body,
      }),
    });
    try {
      const path = '/v1/destinations/city/replay';
      const json = { reason: 'lost', agency: 'courts' };
      assert.equal((await known.api({ method: 'POST', path, key: KEYS.operator, json })).status, 200);
    } finally {
      await known.server.stop();
    }
  });
});
