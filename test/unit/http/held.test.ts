import assert from 'node:assert/strict';
import { GatewayError } from '../../../src/core/errors.js';
import type { Decision } from '../../../src/http/deps.js';
import type { Answer } from '../../helpers/api.js';
import { BATCH_ID, batchView, KEYS, startFakeGateway, type FakeGateway } from '../../helpers/fake-gateway.js';

const ID_NUMBER = '11010519491231002X';
const counts = { received: 2000, new: 400, amended: 0, unchanged: 0 };
const preview = {
  rows: 2000,
  counts: { ...counts, duplicate: 0, stale: 0, withdrawn: 0, rejected: 1600 },
  problems: [{ code: 'code.unified-social-credit', rows: 1600 }],
};
const heldView = () => ({
  ...batchView(),
  status: 'held',
  hold: { reason: 'rejected-share', preview },
  preview,
});

describe('a held batch', () => {
  let run: FakeGateway;
  let decisions: [string, Decision][] = [];
  let refusal: GatewayError | undefined;
  before(async () => {
    const decide = (what: string) => async (decision: Decision) => {
      if (refusal !== undefined) throw refusal;
      decisions.push([what, decision]);
      return Promise.resolve(batchView());
    };
    run = await startFakeGateway({
      readBatch: async (id) => Promise.resolve(id === BATCH_ID ? heldView() : null),
      releaseBatch: decide('release'),
      dropBatch: decide('drop'),
    });
  });
  beforeEach(() => {
    decisions = [];
    refusal = undefined;
  });
  after(() => run.server.stop());

  const decide = (what: string, json?: unknown, key = KEYS.agency): Promise<Answer> =>
    run.api({ method: 'POST', path: `/v1/batches/${BATCH_ID}/${what}`, key, json });

  it('shows why it is held and what would become of it', async () => {
    const { body } = await run.api({ path: `/v1/batches/${BATCH_ID}`, key: KEYS.agency });
    assert.deepEqual([body['status'], body['preview']], ['held', preview]);
    assert.deepEqual(body['hold'], { reason: 'rejected-share', preview });
  });

  for (const what of ['release', 'drop']) {
    it(`is decided by its agency and by the operator with ${what}, with a reason or without`, async () => {
      assert.equal((await decide(what)).status, 200);
      assert.equal((await decide(what, {})).status, 200);
      const answer = await decide(what, { reason: '已与部门核实\n第二行' }, KEYS.operator);
      assert.deepEqual([answer.status, answer.body['id']], [200, BATCH_ID]);
      const of = { batchId: BATCH_ID, role: 'agency', keyId: '1', reason: undefined };
      assert.deepEqual(decisions, [
        [what, of],
        [what, of],
        [what, { ...of, role: 'operator', keyId: '4', reason: '已与部门核实\n第二行' }],
      ]);
    });

    it(`takes no ${what} from another agency, an auditor or the city`, async () => {
      assert.equal((await decide(what, {}, KEYS.otherAgency)).body['code'], 'batch.unknown');
      assert.equal((await decide(what, {}, KEYS.auditor)).body['code'], 'auth.not-permitted');
      assert.equal((await decide(what, {}, KEYS.city)).body['code'], 'auth.not-permitted');
      assert.deepEqual(decisions, []);
    });

    for (const [why, json] of [
      ['of more than 1,000 characters', { reason: 'x'.repeat(1001) }],
      ['that is no text', { reason: 7 }],
      ['with a NUL', { reason: 'a\0b' }],
      ['with half a character', { reason: '\ud800' }],
      ['under another name', { Reason: 'x' }],
      ['of an object that is a list', []],
    ] as const)
      it(`takes no ${what} with a reason ${why}`, async () => {
        const answer = await decide(what, json);
        assert.deepEqual([answer.status, answer.body['code']], [400, 'request.malformed']);
        assert.deepEqual(decisions, []);
      });

    it(`passes on why it cannot be decided with ${what}`, async () => {
      refusal = new GatewayError('batch.not-held', 'Not held.');
      assert.deepEqual((await decide(what)).status, 409);
      refusal = new GatewayError('auth.not-permitted', 'For an operator.', {
        details: { roles: ['operator'] },
      });
      const answer = await decide(what);
      assert.deepEqual([answer.status, answer.body['roles']], [403, ['operator']]);
    });
  }

  it('takes a reason of 1,000 characters, however they are written', async () => {
    assert.equal((await decide('drop', { reason: '𠮷'.repeat(1000) })).status, 200);
  });

  it('keeps personal numbers out of the reason', async () => {
    await decide('drop', { reason: `误报 ${ID_NUMBER}，见 91110000600037341L` });
    assert.equal(decisions[0]?.[1].reason, '误报 110*************2X，见 91110000600037341L');
  });
});
