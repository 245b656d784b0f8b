import assert from 'node:assert/strict';
import { GatewayError } from '../../../src/core/errors.js';
import { BATCH_ID, KEYS, startFakeGateway, type FakeGateway } from '../../helpers/fake-gateway.js';
import type { Answer } from '../../helpers/api.js';

const ID_NUMBER = '11010519491231002X';
const QUERY = 'told-to-nobody';
const SECRET = `select * from people where id = '${ID_NUMBER}' -- /srv/gateway/data`;

describe('a failure of ours', () => {
  /** The answer when reading a batch throws. */
  const whenThrown = async (thrown: unknown): Promise<{ answer: Answer; run: FakeGateway }> => {
    const run = await startFakeGateway({
      readBatch: async () => {
        throw thrown;
      },
    });
    const answer = await run.api({ path: `/v1/batches/${BATCH_ID}?x=${QUERY}`, key: KEYS.agency });
    await run.server.stop();
    return { answer, run };
  };

  for (const [what, thrown] of [
    ['an unknown error', new Error(SECRET)],
    ['an error of ours that no caller can mend', new GatewayError('config.invalid', SECRET)],
    ['something that is no error', SECRET],
    ['nothing', undefined],
  ] as const)
    it(`shows of ${what} a request id and nothing else, and logs its cause`, async () => {
      const { answer, run } = await whenThrown(thrown);
      assert.deepEqual([answer.status, answer.body['code']], [500, 'internal.unexpected']);
      assert.ok(!answer.text.includes('select') && !answer.text.includes('/srv/gateway'));
      const line = run.log.find(({ level }) => level === 'error');
      assert.equal(`urn:request:${String(line?.['request'])}`, answer.body['instance']);
    });

  for (const [what, code] of [
    ['cannot be reached', 'ECONNREFUSED'],
    ['ends the connection', '57P01'],
  ] as const)
    it(`answers 503 with Retry-After when the database ${what}`, async () => {
      const { answer } = await whenThrown(Object.assign(new Error(SECRET), { code }));
      assert.deepEqual([answer.status, answer.body['code']], [503, 'database.unavailable']);
      assert.ok(!answer.text.includes('select'));
    });

  it('tells of a refusal its code, both languages and what may be shown', async () => {
    const { answer } = await whenThrown(
      new GatewayError('batch.unknown', 'Not here.', {
        detailZh: '不在这里。',
        details: { batch: BATCH_ID },
      }),
    );
    assert.deepEqual(answer.body, {
      batch: BATCH_ID,
      type: 'urn:credit-exchange:problem:batch.unknown',
      title: 'Unknown batch · 批次不存在',
      status: 404,
      code: 'batch.unknown',
      detail: 'Not here.',
      detailZh: '不在这里。',
      instance: answer.body['instance'],
    });
  });

  it('lets no detail stand in for a field of the problem', async () => {
    const details = { status: 200, code: 'x', type: 'y' };
    const { answer } = await whenThrown(new GatewayError('batch.unknown', 'Not here.', { details }));
    assert.deepEqual([answer.body['status'], answer.body['code']], [404, 'batch.unknown']);
  });

  it('repeats no personal number of an address, neither to the caller nor in the log', async () => {
    const run = await startFakeGateway();
    const answer = await run.api({ path: `/v1/subjects/${ID_NUMBER}`, key: KEYS.agency });
    await run.server.stop();
    assert.equal(answer.status, 404);
    assert.ok(run.log.some(({ msg }) => msg === 'Request answered'));
    assert.ok(!answer.text.includes(ID_NUMBER) && !JSON.stringify(run.log).includes(ID_NUMBER));
  });

  it('is logged without key, body and query', async () => {
    const { run } = await whenThrown(new Error('broken'));
    const text = JSON.stringify(run.log);
    assert.ok(text.includes(`/v1/batches/${BATCH_ID}`));
    assert.ok(!text.includes(KEYS.agency) && !text.includes(QUERY), text);
  });
});
