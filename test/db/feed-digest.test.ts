// The running digest of the feed: what a reader folds from the events it got is what the gateway says, whenever either
// looks, and whatever has ended or gone meanwhile.
import assert from 'node:assert/strict';
import { EMPTY_DIGEST, foldEvent } from '../../src/core/feed-digest.js';
import type { ReaderView } from '../../src/db/changes.js';
import type { CloudEvent } from '../../src/feed/cloud-event.js';
import { keepFeedDigest, readFeedDigest, type FeedDigest } from '../../src/feed/read-digest.js';
import { firstVersions, recordId, writeChunk } from '../helpers/changes.js';
import { createTestDatabase, type TestDatabase } from '../helpers/database.js';
import { readFeed } from '../helpers/feed-events.js';

const PENALTY = 'administrative-penalty';
const LICENCE = 'administrative-licence';

describe('the digest of the feed', () => {
  const view: ReaderView = { openTypes: [PENALTY], closedTypes: [LICENCE], openness: 'shared' };
  let test: TestDatabase;
  beforeEach(async () => {
    test = await createTestDatabase();
  });
  afterEach(() => test.drop());

  const digest = (lastEventId?: string, of = view): Promise<FeedDigest> =>
    readFeedDigest(lastEventId, { sql: test.database, view: of });
  const events = async (of = view): Promise<CloudEvent[]> => {
    const all: CloudEvent[] = [];
    for (;;) {
      const page = await readFeed(
        { lastEventId: all.at(-1)?.id ?? '0', limit: 1000, view: of },
        { sql: test.database, clock: () => new Date('2026-06-30T04:00:00Z') },
      );
      if (page.length === 0) return all;
      all.push(...page);
    }
  };
  const folded = (seen: readonly CloudEvent[]): string => seen.reduce(foldEvent, EMPTY_DIGEST);
  const mixed = async (): Promise<void> => {
    await writeChunk(test.database, { changes: firstVersions(7) });
    await writeChunk(test.database, { changes: firstVersions(3, 50), recordType: LICENCE });
    await writeChunk(test.database, {
      changes: [
        { recordId: recordId(1), version: 2 },
        { recordId: recordId(90), openness: 2 },
        { recordId: recordId(2), version: 2, openness: 2 },
        { recordId: recordId(3), version: 2, operation: 'd' },
      ],
    });
  };

  it('is that of no event before the first, and of the events that a reader sees at each of them', async () => {
    assert.deepEqual(
      { ...(await digest()), view: '' },
      { view: '', since: '0', lastEventId: '0', count: 0, digest: EMPTY_DIGEST },
    );
    await mixed();
    const all = await events();
    assert.equal(all.length, 10);
    for (const [n, { id }] of all.entries()) {
      const { count, digest: told } = await digest(id);
      assert.deepEqual([count, told], [n + 1, folded(all.slice(0, n + 1))], id);
    }
    const last = await digest();
    assert.deepEqual([last.count, last.lastEventId], [10, '14']);
  });

  it('stays when records end and data goes: one who folded before and one who folds now agree', async () => {
    await mixed();
    const before = folded(await events());
    const { lastEventId } = await digest();
    await writeChunk(test.database, { changes: [{ recordId: recordId(4), version: 2, operation: 'd' }] });
    await test.database.query(`update record_versions set data = '{}', sealed = null where version = 1`);
    await test.database.query(`update record_versions set ends_on = '2020-01-01' where version = 2`);
    const now = (await events()).filter(({ id }) => Number(id) <= Number(lastEventId));
    assert.ok(now.every(({ data }) => data === undefined));
    assert.equal(folded(now), before);
    assert.equal((await digest(lastEventId)).digest, before);
  });

  it('is worked on from where it was noted, and the same without a note', async () => {
    for (let n = 0; n < 3; n += 1)
      await writeChunk(test.database, { changes: firstVersions(4000, n * 4000 + 1) });
    await keepFeedDigest({ sql: test.database, view, signal: new AbortController().signal });
    const places = async (): Promise<number[]> =>
      (
        await test.database.query<{ position: number }>('select position from feed_digests order by position')
      ).rows.map(({ position }) => position);
    assert.deepEqual(await places(), [5000, 10_000]);
    const all = await events();
    for (const at of [4999, 5000, 5001, 12_000])
      assert.equal((await digest(String(at))).digest, folded(all.slice(0, at)), String(at));
    await test.database.query(`update feed_digests set digest = repeat('f', 64) where position = 10000`);
    assert.notEqual((await digest('12000')).digest, folded(all), 'what was noted is not worked out again');
    await test.database.query('delete from feed_digests');
    assert.equal((await digest('12000')).digest, folded(all));
  }).timeout(60_000);

  it('is another one for another view', async () => {
    await mixed();
    const wider: ReaderView = { openTypes: [PENALTY, LICENCE], closedTypes: [], openness: 'authorised' };
    const [one, other] = [await digest(), await digest(undefined, wider)];
    assert.notEqual(one.view, other.view);
    assert.deepEqual([one.count, other.count], [10, 14]);
    assert.equal(other.digest, folded(await events(wider)));
  });

  it('begins with what is kept where nothing was noted before, and says so', async () => {
    await mixed();
    await test.database.query('update feed_horizon set first_kept = 11');
    const { since, count, digest: told } = await digest();
    const kept = await readFeed(
      { lastEventId: '10', limit: 1000, view },
      { sql: test.database, clock: () => new Date('2026-06-30T04:00:00Z') },
    );
    assert.deepEqual([since, count, told], ['10', 3, folded(kept)]);
    await test.database.query('update feed_horizon set first_kept = 5');
    await assert.rejects(digest('6'), { code: 'feed.past-retention' });
  });

  it('knows only the ids that the feed gave', async () => {
    await mixed();
    for (const id of ['15', 'x', '-1']) await assert.rejects(digest(id), { code: 'feed.unknown-position' });
  });
});
