import assert from 'node:assert/strict';
import { GatewayError } from '../../../src/core/errors.js';
import type { Answer } from '../../helpers/api.js';
import { KEYS, sourceEntry, startFakeGateway, type FakeGateway } from '../../helpers/fake-gateway.js';

const SOURCE = 'market-regulation-penalty';

describe('the sources', () => {
  let run: FakeGateway;
  let orders: unknown[] = [];
  let refusal: GatewayError | undefined;
  const pull = {
    source: SOURCE,
    dueAt: new Date('2026-06-30T04:05:00Z'),
    begunAt: null,
    finishedAt: null,
    succeededAt: null,
    failures: 3,
    failuresInRow: 7,
    error: 'pull.failed: The service did not answer in time.',
  };
  before(async () => {
    const entries = [
      { ...sourceEntry(), pull },
      { ...sourceEntry(), id: 'other', agency: 'other' },
    ];
    run = await startFakeGateway({
      listSources: async (agency) =>
        Promise.resolve(entries.filter((entry) => agency === null || entry.agency === agency)),
      runSource: async (id, order) => {
        if (refusal !== undefined) throw refusal;
        await Promise.resolve(orders.push([id, order]));
      },
    });
  });
  beforeEach(() => {
    orders = [];
    refusal = undefined;
  });
  after(() => run.server.stop());

  const list = async (key: string): Promise<unknown[]> =>
    ((await run.api({ path: '/v1/sources', key })).body['sources'] as { id: string }[]).map(({ id }) => id);
  const order = (json?: unknown, source = SOURCE, key = KEYS.operator): Promise<Answer> =>
    run.api({ method: 'POST', path: `/v1/sources/${source}/run`, key, json });

  it('are to an agency its own, to operators and auditors all', async () => {
    assert.deepEqual(await list(KEYS.agency), [SOURCE]);
    assert.deepEqual(await list(KEYS.otherAgency), []);
    assert.deepEqual(await list(KEYS.operator), [SOURCE, 'other']);
    assert.deepEqual(await list(KEYS.auditor), [SOURCE, 'other']);
  });

  it('tell their limits, ways in and how the last pull ended', async () => {
    const { body } = await run.api({ path: '/v1/sources', key: KEYS.agency });
    const [entry] = body['sources'] as Record<string, unknown>[];
    assert.deepEqual(entry?.['waysIn'], ['upload', 'folder']);
    assert.equal((entry['limits'] as Record<string, number>)['maxUploadBytes'], 1000);
    assert.deepEqual(entry['pull'], { ...pull, dueAt: '2026-06-30T04:05:00.000Z' });
  });

  it('are pulled at once for an operator, in full or with a sweep where that is said', async () => {
    for (const [json, isFull, isSweep] of [
      [undefined, false, false],
      [{}, false, false],
      [{ full: true }, true, false],
      [{ full: false, sweep: true }, false, true],
    ] as const) {
      const answer = await order(json);
      assert.equal(answer.status, 202);
      assert.deepEqual(answer.body, { id: SOURCE, full: isFull, sweep: isSweep });
      assert.deepEqual(orders.pop(), [
        SOURCE,
        { isFull, isSweep, caller: { keyId: '4', role: 'operator', agency: null } },
      ]);
    }
  });

  for (const [why, json] of [
    ['a word for a truth', { full: 'yes' }],
    ['a number for a truth', { sweep: 1 }],
    ['a member nobody knows', { sweeep: true }],
    ['a list', []],
  ] as const)
    it(`are not pulled for ${why}`, async () => {
      const answer = await order(json);
      assert.deepEqual([answer.status, answer.body['code']], [400, 'request.malformed']);
      assert.deepEqual(orders, []);
    });

  describe('when they are paused', () => {
    const pause = (json: unknown, key = KEYS.operator, source = SOURCE): Promise<Answer> =>
      run.api({ method: 'POST', path: `/v1/sources/${source}/pause`, key, json });
    const resume = (json?: unknown, key = KEYS.operator): Promise<Answer> =>
      run.api({ method: 'POST', path: `/v1/sources/${SOURCE}/resume`, key, json });

    it('say who paused them and why, personal numbers masked', async () => {
      const { status, body } = await pause({ reason: ' 误报 11010519491231002X ' });
      assert.equal(status, 200);
      assert.deepEqual(body['paused'], {
        since: '1970-01-01T00:00:00.000Z',
        by: 'operator:4',
        reason: '误报 110*************2X',
      });
      assert.deepEqual((await resume()).body, { id: SOURCE, paused: null });
    });

    for (const [why, json] of [
      ['no reason', {}],
      ['an empty reason', { reason: '  ' }],
      ['a number for a reason', { reason: 1 }],
    ] as const)
      it(`want a reason: not ${why}`, async () => {
        assert.equal((await pause(json)).body['code'], 'request.malformed');
      });

    it('are paused and resumed by operators alone, and not where there is none', async () => {
      for (const key of [KEYS.agency, KEYS.auditor, KEYS.city]) {
        assert.equal((await pause({ reason: 'x' }, key)).status, 403);
        assert.equal((await resume({}, key)).status, 403);
      }
      assert.equal((await pause({ reason: 'x' }, KEYS.operator, 'unknown')).status, 404);
    });
  });

  it('are pulled for nobody else, nor where there is none, nor where they are only uploaded to', async () => {
    for (const key of [KEYS.agency, KEYS.auditor, KEYS.city])
      assert.equal((await order({}, SOURCE, key)).body['code'], 'auth.not-permitted');
    assert.equal((await order({}, 'unknown')).body['code'], 'source.unknown');
    refusal = new GatewayError('source.not-pulled', 'Only uploaded to.');
    assert.deepEqual((await order()).status, 409);
    assert.deepEqual(orders, []);
  });
});
