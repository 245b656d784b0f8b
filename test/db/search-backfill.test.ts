// Rows as a version from before the search has left them: what they are found by is filled in, exactly as their own
// intake would have written it, once, whatever is killed and whatever is written meanwhile.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { findRecords } from '../../src/app/record-search.js';
import { nameFieldsOf } from '../../src/app/name-fields.js';
import { startSearchBackfill } from '../../src/app/search-backfill.js';
import type { Foundation } from '../../src/app/gateway.js';
import type { RecordCriteria } from '../../src/core/record-criteria.js';
import type { Database } from '../../src/db/pool.js';
import { assignOwnPositions, writeOwnEndings } from '../../src/db/own-changes.js';
import { fillSearchKeys, type BackfillNeeds } from '../../src/jobs/fill-search-keys.js';
import { newEncryptionKey } from '../../src/platform/data-key.js';
import { createLogger } from '../../src/platform/logger.js';
import { projectRoot } from '../../src/platform/project-root.js';
import { createSealer } from '../../src/platform/sealing.js';
import { createCapturedLogger } from '../helpers/captured-log.js';
import { NOW, openIntakeBench, type IntakeBench } from '../helpers/intake.js';
import { ENTRY, HEADINGS, REMOVAL, ROWS } from '../helpers/list-entries.js';
import { penaltiesCsv } from '../helpers/penalties.js';
import { until } from '../helpers/until.js';

const PERSON = '110101199003070011';
const SHOP = `张三${PERSON}商店`;
const MIGRATIONS = path.join(projectRoot, 'src/db/migrations');
const MIGRATION = readdirSync(MIGRATIONS).find((name) => name.endsWith('-fill-search-keys.sql')) ?? '';
const LISTS = 'market-regulation-serious-dishonesty-list-entry';

describe('what records from before the search are found by', () => {
  let bench: IntakeBench;
  beforeEach(async () => {
    bench = await openIntakeBench();
  });
  afterEach(() => bench.close());

  const query = async (text: string): Promise<Record<string, unknown>[]> =>
    (await bench.test.database.query(text)).rows;
  const needs = (): BackfillNeeds => {
    const listings = new Map(
      bench.site.configuration.catalogue.map(({ type, listing }) => [type, listing] as const),
    );
    return {
      ...{ database: bench.test.database, sealer: bench.sealer, signal: new AbortController().signal },
      ...{ log: createLogger('silent'), waitMs: 60_000 },
      ...{ nameFieldOf: nameFieldsOf(bench.site), listingOf: (type) => listings.get(type) },
    };
  };
  const keys = (): Promise<Record<string, unknown>[]> =>
    query('select record_id, version, name_key, removes from record_versions order by 1, 2');
  const mark = async (): Promise<unknown[]> =>
    Object.values((await query('select done_to, finished from search_backfill'))[0] ?? {});
  /** As a database looks that comes from before, right behind the migration. */
  const comeFromBefore = async (): Promise<void> => {
    await query('update record_versions set name_key = null, removes = null');
    await query('drop table search_backfill');
    await query(readFileSync(path.join(MIGRATIONS, MIGRATION), 'utf8'));
  };
  const search = (
    criteria: RecordCriteria,
    database: Database = bench.test.database,
  ): ReturnType<typeof findRecords> =>
    findRecords(
      { caller: { keyId: '1', role: 'operator', agency: null }, criteria, after: 0, limit: 10 },
      { storage: { database, sealer: bench.sealer } as never, site: bench.site, clock: () => NOW },
      () => Promise.resolve(),
    );
  const find = async (name: string): Promise<(string | null)[]> =>
    (await search({ name })).records.map((record) => record.name);
  /** Its second chunk is never filled in. */
  const fillHalf = async (): Promise<void> => {
    let opened = 0;
    const dying: BackfillNeeds['sealer'] = {
      index: (value) => bench.sealer.index(value),
      open: (sealed) => {
        opened += 1;
        // Of the first chunk two are sealed; the second dies at its own.
        if (opened === 3) throw new Error('killed');
        return bench.sealer.open(sealed);
      },
    };
    await assert.rejects(fillSearchKeys({ ...needs(), sealer: dying }), /killed/);
  };
  const ingestPenalties = async (): Promise<void> => {
    const person = { CF_XDR_MC: '张三', CF_XDR_LB: '自然人', CF_XDR_SHXYM: '', CF_FRDB: '' };
    await bench.ingest(
      penaltiesCsv([
        ...Array.from({ length: 6 }, (_, n) => ({ n })),
        { n: 40, ...person, CF_XDR_ZJLX: '身份证', CF_XDR_ZJHM: PERSON },
        { n: 41, CF_XDR_MC: SHOP },
      ]),
    );
    const later = [
      { n: 1, CF_NR: '罚款壹佰元整' },
      { n: 2, 操作: '撤销' },
      { n: 41, CF_XDR_MC: SHOP, BZ: '二' },
    ];
    await bench.ingest(penaltiesCsv(later, ['操作']));
  };

  it('is filled in as intake writes it: names with numbers, amended, withdrawn, blanked, entries and removals', async () => {
    await ingestPenalties();
    const other = REMOVAL.replace('移〔2026〕4号', '移〔2026〕7号');
    const renamed = other.replace('津滨市监列〔2026〕1号', '津滨市监列〔2026〕97号');
    const lists = (...rows: string[]) => bench.ingest(rows.join('\r\n'), { sourceId: LISTS });
    await lists(HEADINGS, ...ROWS, REMOVAL, other);
    await lists(HEADINGS, renamed);
    await lists(`${HEADINGS},操作`, `${REMOVAL},撤销`);
    await query(`update record_versions set data = '{}', sealed = null where version = 1 and record_id in
      (select record_id from record_versions where version = 2 and data <> '{}' and removes is null)`);
    const written = await keys();
    assert.ok(written.some(({ removes }) => removes !== null));
    await comeFromBefore();
    assert.deepEqual(await find(SHOP), []);
    assert.equal(await fillSearchKeys(needs()), written.length);
    assert.deepEqual(await keys(), written);
    const [shown] = await find(SHOP);
    assert.ok(shown?.startsWith('张三') === true && !shown.includes(PERSON));
    assert.deepEqual(await find('张三'), ['张三']);
  });

  it('ends an entry that comes after a removal from before', async () => {
    await bench.ingest([HEADINGS, REMOVAL].join('\r\n'), { sourceId: LISTS });
    await comeFromBefore();
    await fillSearchKeys(needs());
    const { id } = await bench.ingest([HEADINGS, ENTRY].join('\r\n'), { sourceId: LISTS });
    const { problems } = await bench.problems(id);
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['list.removed-before'],
    );
  });

  it('is filled in by a gateway that serves, by one process at a time, and then looked for no more', async () => {
    await ingestPenalties();
    const written = await keys();
    await comeFromBefore();
    const foundation = {
      ...{ site: bench.site, storage: { ...bench.test, sealer: bench.sealer }, log: createLogger('silent') },
      signal: new AbortController().signal,
    } as unknown as Foundation;
    const times = { everyMs: 1, waitMs: 5000 };
    const processes = [1, 2].map(() => startSearchBackfill(foundation, times));
    await until(async () => (await mark())[1] === true);
    for (const { stop } of processes) await stop();
    assert.deepEqual(await keys(), written);
    assert.equal(await fillSearchKeys(needs()), undefined);
  });

  it('is gone on with from the last chunk where the job was killed', async () => {
    await ingestPenalties();
    const written = await keys();
    await comeFromBefore();
    await fillHalf();
    assert.deepEqual(await mark(), [8, false]);
    assert.deepEqual((await keys()).filter(({ name_key: key }) => key === null).length, 3);
    const stopped = new AbortController();
    stopped.abort();
    assert.equal(await fillSearchKeys({ ...needs(), signal: stopped.signal }), undefined);
    assert.equal(await fillSearchKeys(needs()), 3);
    assert.deepEqual(await keys(), written);
  });

  it('makes a search by name say that records may be missing, half done, and no longer once it is there', async () => {
    await ingestPenalties();
    await comeFromBefore();
    await fillHalf();
    const half = await search({ name: SHOP });
    assert.ok(half.incomplete?.message.includes('may be missing') && half.incomplete.messageZh !== '');
    assert.equal((await search({ documentNumber: '津滨市监罚〔2025〕3号' })).incomplete, null);
    const { database } = bench.test;
    // The rest is filled in right behind a search that missed it.
    const filling: Database = {
      ...database,
      query: async (text, values) => {
        const answer = await database.query(text, values);
        if (text.includes('found')) await fillSearchKeys(needs());
        return answer as never;
      },
    };
    assert.notEqual((await search({ name: SHOP }, filling)).incomplete, null);
    assert.equal((await mark())[1], true);
    const { records, incomplete } = await search({ name: SHOP });
    assert.deepEqual([records.length, incomplete], [1, null]);
  });

  it('is filled in of a version too that took over what another one lacked while that was filled in', async () => {
    await ingestPenalties();
    await comeFromBefore();
    const [row] =
      await query(`select v.record_id as "recordId", v.version, c.agency, c.record_type as "recordType"
      from record_versions v join chunks c on c.id = v.chunk_id where v.document_number like '%〕3号'`);
    let filling: ReturnType<typeof fillSearchKeys> | undefined;
    await bench.test.database.transaction(async (sql) => {
      const chunks = await writeOwnEndings(sql, {
        ...{ origin: 'withdrawal', at: NOW, versions: [row as never] },
        decision: { by: 'operator:1', reason: 'a test' },
      });
      filling = fillSearchKeys(needs());
      await until(async () => (await query('select from pg_locks where not granted')).length > 0);
      await assignOwnPositions(sql, chunks);
    });
    await filling;
    assert.deepEqual(
      (await keys()).filter(({ name_key: key }) => key === null),
      [],
    );
    assert.deepEqual((await mark())[1], true);
  });

  it('is filled in of all others where sealed values do not open, and one line names one of them', async () => {
    await ingestPenalties();
    const written = await keys();
    await comeFromBefore();
    const sealed = await query('select record_id, version from record_versions where sealed is not null');
    await query(`update record_versions set sealed = set_byte(sealed, length(sealed) - 1,
      255 - get_byte(sealed, length(sealed) - 1)) where sealed is not null and version = 1`);
    const isClosed = ({ record_id: id, version }: Record<string, unknown>): boolean =>
      version === 1 && sealed.some((of) => of.record_id === id);
    const { log, lines } = createCapturedLogger();
    assert.equal(await fillSearchKeys({ ...needs(), log }), written.filter((row) => !isClosed(row)).length);
    assert.deepEqual(
      await keys(),
      written.map((row) => (isClosed(row) ? { ...row, name_key: null } : row)),
    );
    assert.deepEqual(
      lines.map(({ record, version, count }) => [isClosed({ record_id: record, version }), count]),
      [[true, 2]],
    );
    assert.ok(!JSON.stringify(lines).includes('张三') && (await mark())[1] === true);
  });

  it('waits for a key that is missing, which can be put back', async () => {
    await ingestPenalties();
    const written = await keys();
    await comeFromBefore();
    const sealer = createSealer({ ...newEncryptionKey(), index: Buffer.alloc(32) });
    await assert.rejects(fillSearchKeys({ ...needs(), sealer }), /sealed with data key/);
    await fillSearchKeys(needs());
    assert.deepEqual(await keys(), written);
  });

  it('is left for the next time where somebody writes for long, so that others can write meanwhile', async () => {
    await ingestPenalties();
    const written = await keys();
    await comeFromBefore();
    const { log, lines } = createCapturedLogger();
    let waits = 0;
    const { database } = bench.test;
    const counted: Database = {
      ...database,
      transaction: (work) =>
        database.transaction(work).catch((error: unknown) => {
          waits += 1;
          throw error;
        }),
    };
    const foundation = {
      ...{ site: bench.site, storage: { ...bench.test, database: counted, sealer: bench.sealer }, log },
      signal: new AbortController().signal,
    } as unknown as Foundation;
    const write = 'update record_versions set removes = removes where false';
    const { stop } = await database.transaction(async (sql) => {
      await sql.query(write);
      const sweep = startSearchBackfill(foundation, { everyMs: 1, waitMs: 50 });
      await until(async () => (await query('select from pg_locks where not granted')).length > 0);
      await database.transaction(async (other) => {
        await other.query("set local lock_timeout = '10s'");
        await other.query(write);
      });
      await until(() => waits > 2);
      return sweep;
    });
    await until(async () => (await mark())[1] === true);
    await stop();
    assert.deepEqual(await keys(), written);
    assert.deepEqual(
      lines.map(({ msg }) => String(msg).replace(/ earlier.*(wait|filled).*/, ' $1')),
      ['Search keys of wait', 'Search keys of filled'],
    );
  });

  it('is never looked for in a database that begins with it', async () => {
    assert.deepEqual(await mark(), [0, true]);
  });
});
