import assert from 'node:assert/strict';
import type { RecordsFound } from '../../../src/core/record-criteria.js';
import type { RecordSearch } from '../../../src/http/deps.js';
import { KEYS, startFakeGateway, type FakeGateway } from '../../helpers/fake-gateway.js';

const ID_NUMBER = '110101199003070011';

describe('a search for records over HTTP', () => {
  let run: FakeGateway;
  let searches: RecordSearch[] = [];
  let incomplete: RecordsFound['incomplete'] = null;
  before(async () => {
    run = await startFakeGateway({
      searchRecords: async (search) => {
        searches.push(search);
        return { records: [], next: search.after < 9 ? 9 : null, incomplete };
      },
    });
  });
  after(() => run.server.stop());
  beforeEach(() => {
    searches = [];
  });

  const get = async (query: string): Promise<{ status: number; detail: string; next: unknown }> => {
    const { status, body } = await run.api({ path: `/v1/records${query}`, key: KEYS.operator });
    return { status, detail: String(body['detail']), next: body['next'] };
  };
  const post = async (json: unknown): Promise<number> =>
    (await run.api({ method: 'POST', path: '/v1/records/search', json, key: KEYS.operator })).status;

  it('asks for at least one criterion, and says which there are', async () => {
    const { status, detail } = await get('');
    assert.equal(status, 400);
    assert.match(detail, /documentNumber, code, name, idNumber, batch, position, type/);
    assert.equal(await post({ limit: 3 }), 400);
  });

  it('refuses a personal number in the address, under whatever name, and points to the POST', async () => {
    const spaced = `${ID_NUMBER.slice(0, 6)} ${ID_NUMBER.slice(6)}`;
    const wide = Array.from(ID_NUMBER, (digit) => String.fromCodePoint(digit.codePointAt(0)! + 0xfee0)).join(
      '',
    );
    for (const query of [
      `?idNumber=${ID_NUMBER}`,
      '?idNumber=P123',
      `?code=${ID_NUMBER}`,
      `?code=${encodeURIComponent(spaced)}`,
      `?name=${encodeURIComponent(wide)}`,
      `?documentNumber=${encodeURIComponent(`津罚〔2026〕${ID_NUMBER}号`)}`,
    ]) {
      const { status, detail } = await get(query);
      assert.equal(status, 400, query);
      assert.match(detail, /POST \/v1\/records\/search/, query);
      assert.ok(!detail.includes(ID_NUMBER));
    }
    assert.equal(searches.length, 0);
    assert.equal(await post({ idNumber: ID_NUMBER, code: ID_NUMBER }), 200);
    assert.equal(searches[0]?.criteria.idNumber, ID_NUMBER);
  });

  it('takes a unified social credit code, though it is as long', async () => {
    assert.equal((await get('?code=91120116MA06BBBB59')).status, 200);
  });

  it('refuses what it does not know and what cannot be read', async () => {
    for (const query of [
      '?documentNo=1',
      '?type=a&type=b',
      '?batch=17',
      '?position=0',
      '?position=x',
      '?name=',
      '?name=%00',
      `?name=${'x'.repeat(501)}`,
      '?type=a&after=9',
      '?type=a&limit=0',
    ])
      assert.equal((await get(query)).status, 400, query);
    for (const body of [
      { name: 1 },
      { name: ' ' },
      { position: '1' },
      { position: 1.5 },
      { number: 'x' },
      [],
    ])
      assert.equal(await post(body), 400, JSON.stringify(body));
  });

  it('pages by an opaque cursor and clamps the limit', async () => {
    const first = await get('?type=a&limit=1000');
    assert.deepEqual([first.status, searches[0]?.limit, searches[0]?.after], [200, 100, 0]);
    assert.ok(typeof first.next === 'string' && !/^\d+$/.test(first.next));
    const second = await get(`?type=a&after=${first.next}&limit=7`);
    assert.deepEqual([second.next, searches[1]?.after, searches[1]?.limit], [null, 9, 7]);
    assert.equal(await post({ type: 'a', after: first.next, limit: 5000 }), 200);
    assert.deepEqual([searches[2]?.after, searches[2]?.limit], [9, 100]);
  });

  it('says why records may be missing, and null where none is', async () => {
    const said = async (): Promise<unknown[]> => {
      const path = '/v1/records/search';
      const key = KEYS.operator;
      const answers = [
        await run.api({ path: '/v1/records?name=a', key }),
        await run.api({ method: 'POST', path, json: { name: 'a' }, key }),
      ];
      return answers.map(({ body }) => body['incomplete']);
    };
    assert.deepEqual(await said(), [null, null]);
    incomplete = { message: 'Not yet.', messageZh: '尚未完成。' };
    assert.deepEqual(await said(), [incomplete, incomplete]);
    incomplete = null;
  });

  it('knows no record whose id is none', async () => {
    const { status, body } = await run.api({ path: '/v1/records/1', key: KEYS.operator });
    assert.deepEqual([status, body['code']], [404, 'record.unknown']);
  });
});
