// A database of its own with one known organisation and one known person, and everything the notices are
// bound to: a clock that the test sets, wake-ups that are only noted.
import { randomUUID } from 'node:crypto';
import { readAudit } from '../../../src/db/audit.js';
import type { Database } from '../../../src/db/pool.js';
import { compileNoticeCheck } from '../../../src/notices/check.js';
import { compileSchemaCheck } from '../../../src/notices/schema-check.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createSealer } from '../../../src/platform/sealing.js';
import type { Queue } from '../../../src/platform/dispatcher.js';
import { createTestDatabase } from '../../helpers/database.js';
import { ID_NUMBER, MEASURES } from '../../unit/notices/sample-notice.js';

export const KNOWN_CODE = '911000001000013428';
export const ROUTES = [
  { measures: ['restrict-honours'], agencies: ['human-resources', 'market-regulation'] },
  { measures: ['key-supervision'], agencies: ['market-regulation'] },
];

export async function createNoticeFixture() {
  const { database, drop } = await createTestDatabase();
  const sealer = createSealer({
    id: '00000001',
    encryption: Buffer.alloc(32, 1),
    index: Buffer.alloc(32, 2),
  });
  const time = { now: new Date('2026-06-30T04:00:00Z') };
  const woken: string[] = [];
  await makeKnown(database, KNOWN_CODE);
  await makeKnown(database, `ID:${sealer.index(ID_NUMBER)}`);
  return {
    database,
    drop,
    time,
    woken,
    sealer,
    deps: {
      database,
      sealer,
      clock: () => time.now,
      log: createLogger('silent'),
      check: compileNoticeCheck(MEASURES),
      checkFeedback: compileSchemaCheck('feedback'),
      routes: ROUTES,
      destination: 'city',
      random: () => 0.5,
      wake: (queue: Queue, id: string) => {
        woken.push(`${queue} ${id}`);
        return Promise.resolve();
      },
    },
    later: (ms: number) => {
      time.now = new Date(time.now.getTime() + ms);
    },
  };
}

export type NoticeFixture = Awaited<ReturnType<typeof createNoticeFixture>>;

export async function makeKnown(database: Database, subject: string): Promise<void> {
  await database.query(
    `insert into record_versions (record_id, version, chunk_id, ordinal, row_number, operation, ordered_at,
       content_hash, subject, document_number, data)
     select $1, 1, coalesce(max(chunk_id), 0) + 1, 0, 2, 'u', now(), $1, $2, '1号', '{}' from record_versions`,
    [randomUUID(), subject],
  );
}

/** Empties what the notices left, so that each test starts from nothing. */
export async function clearNotices(database: Database): Promise<void> {
  await database.query(
    `truncate notices, notice_cursors, notice_deliveries, delivery_attempts, notice_feedback, notice_steps,
       disabled_endpoints cascade`,
  );
}

/** Gives the entries of the audit log about an object: action, actor and details. */
export async function entriesOf(database: Database, object: string): Promise<[string, string, unknown][]> {
  const found: [string, string, unknown][] = [];
  for await (const entry of readAudit(database))
    if (entry.object === object) found.push([entry.action, entry.actor, JSON.parse(entry.details)]);
  return found;
}

/** Runs `work` while the audit log cannot be written. */
export async function withoutAuditLog(database: Database, work: () => Promise<unknown>): Promise<void> {
  await database.query('alter table audit_entries rename to audit_gone');
  try {
    await work();
  } finally {
    await database.query('alter table audit_gone rename to audit_entries');
  }
}

export async function stepsOf(database: Database, noticeId: string): Promise<string[]> {
  const { rows } = await database.query<{ step: string; agency: string | null }>(
    'select step, agency from notice_steps where notice_id = $1 order by number',
    [noticeId],
  );
  return rows.map(({ step, agency }) => (agency === null ? step : `${step} ${agency}`));
}

export async function deliveriesOf(database: Database) {
  const { rows } = await database.query<{
    id: string;
    agency: string;
    state: string;
    attempts: number;
    dueAt: Date;
  }>('select id, agency, state, attempts, due_at as "dueAt" from notice_deliveries order by agency');
  return rows;
}
