import assert from 'node:assert/strict';
import { createTestDatabase, type TestDatabase } from '../helpers/database.js';

describe('a connection to PostgreSQL', () => {
  let test: TestDatabase;
  before(async () => {
    test = await createTestDatabase();
  });
  after(() => test.drop());

  it('has no statement compiled, however dear it seems', async () => {
    const shown = await test.database.transaction((sql) => sql.query('show jit'));
    assert.deepEqual(shown.rows, [{ jit: 'off' }]);
  });
});
