import assert from 'node:assert/strict';
import { KEYS, startFakeGateway, statusView, type FakeGateway } from '../../helpers/fake-gateway.js';

describe('the status', () => {
  let run: FakeGateway;
  before(async () => {
    run = await startFakeGateway();
  });
  after(() => run.server.stop());

  it('is told to operators', async () => {
    const { status, body } = await run.api({ path: '/v1/status', key: KEYS.operator });
    assert.deepEqual([status, body], [200, statusView()]);
  });

  it('is told to nobody else', async () => {
    for (const key of [KEYS.agency, KEYS.city, KEYS.auditor])
      assert.equal((await run.api({ path: '/v1/status', key })).body['code'], 'auth.not-permitted');
    assert.equal((await run.api({ path: '/v1/status' })).status, 401);
  });
});
