import assert from 'node:assert/strict';
import { GatewayError } from '../../../src/core/errors.js';
import { BATCH_ID, KEYS, startFakeGateway, type FakeGateway } from '../../helpers/fake-gateway.js';

const RECEIPT = `/v1/batches/${BATCH_ID}/receipt`;

describe('the receipt of a batch', () => {
  let run: FakeGateway;
  let refusal: GatewayError | undefined;
  before(async () => {
    run = await startFakeGateway({
      signReceipt: (id) =>
        refusal === undefined ? Promise.resolve(`e30.${id}.c2ln`) : Promise.reject(refusal),
    });
  });
  after(() => run.server.stop());
  afterEach(() => {
    refusal = undefined;
  });

  it('is a compact JWS for its agency, operators and auditors', async () => {
    for (const key of [KEYS.agency, KEYS.operator, KEYS.auditor]) {
      const { status, text, headers } = await run.api({ path: RECEIPT, key });
      assert.deepEqual([status, text], [200, `e30.${BATCH_ID}.c2ln`]);
      assert.equal(headers.get('content-type'), 'application/jose');
    }
  });

  it('is unknown to another agency and forbidden to the city', async () => {
    assert.equal((await run.api({ path: RECEIPT, key: KEYS.otherAgency })).body['code'], 'batch.unknown');
    assert.equal((await run.api({ path: RECEIPT, key: KEYS.city })).status, 403);
    assert.equal((await run.api({ path: RECEIPT })).status, 401);
  });

  it('is not there before the batch has settled', async () => {
    refusal = new GatewayError('batch.not-settled', 'Ask again later.', {
      details: { status: 'processing' },
    });
    const { status, body } = await run.api({ path: RECEIPT, key: KEYS.agency });
    assert.deepEqual([status, body['code'], body['status']], [409, 'batch.not-settled', 409]);
  });
});

describe('the public keys', () => {
  it('are shown to anybody', async () => {
    const key = { kty: 'OKP', crv: 'Ed25519', x: 'x', kid: 'k', alg: 'EdDSA', use: 'sig' };
    const run = await startFakeGateway({ publicKeys: { keys: [key] } });
    const { status, body } = await run.api({ path: '/.well-known/jwks.json' });
    assert.deepEqual([status, body], [200, { keys: [key] }]);
    await run.server.stop();
  });
});
