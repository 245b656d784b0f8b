import assert from 'node:assert/strict';
import { findPostgresBinaries, majorVersion } from '../../../src/platform/postgres-binaries.js';

describe('the programs of the embedded PostgreSQL', () => {
  it('are those of the pinned package', async () => {
    assert.equal(await majorVersion(await findPostgresBinaries(), undefined), 18);
  });

  it('name the command that helps when their libraries are not linked', async () => {
    const broken = { initdb: '/bin/false', pgCtl: '/bin/false', postgres: '/bin/false' };
    await assert.rejects(majorVersion(broken, undefined), /npm rebuild/);
  });
});
