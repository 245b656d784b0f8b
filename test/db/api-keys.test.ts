import assert from 'node:assert/strict';
import { createKey, findKey, revokeKey } from '../../src/db/api-keys.js';
import { createTestDatabase, type TestDatabase } from '../helpers/database.js';

const now = new Date('2026-06-30T04:00:00Z');

describe('access keys', () => {
  let test: TestDatabase;
  before(async () => {
    test = await createTestDatabase();
  });
  after(() => test.drop());

  it('have 256 random bits behind a prefix that names their role', async () => {
    const made = await Promise.all(
      Array.from({ length: 3 }, () => createKey(test.database, { role: 'agency', agency: 'courts', now })),
    );
    for (const { key } of made) assert.match(key, /^cxg_agency_[\w-]{43}$/);
    assert.equal(new Set(made.map(({ key }) => key)).size, 3);
  });

  it('are found with their role and agency', async () => {
    const agency = await createKey(test.database, { role: 'agency', agency: 'courts', now });
    assert.deepEqual(await findKey(test.database, agency.key), {
      keyId: agency.id,
      role: 'agency',
      agency: 'courts',
    });
    const city = await createKey(test.database, { role: 'city', agency: undefined, now });
    assert.deepEqual(await findKey(test.database, city.key), { keyId: city.id, role: 'city', agency: null });
  });

  it('are not found when unknown, in another case or cut short', async () => {
    const { key } = await createKey(test.database, { role: 'auditor', agency: undefined, now });
    for (const wrong of ['', 'x', key.toUpperCase(), key.slice(0, -1), `${key} `])
      assert.equal(await findKey(test.database, wrong), undefined, wrong);
  });

  it('are stored as a hash alone', async () => {
    const { key } = await createKey(test.database, { role: 'operator', agency: undefined, now });
    const { rows } = await test.database.query('select k::text as row from api_keys k');
    const stored = JSON.stringify(rows);
    assert.ok(!stored.includes(key) && !stored.includes(Buffer.from(key).toString('hex')));
  });

  it('are out of force as soon as they are revoked, and revoked once', async () => {
    const { id, key } = await createKey(test.database, { role: 'city', agency: undefined, now });
    assert.equal(await revokeKey(test.database, id, now), true);
    assert.equal(await findKey(test.database, key), undefined);
    assert.equal(await revokeKey(test.database, id, now), false);
    assert.equal(await revokeKey(test.database, 'unknown', now), false);
  });

  it('may be given, and given again stay the same', async () => {
    const wanted = { role: 'city', agency: undefined, now, key: 'kept-by-the-sandbox' } as const;
    const first = await createKey(test.database, wanted);
    assert.deepEqual(await createKey(test.database, wanted), first);
    assert.equal(first.key, wanted.key);
  });

  it('belong to an agency exactly where their role is agency', async () => {
    await assert.rejects(createKey(test.database, { role: 'agency', agency: undefined, now }));
    await assert.rejects(createKey(test.database, { role: 'city', agency: 'courts', now }));
  });
});
