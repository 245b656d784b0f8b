import assert from 'node:assert/strict';
import { isGatewayError } from '../../src/core/errors.js';
import { readAudit } from '../../src/db/audit.js';
import { readLastPosition, type ReaderView } from '../../src/db/changes.js';
import { gatherAudits } from '../../src/db/gathered-audit.js';
import type { CloudEvent } from '../../src/feed/cloud-event.js';
import { createFeedWaiter, type FeedWaiter } from '../../src/feed/feed-waiter.js';
import { followFeed, type FeedQuery } from '../../src/feed/read-feed.js';
import { followRecorded } from '../../src/feed/recorded-feed.js';
import { later } from '../../src/platform/later.js';
import { firstVersions, recordId, writeChunk } from '../helpers/changes.js';
import { parseEvents, readFeed } from '../helpers/feed-events.js';
import { createTestDatabase, type TestDatabase } from '../helpers/database.js';
import { until } from '../helpers/until.js';

/** A reader among authorities that sees these types, and knows of no others. */
const viewOf = (...openTypes: string[]): ReaderView => ({
  openTypes,
  closedTypes: ['administrative-penalty', 'administrative-licence'].filter(
    (type) => !openTypes.includes(type),
  ),
  openness: 'shared',
});

describe('the feed', () => {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
  });
  afterEach(() => test.drop());

  const read = (query: Partial<FeedQuery> = {}): Promise<CloudEvent[]> =>
    readFeed(
      { lastEventId: undefined, limit: 1000, ...query },
      { sql: test.database, clock: () => new Date() },
    );
  const ids = async (query: Partial<FeedQuery> = {}): Promise<number[]> =>
    (await read(query)).map(({ id }) => Number(id));

  it('serves events after http-feeds.org, with personal numbers masked', async () => {
    const data = { counterpartIdNumber: '110*************2X' };
    const committedAt = new Date('2026-06-30T04:00:00Z');
    await writeChunk(test.database, {
      changes: [{ recordId: recordId(1), version: 3, data, sealed: Buffer.from('secret') }],
      agency: 'courts',
      committedAt,
    });
    const [event, ...others] = await read();
    assert.match(event?.recorddigest ?? '', /^[0-9a-f]{32}$/);
    assert.deepEqual(
      [{ ...event, recorddigest: '' }, ...others],
      [
        {
          specversion: '1.0',
          id: '1',
          type: 'cn.tjbh.credit.administrative-penalty',
          source: 'urn:credit-exchange:binhai',
          time: '2026-06-30T04:00:00.000Z',
          subject: recordId(1),
          method: 'PUT',
          recordtype: 'administrative-penalty',
          recordversion: 3,
          recorddigest: '',
          agency: 'courts',
          datacontenttype: 'application/json',
          dataschema: 'urn:credit-exchange:record:administrative-penalty',
          data,
        },
      ],
    );
  });

  it('goes on after the last event, across chunks, in pages of any size', async () => {
    for (const count of [3, 0, 1, 7, 2])
      await writeChunk(test.database, { changes: firstVersions(count, 100 * count + 1) });
    for (const limit of [1, 2, 3, 5, 13, 100]) {
      const seen: number[] = [];
      for (;;) {
        const page = await ids({ limit, ...(seen.length === 0 ? {} : { lastEventId: String(seen.at(-1)) }) });
        if (page.length === 0) break;
        assert.ok(page.length <= limit);
        seen.push(...page);
      }
      assert.deepEqual(
        seen,
        Array.from({ length: 13 }, (_, i) => i + 1),
      );
    }
  });

  it('serves a reader only the types that it may see', async () => {
    for (let n = 0; n < 6; n += 1)
      await writeChunk(test.database, {
        changes: firstVersions(3, 10 * n + 1),
        recordType: n % 2 === 0 ? 'administrative-penalty' : 'administrative-licence',
      });
    const view = viewOf('administrative-licence');
    assert.deepEqual(await ids({ view }), [4, 5, 6, 10, 11, 12, 16, 17, 18]);
    assert.deepEqual(await ids({ view, limit: 4, lastEventId: '5' }), [6, 10, 11, 12]);
    assert.deepEqual(await ids({ view: viewOf() }), []);
  });

  it('tells of a type that is exchanged no longer only what has ended', async () => {
    const struck = { recordType: 'struck' };
    await writeChunk(test.database, { changes: firstVersions(2), ...struck });
    await writeChunk(test.database, { changes: firstVersions(1, 10) });
    const ends = { recordId: recordId(1), version: 2, operation: 'd' } as const;
    await writeChunk(test.database, { changes: [ends, ...firstVersions(1, 20)], ...struck });
    const events = await read({ view: viewOf('administrative-penalty') });
    assert.deepEqual(
      events.map(({ id, method, recordtype }) => [id, method, recordtype]),
      [
        ['3', 'PUT', 'administrative-penalty'],
        ['4', 'DELETE', 'struck'],
      ],
    );
    assert.deepEqual(
      await ids({ view: { ...viewOf(), closedTypes: ['struck'] } }),
      [],
      'a closed type is not there',
    );
  });

  describe('to a reader to whom some records are not open', () => {
    const view = viewOf('administrative-penalty');
    const seen = async (query: Partial<FeedQuery> = {}): Promise<unknown[]> =>
      (await read({ view, ...query })).map(({ id, method, data }) => [id, method, data !== undefined]);

    it('leaves those records out, to their end', async () => {
      const closed = { recordId: recordId(1), openness: 2 } as const;
      await writeChunk(test.database, {
        changes: [closed, { recordId: recordId(2), openness: 1 }, { recordId: recordId(3) }],
      });
      await writeChunk(test.database, { changes: [{ ...closed, version: 2 }] });
      await writeChunk(test.database, { changes: [{ ...closed, version: 3, operation: 'd' }] });
      assert.deepEqual(await seen(), [
        ['2', 'PUT', true],
        ['3', 'PUT', true],
      ]);
      assert.equal((await read()).length, 5, 'a reader that may see all does');
      const publicOnly = await read({ view: { ...view, openness: 'public' } });
      assert.deepEqual(
        publicOnly.map(({ id }) => id),
        ['3'],
      );
    });

    it('ends a record that has become narrower, and brings it back when it is open again', async () => {
      const record = { recordId: recordId(1) };
      await writeChunk(test.database, { changes: [record] });
      await writeChunk(test.database, { changes: [{ ...record, version: 2, openness: 2 }] });
      assert.deepEqual(await seen(), [
        ['1', 'PUT', false],
        ['2', 'DELETE', false],
      ]);
      await writeChunk(test.database, { changes: [{ ...record, version: 3 }] });
      assert.deepEqual(await seen({ lastEventId: '2' }), [['3', 'PUT', true]]);
    });

    it('passes over any number of them at once', async () => {
      for (let n = 0; n < 4; n += 1) {
        const changes = firstVersions(5, 10 * n + 1).map((change) => ({ ...change, openness: 2 as const }));
        await writeChunk(test.database, { changes });
      }
      await writeChunk(test.database, { changes: firstVersions(1, 100) });
      assert.deepEqual(await ids({ view, limit: 3 }), [21]);
      assert.deepEqual(await ids({ view, limit: 3, lastEventId: '21' }), []);
    });
  });

  it('ends a record with a DELETE and serves its earlier events without data', async () => {
    await writeChunk(test.database, {
      changes: [
        { recordId: recordId(1), version: 1 },
        { recordId: recordId(2), version: 1 },
      ],
    });
    await writeChunk(test.database, { changes: [{ recordId: recordId(1), version: 2, operation: 'd' }] });
    await writeChunk(test.database, { changes: [{ recordId: recordId(1), version: 3 }] });
    assert.deepEqual(
      (await read()).map((event) => [event.method, 'data' in event, 'datacontenttype' in event]),
      [
        ['PUT', false, false],
        ['PUT', true, true],
        ['DELETE', false, false],
        ['PUT', true, true],
      ],
    );
  });

  it('knows only the ids that it gave', async () => {
    await writeChunk(test.database, { changes: firstVersions(3) });
    assert.deepEqual(await ids({ lastEventId: '0' }), [1, 2, 3]);
    assert.deepEqual(await ids({ lastEventId: '3' }), []);
    for (const lastEventId of ['4', '-1', '01', '1.0', '1e0', '', ' 1', 'x', '99999999999999999999'])
      await assert.rejects(
        read({ lastEventId }),
        (error) => isGatewayError(error, 'feed.unknown-position'),
        lastEventId,
      );
  });

  describe('with a reader that waits', () => {
    let waiter: FeedWaiter;
    const follow = (
      query: Partial<FeedQuery> & { timeoutMs: number; signal?: AbortSignal },
    ): Promise<CloudEvent[]> =>
      followFeed(
        { lastEventId: undefined, limit: 1000, ...query },
        { timeoutMs: query.timeoutMs, signal: query.signal ?? new AbortController().signal },
        { sql: test.database, waiter, clock: () => new Date() },
      ).then(parseEvents);

    beforeEach(() => {
      waiter = createFeedWaiter({
        readLastPosition: () => readLastPosition(test.database),
        later,
        pollEveryMs: 5,
        onError: (error) => {
          throw error;
        },
      });
    });
    afterEach(() => waiter.stop());

    it('has one entry of the audit log for an answer with events, none for an empty one, and no answer without it', async () => {
      const { database } = test;
      const writeDown = gatherAudits(database);
      const followAs = (query: Partial<FeedQuery>): Promise<CloudEvent[]> =>
        followRecorded(
          { lastEventId: undefined, limit: 1000, ...query },
          { timeoutMs: 5, signal: new AbortController().signal },
          { sql: database, writeDown, waiter, clock: () => new Date(), actor: 'city:k1' },
        ).then(parseEvents);
      const entries = async (): Promise<unknown[]> => {
        const found: unknown[] = [];
        for await (const { action, actor, object, details } of readAudit(database))
          found.push([action, actor, object, JSON.parse(details)]);
        return found;
      };
      assert.deepEqual(await followAs({}), []);
      await writeChunk(database, { changes: firstVersions(5) });
      assert.equal((await followAs({ limit: 3 })).length, 3);
      assert.equal((await followAs({ lastEventId: '3' })).length, 2);
      assert.deepEqual(await followAs({ lastEventId: '5' }), []);
      const read = [
        ['feed.read', 'city:k1', 'feed', { after: '0', count: 3, to: '3' }],
        ['feed.read', 'city:k1', 'feed', { after: '3', count: 2, to: '5' }],
      ];
      assert.deepEqual(await entries(), read);
      await database.query('alter table audit_entries rename to audit_gone');
      await assert.rejects(followAs({}), { code: 'audit.unavailable', status: 503 });
      assert.deepEqual(await followAs({ lastEventId: '5' }), [], 'nothing is read, nothing to be written');
      await database.query('alter table audit_gone rename to audit_entries');
      assert.deepEqual(await entries(), read);
    });

    it('answers as soon as there is something new', async () => {
      const answer = follow({ timeoutMs: 60_000 });
      await writeChunk(test.database, { changes: firstVersions(2) });
      assert.equal((await answer).length, 2);
    });

    it('answers with nothing when time is up or the reader has gone', async () => {
      assert.deepEqual(await follow({ timeoutMs: 20 }), []);
      const gone = new AbortController();
      const answer = follow({ timeoutMs: 60_000, signal: gone.signal });
      gone.abort();
      assert.deepEqual(await answer, []);
    });

    it('goes on waiting when only what it may not see is new', async () => {
      let isAnswered = false;
      const answer = follow({ timeoutMs: 60_000, view: viewOf('administrative-licence') }).finally(
        () => (isAnswered = true),
      );
      await writeChunk(test.database, { changes: firstVersions(2) });
      await follow({ timeoutMs: 60_000, lastEventId: '1' });
      assert.equal(isAnswered, false);
      await writeChunk(test.database, { changes: firstVersions(1, 9), recordType: 'administrative-licence' });
      assert.deepEqual(
        (await answer).map(({ id }) => id),
        ['3'],
      );
    });

    it('holds no connection: more readers wait than the pool has connections', async () => {
      const readers = Array.from({ length: 50 }, () => follow({ timeoutMs: 60_000 }));
      await until(async () => (await test.database.query('select 1')).rowCount === 1);
      await writeChunk(test.database, { changes: firstVersions(1) });
      for (const events of await Promise.all(readers)) assert.equal(events.length, 1);
    });
  });

  describe('while four writers commit at their own pace', () => {
    const WRITERS = 4;
    const CHUNKS = 25;
    const SIZE = 5;
    const TOTAL = WRITERS * CHUNKS * SIZE;

    /** Lets every writer pause for a while that differs, before and after its positions are given out. */
    const pause = (): Promise<void> =>
      new Promise((resolve) => {
        later(Math.random() * 6, resolve);
      });
    const write = async (writer: number): Promise<void> => {
      for (let n = 0; n < CHUNKS; n += 1)
        await writeChunk(test.database, {
          changes: firstVersions(SIZE, (writer * CHUNKS + n) * SIZE + 1),
          before: pause,
          after: pause,
        });
    };
    /** Follows the feed until the writers are done; gives the positions in the order in which they were seen. */
    const readAlong = async (): Promise<number[]> => {
      const seen: number[] = [];
      const over = new AbortController();
      const writers = Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer))).finally(() =>
        over.abort(),
      );
      for (;;) {
        const wasOver = over.signal.aborted;
        const page = await ids({
          limit: 7,
          ...(seen.length === 0 ? {} : { lastEventId: String(seen.at(-1)) }),
        });
        seen.push(...page);
        if (wasOver && page.length === 0) break;
      }
      await writers;
      return seen;
    };

    it('shows a reader every position once, in order, without a gap', async () => {
      assert.deepEqual(
        await readAlong(),
        Array.from({ length: TOTAL }, (_, i) => i + 1),
      );
    });

    it('would lose some if positions came from a sequence', async () => {
      await test.database.query(`create sequence unguarded increment ${SIZE} minvalue 1`);
      await test.database.query(`
        create or replace function assign_positions(chunk bigint, change_count integer) returns bigint
        language sql as $$
          update chunks set first_position = nextval('unguarded') where id = chunk returning first_position
        $$`);
      await test.database.query(`update change_log set last_position = ${TOTAL}`);
      let letGo = (): void => undefined;
      const held = new Promise<void>((resolve) => (letGo = resolve));
      let hasPositions = false;
      const slow = writeChunk(test.database, {
        changes: firstVersions(SIZE, 1),
        after: () => {
          hasPositions = true;
          return held;
        },
      });
      await until(() => hasPositions);
      await writeChunk(test.database, { changes: firstVersions(SIZE, SIZE + 1) });
      const seen = await ids({});
      letGo();
      await slow;
      assert.deepEqual(seen, [6, 7, 8, 9, 10]);
      assert.deepEqual(await ids({ lastEventId: '10' }), [], 'the reader never learns of the first five');
    });
  });
});
