// A destination whose address nobody has named: nothing goes there, the others go on, and it is said at the start and in
// the status.
import assert from 'node:assert/strict';
import type { Configuration, Destination } from '../../src/core/configuration.js';
import { writeChangedConfig } from '../helpers/changed-config.js';
import { startTestGateway, type TestGateway } from '../helpers/gateway.js';
import { cleanPenalties } from '../helpers/penalties.js';
import { createTemporaryFolder, type TemporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';

interface Condition {
  readonly code: string;
  readonly severity: string;
  readonly subject: { readonly id: string };
  readonly message: string;
  readonly messageZh: string;
  readonly todo: string;
}

describe('a destination without an address', () => {
  let folder: TemporaryFolder;
  let run: TestGateway;
  before(async () => {
    folder = createTemporaryFolder();
    run = await startTestGateway({
      configDir: writeChangedConfig(folder.path, {
        'destinations.yaml': (known: readonly Destination[]) => [
          ...known,
          { ...known[0], id: 'regional-platform' },
        ],
        'gateway.yaml': (settings: Configuration['gateway']) => ({
          ...settings,
          status: { ...settings.status, lookEverySeconds: 1 },
        }),
      }),
    });
  });
  after(async () => {
    await run.close();
    folder.remove();
  });

  it('is told of at the start by the name of its variable, in both languages', () => {
    assert.deepEqual(run.gateway.notices, [
      'destinations.yaml, regional-platform: REGIONAL_PLATFORM_URL is not set, so nothing is forwarded there · 未设置 REGIONAL_PLATFORM_URL，不向该目的地转发',
    ]);
  });

  it('is sent nothing, and the city of the sandbox is not taken for it', async () => {
    const { city } = await run.upload('market-regulation-penalty', cleanPenalties(3));
    assert.deepEqual(city, { pending: 0, delivered: 3, rejected: 0 });
    assert.equal(run.gateway.sandbox?.countAtCity(), 3);
    const { body } = await run.api<{ destinations: { id: string; pending: { records: number } }[] }>(
      '/v1/destinations',
      { key: run.operatorKey },
    );
    assert.deepEqual(
      body.destinations.map(({ id, pending }) => [id, pending.records]),
      [
        ['city', 0],
        ['regional-platform', 3],
      ],
    );
    const { rows } = await run.test.database.query('select distinct destination from messages');
    assert.deepEqual(rows, [{ destination: 'city' }]);
  });

  it('is a condition of the status', async () => {
    const found = await until(
      async () => {
        const { body } = await run.api<{ conditions: Condition[] }>('/v1/status', { key: run.operatorKey });
        return body.conditions.find(({ code }) => code === 'destination.no-address');
      },
      { what: 'the condition to be noted' },
    );
    assert.deepEqual(
      [found.subject.id, found.severity, found.message, found.messageZh],
      [
        'regional-platform',
        'warning',
        'REGIONAL_PLATFORM_URL is not set, so nothing is forwarded there.',
        '未设置 REGIONAL_PLATFORM_URL，不向该目的地转发。',
      ],
    );
    assert.match(found.todo, /REGIONAL_PLATFORM_URL .*REGIONAL_PLATFORM_TOKEN/);
  });
});
