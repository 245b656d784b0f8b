// The audit log in PostgreSQL: what is recorded, that it cannot be changed, and that nothing happens without it.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import { bindReports } from '../../src/app/reports.js';
import { checkChain } from '../../src/core/audit-chain.js';
import { BEFORE_FIRST, type AuditAct, type AuditEntry } from '../../src/core/audit-entry.js';
import { createKey, revokeKey } from '../../src/db/api-keys.js';
import { appendAudit, appendAudits, lastCheckpoint, readAudit } from '../../src/db/audit.js';
import { gatherAudits } from '../../src/db/gathered-audit.js';
import { auditReading } from '../../src/db/person-reading.js';
import type { Sql } from '../../src/db/pool.js';
import { createCapturedLogger, type LogLine } from '../helpers/captured-log.js';
import { NOW, openIntakeBench, type IntakeBench } from '../helpers/intake.js';
import { penaltiesCsv } from '../helpers/penalties.js';

const ACT: AuditAct = { at: NOW, actor: 'gateway', action: 'pull.ordered', object: 'source-1' };
const PERSON = '11010519491231002X';

describe('the audit log', () => {
  let bench: IntakeBench;
  beforeEach(async () => {
    bench = await openIntakeBench();
  });
  afterEach(() => bench.close());

  const append = (act: AuditAct = ACT): Promise<void> =>
    bench.test.database.transaction((sql) => appendAudit(sql, act));
  const entries = async (): Promise<AuditEntry[]> => {
    const found: AuditEntry[] = [];
    for await (const entry of readAudit(bench.test.database)) found.push(entry);
    return found;
  };
  const actions = async (): Promise<string[]> => (await entries()).map(({ action }) => action);
  const csv = (rows = 3): string => penaltiesCsv(Array.from({ length: rows }, (_, n) => ({ n })));
  const bytesLeft = (): string[] => {
    const all = readdirSync(path.join(bench.folder, 'originals'), { recursive: true, withFileTypes: true });
    return all.filter((each) => each.isFile()).map(({ name }) => name);
  };

  it('has an entry for each message with personal numbers before it is sent, or it is not sent', async () => {
    const reading = { ...ACT, action: 'person.sent', object: 'city' } as const;
    await auditReading(bench.test.database, reading);
    assert.deepEqual(await actions(), ['person.sent']);
    await bench.test.database.query('alter table audit_entries rename to audit_gone');
    await assert.rejects(auditReading(bench.test.database, reading), { code: 'audit.unavailable' });
  });

  it('chains entries that come at once, without holes, in more than one page', async () => {
    await bench.test.database.transaction((sql) =>
      appendAudits(
        sql,
        Array.from({ length: 1100 }, (_, n) => ({ ...ACT, object: `第 "${n}"`, details: { n, of: 0.5 } })),
      ),
    );
    await Promise.all(Array.from({ length: 20 }, () => append()));
    const report = await checkChain(readAudit(bench.test.database));
    assert.deepEqual([report.entries, report.firstBroken], [1120, null]);
    assert.deepEqual(report.last, await lastCheckpoint(bench.test.database));
  });

  it('takes the readings of many readers in a few transactions, and fails each of them where it fails', async () => {
    let transactions = 0;
    const { database } = bench.test;
    const counting: Sql = {
      query: (text, values) => {
        transactions += 1;
        return database.query(text, values);
      },
    };
    const writeDown = gatherAudits(counting);
    const readAll = (): Promise<PromiseSettledResult<void>[]> =>
      Promise.allSettled(Array.from({ length: 200 }, (_, n) => writeDown({ ...ACT, object: String(n) })));
    assert.ok((await readAll()).every(({ status }) => status === 'fulfilled'));
    assert.equal(transactions, 2);
    const report = await checkChain(readAudit(database));
    assert.deepEqual([report.entries, report.firstBroken], [200, null]);
    await database.query('alter table audit_entries rename to audit_gone');
    assert.ok((await readAll()).every(({ status }) => status === 'rejected'));
    await database.query('alter table audit_gone rename to audit_entries');
    await writeDown(ACT);
    assert.equal((await lastCheckpoint(database)).number, 201);
  });

  it('takes back what its transaction takes back', async () => {
    const failing = bench.test.database.transaction(async (sql) => {
      await appendAudit(sql, ACT);
      throw new Error('the act failed');
    });
    await assert.rejects(failing, /the act failed/);
    assert.deepEqual(await lastCheckpoint(bench.test.database), BEFORE_FIRST);
    await append();
    assert.equal((await lastCheckpoint(bench.test.database)).number, 1);
  });

  it('refuses to be changed in the database, triggers switched off or not', async () => {
    await append();
    const { database } = bench.test;
    for (const change of [
      `update audit_entries set actor = 'x'`,
      'delete from audit_entries',
      'truncate audit_entries',
    ]) {
      await assert.rejects(database.query(change), /append-only/, change);
      const asReplica = database.transaction(async (sql) => {
        await sql.query(`set local session_replication_role = 'replica'`);
        await sql.query(change);
      });
      await assert.rejects(asReplica, /append-only/, `${change} as replica`);
    }
    assert.equal((await entries()).length, 1);
  });

  it('tells what somebody changed who took the guard away', async () => {
    for (let n = 0; n < 4; n += 1) await append();
    await bench.test.database.query('alter table audit_entries disable trigger audit_entries_append_only');
    const checkpoint = await lastCheckpoint(bench.test.database);
    await bench.test.database.query(
      `update audit_entries set at = at + interval '1 microsecond' where number = 3`,
    );
    const changed = await checkChain(readAudit(bench.test.database));
    assert.deepEqual([changed.firstBroken?.number, changed.firstBroken?.kind], [3, 'changed']);
    await bench.test.database.query('delete from audit_entries where number >= 3');
    assert.equal((await checkChain(readAudit(bench.test.database))).firstBroken, null);
    const cut = await checkChain(readAudit(bench.test.database), checkpoint);
    assert.deepEqual([cut.firstBroken?.number, cut.firstBroken?.kind], [3, 'cut-off']);
  });

  it('has one entry for a batch received and one for it settled, with its account and no row of it', async () => {
    const { id } = await bench.ingest(csv(), { actor: 'agency:k1' });
    const [received, settled, ...rest] = await entries();
    assert.deepEqual(rest, []);
    assert.deepEqual(
      [received?.action, received?.actor, received?.object],
      ['batch.received', 'agency:k1', id],
    );
    assert.deepEqual([settled?.action, settled?.actor, settled?.object], ['batch.settled', 'gateway', id]);
    const { status, counts } = JSON.parse(settled?.details ?? '') as Record<string, unknown>;
    assert.deepEqual([status, (counts as { new: number }).new], ['accepted', 3]);
    assert.deepEqual(Object.keys(JSON.parse(received?.details ?? '') as object), [
      'agency',
      'bytes',
      'held',
      'sha256',
      'source',
    ]);
  });

  it('names no batch that is refused, and a held one as held', async () => {
    await assert.rejects(bench.receive('no,headings\n1,2\n'));
    assert.deepEqual(await actions(), []);
    const mixed = penaltiesCsv(Array.from({ length: 300 }, (_, n) => (n < 200 ? { n, CF_JDRQ: '' } : { n })));
    await bench.receive(mixed);
    await bench.work({ chunkRows: 1000 });
    assert.deepEqual(await actions(), ['batch.received', 'batch.held']);
  });

  it('names a batch that failed for good, once', async () => {
    const id = await bench.receive(csv());
    await bench.test.database.query('update batches set failures = 1000');
    const originals = { ...bench.originals, open: () => Promise.reject(new Error('the disk is gone')) };
    await bench.work({ originals });
    const [, failed] = await entries();
    assert.deepEqual([failed?.action, failed?.object], ['batch.failed', id]);
    assert.ok(!failed?.details.includes('disk'));
  });

  it('names keys that are created and revoked, and not one that was there', async () => {
    const { database } = bench.test;
    const wanted = {
      role: 'city',
      agency: undefined,
      now: NOW,
      key: 'the-key-itself',
      actor: 'gateway',
    } as const;
    const { id } = await createKey(database, wanted);
    await createKey(database, wanted);
    await revokeKey(database, id, NOW);
    await revokeKey(database, id, NOW);
    const all = await entries();
    assert.deepEqual(
      all.map(({ action, actor, object }) => [action, actor, object]),
      [
        ['key.created', 'gateway', id],
        ['key.revoked', 'command-line', id],
      ],
    );
    assert.ok(!JSON.stringify(all).includes('the-key-itself'));
  });

  it('masks a personal number wherever somebody wrote one', async () => {
    await append({ ...ACT, object: PERSON, details: { reason: `误报：${PERSON}` } });
    const text = JSON.stringify(await entries());
    assert.ok(!text.includes(PERSON) && text.includes('误报：110'), text);
    assert.equal((await checkChain(readAudit(bench.test.database))).firstBroken, null);
  });

  const report = (id: string, out: Writable): Promise<void> =>
    bindReports({
      site: bench.site,
      storage: { ...bench, database: bench.test.database },
      clock: () => NOW,
    }).writeCorrection(id, { onlyFaulty: false, caller: { role: 'auditor', keyId: 'k9' } }, out);

  it('has each reading of whole rows before their first byte, and nobody reads without it', async () => {
    const { id } = await bench.ingest(csv());
    let recordedFirst: string[] | undefined;
    const looking = new Writable({
      write: (_piece, _encoding, done) => {
        const told = recordedFirst === undefined ? actions() : Promise.resolve(recordedFirst);
        void told.then((found) => {
          recordedFirst = found;
          done();
        });
      },
    });
    await report(id, looking);
    assert.deepEqual(recordedFirst, ['batch.received', 'batch.settled', 'correction.read']);
    assert.equal((await entries()).at(-1)?.actor, 'auditor:k9');
    await bench.test.database.query('alter table audit_entries rename to audit_gone');
    let bytes = 0;
    const counting = new Writable({
      write: (piece: Buffer, _encoding, done) => {
        bytes += piece.length;
        done();
      },
    });
    await assert.rejects(report(id, counting), { code: 'audit.unavailable', status: 503 });
    assert.equal(bytes, 0);
  });

  it('stops intake where it cannot be written, and nothing is stored', async () => {
    const { database } = bench.test;
    await database.query('alter table audit_entries rename to audit_gone');
    await assert.rejects(bench.receive(csv(), { idempotencyKey: 'k' }), {
      code: 'audit.unavailable',
      status: 503,
    });
    const { rows } = await database.query('select (select count(*) from batches) as batches');
    assert.deepEqual([rows[0]?.['batches'], bytesLeft()], [0, []]);
    await database.query('alter table audit_gone rename to audit_entries');
    const id = await bench.receive(csv(), { idempotencyKey: 'k' });
    assert.deepEqual([(await bench.view(id)).status, await actions()], ['received', ['batch.received']]);
  });

  it('stops intake while somebody has locked it', async () => {
    const { database } = bench.test;
    await database.transaction(async (sql) => {
      await sql.query('lock table audit_entries in access exclusive mode');
      await assert.rejects(bench.receive(csv()), { code: 'audit.unavailable' });
    });
    assert.deepEqual([await actions(), bytesLeft()], [[], []]);
  }).timeout(15_000);

  describe('that cannot be written for a while', () => {
    let nowMs: number;
    let lines: LogLine[];
    let work: () => Promise<void>;
    beforeEach(() => {
      nowMs = NOW.getTime();
      const captured = createCapturedLogger();
      ({ lines } = captured);
      work = bench.worker({ log: captured.log, clock: () => new Date(nowMs) });
    });
    const tryAgain = async (): Promise<void> => {
      nowMs += 60_000;
      await work();
    };
    const rename = (from: string, to: string): Promise<unknown> =>
      bench.test.database.query(`alter table ${from} rename to ${to}`);
    const errors = (): unknown[] => lines.filter(({ level }) => level === 'error').map(({ msg }) => msg);
    const failures = async (id: string): Promise<unknown> => {
      const { rows } = await bench.test.database.query('select failures from batches where id = $1', [id]);
      return rows[0]?.['failures'];
    };

    it('leaves a batch unsettled through any number of tries, says so once, and settles it afterwards', async () => {
      const id = await bench.receive(csv());
      await rename('audit_entries', 'audit_gone');
      for (let tries = 0; tries < 12; tries += 1) await tryAgain();
      assert.equal((await bench.view(id)).status, 'processing');
      assert.equal(await failures(id), 0);
      assert.deepEqual(errors(), ['Batches wait: the audit log cannot be written']);
      await rename('audit_gone', 'audit_entries');
      await work();
      assert.equal((await bench.view(id)).status, 'processing', 'not before its time');
      await tryAgain();
      const { status, counts } = await bench.view(id);
      assert.deepEqual([status, counts.received, counts.new], ['accepted', 3, 3]);
      assert.deepEqual(await actions(), ['batch.received', 'batch.settled']);
      assert.equal(errors().length, 1);
      const next = await bench.receive(csv(4));
      await rename('audit_entries', 'audit_gone');
      await tryAgain();
      assert.equal(errors().length, 2, 'a second outage is told again');
      await rename('audit_gone', 'audit_entries');
      await tryAgain();
      assert.equal((await bench.view(next)).status, 'accepted');
    });

    it('leaves a batch whose last try has failed as it is, until that can be written down', async () => {
      const id = await bench.receive(csv());
      await bench.test.database.query('update batches set failures = 1000');
      await rename('audit_entries', 'audit_gone');
      const open = (): Promise<never> => Promise.reject(new Error('the disk is gone'));
      const options = { originals: { ...bench.originals, open }, clock: () => new Date(nowMs) };
      await bench.work(options);
      assert.deepEqual([(await bench.view(id)).status, await failures(id)], ['processing', 1000]);
      await rename('audit_gone', 'audit_entries');
      nowMs += 60_000;
      await bench.work(options);
      assert.equal((await bench.view(id)).status, 'failed');
      assert.deepEqual(await actions(), ['batch.received', 'batch.failed']);
    });
  });
});
