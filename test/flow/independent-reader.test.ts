// A reader in a process of its own, with the CloudEvents SDK, follows the feed while four writers write at their own
// pace: it misses nothing, sees nothing twice, and can prove it. FEED_RECORDS says how many records, 20,000 else.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { projectRoot } from '../../src/platform/project-root.js';
import { later } from '../../src/platform/later.js';
import { firstVersions, writeChunk } from '../helpers/changes.js';
import { startTestGateway, type TestGateway } from '../helpers/gateway.js';

const READER = path.join(projectRoot, 'test/fixtures/feed-reader/read.js');
const WRITERS = 4;
const SIZE = 100;
const RECORDS = Number(process.env['FEED_RECORDS'] ?? 20_000);
const CHUNKS = RECORDS / WRITERS / SIZE;

describe('an independent reader of the feed', function () {
  this.timeout(RECORDS * 15);
  let run: TestGateway;
  before(async () => {
    run = await startTestGateway();
    // The way to the city has tests of its own; here it would only take the processors.
    const pause = { method: 'POST', key: run.operatorKey, json: { reason: 'the feed alone is looked at' } };
    assert.equal((await run.api('/v1/destinations/city/pause', pause)).status, 200);
  });
  after(() => run.close());

  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      later(Math.random() * 8, resolve);
    });
  const write = async (writer: number): Promise<void> => {
    for (let n = 0; n < CHUNKS; n += 1)
      await writeChunk(run.test.database, {
        changes: firstVersions(SIZE, (writer * CHUNKS + n) * SIZE + 1),
        before: pause,
        after: pause,
      });
  };
  const follow = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const env = {
        PATH: process.env['PATH'],
        FEED_URL: `${run.gateway.url}/v1/feeds/records`,
        KEY: run.cityKey,
        LAST: String(RECORDS),
      };
      const reader = spawn(process.execPath, [READER], { env });
      let [told, failed] = ['', ''];
      reader.stdout.on('data', (bytes: Buffer) => (told += bytes.toString()));
      reader.stderr.on('data', (bytes: Buffer) => (failed += bytes.toString()));
      reader.once('error', reject);
      reader.once('close', (code) => (code === 0 ? resolve(told) : reject(new Error(failed))));
    });

  it('misses nothing of four writers, sees nothing twice, keeps the order, and has the digest of the gateway', async () => {
    const [told] = await Promise.all([
      follow(),
      ...Array.from({ length: WRITERS }, (_, writer) => write(writer)),
    ]);
    const { digest, pages, ...found } = JSON.parse(told) as Record<string, unknown>;
    assert.deepEqual(found, {
      events: RECORDS,
      gaps: 0,
      repeats: 0,
      backwards: 0,
      lastEventId: String(RECORDS),
    });
    assert.ok(Number(pages) > 1);
    const { body } = await run.api('/v1/feeds/records/digest', { key: run.cityKey });
    assert.deepEqual(
      [body['lastEventId'], body['count'], body['digest']],
      [String(RECORDS), RECORDS, digest],
    );
  });
});
