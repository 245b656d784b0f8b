import assert from 'node:assert/strict';
import { readCurrentVersions, readDocumentHolders } from '../../src/db/current-versions.js';
import { readEndedEntries, readRemovals } from '../../src/db/list-removals.js';
import type { Sql } from '../../src/db/pool.js';
import { countSuperseded } from '../../src/db/resend-plan.js';
import { findRecordPositions } from '../../src/db/resend-selection.js';
import { createTestDatabase, type TestDatabase } from '../helpers/database.js';

const CHUNKS = 120;
const VERSIONS = 200;
const WANTED = 100;
/** A look-up takes a page for each level of two or three indexes, and the pages of what it finds. */
const MAX_PAGES_A_KEY = 20;

/** As many chunks as a first large batch leaves behind, before anything has counted the rows of the tables. */
const YOUNG = [
  'alter table chunks set (autovacuum_enabled = off)',
  'alter table record_versions set (autovacuum_enabled = off, fillfactor = 15)',
  `insert into chunks (number, agency, record_type, changes, last_row, first_position, committed_at, origin)
   select n, 'market-regulation', 'administrative-penalty', ${VERSIONS}, ${VERSIONS}, (n - 1) * ${VERSIONS} + 1, now(), 'ended'
   from generate_series(1, ${CHUNKS}) n`,
  `insert into record_versions (record_id, version, chunk_id, ordinal, row_number, operation, ordered_at, content_hash,
     subject, document_number, data, removes)
   select md5(c.id || '.' || o)::uuid, 1, c.id, o, o, 'u', now(), md5('')::uuid, 'S' || c.id || '.' || o, 'D' || c.id || '.' || o,
     '"' || repeat('x', 900) || '"', 'R' || c.id || '.' || o
   from chunks c cross join generate_series(0, ${VERSIONS - 1}) o`,
];

/** How many pages the statements looked at that went through this. */
function counting(sql: Sql): Sql & { pages: () => number } {
  let pages = 0;
  return {
    pages: () => pages,
    query: async (text, values) => {
      const { rows } = await sql.query(`explain (analyze, buffers, format json) ${text}`, values);
      const [{ Plan: plan }] = rows[0]?.['QUERY PLAN'] as [{ Plan: Record<string, number> }];
      pages += (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
      return sql.query(text, values);
    },
  };
}

describe('look-ups in tables that have just been filled', () => {
  let test: TestDatabase;
  let keys: { id: string; subject: string; document: string; removes: string }[];
  before(async () => {
    test = await createTestDatabase();
    for (const statement of YOUNG) await test.database.query(statement);
    const { rows } = await test.database.query(
      `select record_id as id, subject, document_number as document, removes from record_versions
       order by record_id limit ${WANTED}`,
    );
    keys = rows as unknown as typeof keys;
  });
  after(() => test.drop());

  const documents = (): { subject: string; documentNumber: string }[] =>
    keys.map(({ subject, document }) => ({ subject, documentNumber: document }));
  const entries = (): { subject: string; documentNumber: string }[] =>
    keys.map(({ subject, removes }) => ({ subject, documentNumber: removes }));
  const ids = (): string[] => keys.map(({ id }) => id);
  const owner = { agency: 'market-regulation', recordType: 'administrative-penalty' };
  const lookUps: Record<string, { finds: number; look: (sql: Sql) => Promise<readonly unknown[]> }> = {
    'the current versions': { finds: WANTED, look: (sql) => readCurrentVersions(sql, ids()) },
    'who holds a document number': {
      finds: WANTED,
      look: (sql) => readDocumentHolders(sql, owner.recordType, documents()),
    },
    removals: { finds: WANTED, look: (sql) => readRemovals(sql, owner.recordType, entries()) },
    'entries that ended': { finds: 0, look: (sql) => readEndedEntries(sql, owner, documents()) },
    'positions of records': {
      finds: WANTED,
      look: (sql) =>
        findRecordPositions(
          sql,
          ids().map((id) => ({ id })),
          { plannedTo: CHUNKS * VERSIONS, openness: 'public' },
        ),
    },
    'no later version of changes to be sent again': {
      finds: 0,
      look: async (sql) => {
        const order = { first: 1, lastPosition: WANTED, selection: {}, positions: null };
        const by = { destination: 'city', openness: 'public', limit: CHUNKS * VERSIONS } as const;
        return new Array<undefined>(await countSuperseded(sql, order, by));
      },
    },
  };
  for (const [name, { finds, look }] of Object.entries(lookUps))
    it(`find ${name} by few pages a key, however many chunks there are`, async () => {
      const sql = counting(test.database);
      assert.equal((await look(sql)).length, finds);
      const pages = sql.pages() / WANTED;
      assert.ok(pages > 0 && pages <= MAX_PAGES_A_KEY, `${pages} pages a key`);
    });
});
