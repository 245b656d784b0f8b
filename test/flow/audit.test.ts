// The audit log through HTTP and the command line: who did what, the receipt that an agency can keep, and the
// walk over the whole log.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { decodeVerdicts } from '../../src/core/verdict-runs.js';
import { AUDIT_ACTIONS } from '../../src/core/audit-entry.js';
import { appendAudits, readAudit } from '../../src/db/audit.js';
import { projectRoot } from '../../src/platform/project-root.js';
import { startTestGateway, type TestGateway } from '../helpers/gateway.js';
import { penaltiesCsv } from '../helpers/penalties.js';

const SOURCE = 'market-regulation-penalty';
const AGENCY = 'market-regulation';

describe('the audit log of a gateway', function () {
  this.timeout(300_000);
  let run: TestGateway;
  before(async () => {
    run = await startTestGateway();
  });
  after(() => run.close());

  const actsOn = async (object: string): Promise<[string, string][]> => {
    const found: [string, string][] = [];
    for await (const entry of readAudit(run.test.database))
      if (entry.object === object) found.push([entry.action, entry.actor.replace(/:.+/, '')]);
    return found;
  };
  const verify = (...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> =>
    new Promise((resolve, reject) => {
      const program = path.join(projectRoot, 'dist/src/main.js');
      const child = spawn(process.execPath, [program, 'audit', 'verify', ...args], {
        env: { PATH: process.env['PATH'], DATABASE_URL: run.test.url, LOG_LEVEL: 'silent' },
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
      child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
  const receiptOf = async (id: string): Promise<{ text: string; payload: Record<string, unknown> }> => {
    const key = run.keyOf(AGENCY);
    const { status, body } = await run.api<string>(`/v1/batches/${id}/receipt`, { key });
    assert.equal(status, 200);
    const keys = await run.api<JSONWebKeySet>('/.well-known/jwks.json');
    const { payload } = await compactVerify(body, createLocalJWKSet(keys.body));
    return { text: body, payload: JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown> };
  };

  it('accounts for every row in a receipt that says the same each time, and whose checkpoint verifies', async () => {
    const rows = [{ n: 1 }, { n: 2 }, { n: 3, CF_JDRQ: '' }, { n: 4 }];
    const batch = await run.upload(SOURCE, penaltiesCsv(rows));
    const { text, payload } = await receiptOf(batch.id);
    assert.equal((await receiptOf(batch.id)).text, text);
    const { verdicts, checkpoint, ...account } = payload;
    const { id, source, agency, sha256, bytes, receivedAt, finishedAt, status, counts } = batch;
    assert.deepEqual(account, {
      batch: id,
      source,
      agency,
      sha256,
      bytes,
      receivedAt,
      finishedAt,
      status,
      counts,
    });
    assert.deepEqual(
      [...decodeVerdicts(verdicts as string)],
      [
        { from: 2, to: 3, verdict: 'new' },
        { from: 4, to: 4, verdict: 'rejected' },
        { from: 5, to: 5, verdict: 'new' },
      ],
    );
    const { number, hash } = checkpoint as { number: number; hash: string };
    const held = await verify('--checkpoint', `${number}:${hash}`, '--json');
    assert.equal(held.code, 0, held.stderr);
    const report = JSON.parse(held.stdout) as { entries: number; firstBroken: unknown };
    assert.ok(report.entries >= number && report.firstBroken === null);
    assert.deepEqual(await actsOn(id), [
      ['batch.received', 'agency'],
      ['batch.settled', 'gateway'],
    ]);
  });

  it('names who read whole rows and who decided about a held batch, and why', async () => {
    const rows = Array.from({ length: 220 }, (_, n) =>
      n < 150 ? { n: n + 500, CF_JDRQ: '' } : { n: n + 500 },
    );
    const { id, status } = await run.upload(SOURCE, penaltiesCsv(rows));
    assert.equal(status, 'held');
    const early = await run.api(`/v1/batches/${id}/receipt`, { key: run.operatorKey });
    assert.deepEqual([early.status, early.body['code']], [409, 'batch.not-settled']);
    const drop = { method: 'POST', key: run.operatorKey, json: { reason: '重复报送' } };
    assert.equal((await run.api(`/v1/batches/${id}/drop`, drop)).status, 200);
    await run.api(`/v1/batches/${id}/correction.xlsx`, { key: run.keyOf(AGENCY) });
    assert.deepEqual((await actsOn(id)).slice(2), [
      ['batch.dropped', 'operator'],
      ['correction.read', 'agency'],
    ]);
    assert.equal((await receiptOf(id)).payload['status'], 'rejected');
  });

  it('names who read problems of a type that may be about persons, and of no other', async () => {
    const key = run.keyOf(AGENCY);
    const { id } = await run.upload(SOURCE, penaltiesCsv([{ n: 700, CF_JDRQ: '' }, { n: 701 }]));
    const page = (after = ''): Promise<{ body: { next: string | null; problems: unknown[] } }> =>
      run.api(`/v1/batches/${id}/problems?limit=1${after}`, { key });
    const { body } = await page();
    assert.equal(body.problems.length, 1);
    await run.api(`/v1/batches/${id}/problems?after=900000.1`, { key });
    await run.api(`/v1/batches/${id}/problems.csv`, { key: run.operatorKey });
    assert.deepEqual((await actsOn(id)).slice(2), [
      ['problems.read', 'agency'],
      ['problems.read', 'operator'],
    ]);

    const measures = readFileSync(
      path.join(projectRoot, 'test/fixtures/uploads/association-measure.csv'),
      'utf8',
    );
    const [headings = '', first = ''] = measures.split('\r\n');
    const faulty = [headings, first.replace(/^[^,]*/, '')].join('\r\n');
    const other = await run.upload('associations-association-measure', faulty, 'associations');
    assert.equal(other.counts.rejected, 1);
    await run.api(`/v1/batches/${other.id}/problems`, { key: run.keyOf('associations') });
    assert.equal((await actsOn(other.id)).length, 2);
  });

  it('lets nobody read problems of persons that it cannot write down', async () => {
    const { id } = await run.upload(SOURCE, penaltiesCsv([{ n: 710, CF_JDRQ: '' }]));
    await run.test.database.query('alter table audit_entries rename to audit_gone');
    for (const at of ['problems', 'problems.csv']) {
      const { status, body } = await run.api<{ code: string }>(`/v1/batches/${id}/${at}`, {
        key: run.keyOf(AGENCY),
      });
      assert.deepEqual([status, body.code], [503, 'audit.unavailable'], at);
    }
    await run.test.database.query('alter table audit_gone rename to audit_entries');
  });

  it('names pulls that an operator orders', async () => {
    const ordered = { method: 'POST', key: run.operatorKey, json: { full: true } };
    assert.equal((await run.api(`/v1/sources/${SOURCE}/run`, ordered)).status, 202);
    assert.deepEqual(await actsOn(SOURCE), [['pull.ordered', 'operator']]);
  });

  it('stops uploads with 503 and Retry-After where it cannot be written', async () => {
    await run.test.database.query('alter table audit_entries rename to audit_gone');
    const answer = await fetch(`${run.gateway.url}/v1/sources/${SOURCE}/batches`, {
      method: 'POST',
      headers: { authorization: `Bearer ${run.keyOf(AGENCY)}`, 'content-type': 'text/csv' },
      body: penaltiesCsv([{ n: 900 }]),
    });
    const { code } = (await answer.json()) as { code: string };
    assert.deepEqual(
      [answer.status, code, answer.headers.get('retry-after')],
      [503, 'audit.unavailable', '10'],
    );
    await run.test.database.query('alter table audit_gone rename to audit_entries');
  });

  it('is verified by command with acts of every kind: those of this flow, and one of each other', async () => {
    const seen = new Set<string>();
    for await (const { action } of readAudit(run.test.database)) seen.add(action);
    assert.ok(seen.size >= 8, [...seen].join());
    const others = AUDIT_ACTIONS.filter((action) => !seen.has(action));
    const at = new Date();
    const details = {
      reason: '核对“依据”\u2028',
      count: 0,
      records: ['a', 'b'],
      of: { new: 1, isFull: true },
    };
    await Promise.all(
      others.map((action) =>
        run.test.database.transaction((sql) =>
          appendAudits(sql, [{ at, actor: 'gateway', action, object: action, details }]),
        ),
      ),
    );
    const held = await verify('--json');
    assert.equal(held.code, 0, held.stderr);
    const { entries, firstBroken } = JSON.parse(held.stdout) as { entries: number; firstBroken: unknown };
    assert.equal(firstBroken, null);
    assert.ok(entries >= AUDIT_ACTIONS.length);
  }).timeout(60_000);

  it('is verified by command: exit 1 and the first broken entry where somebody changed it', async () => {
    const last = await verify();
    assert.equal(last.code, 0, last.stderr);
    assert.match(last.stdout, /checkpoint · 检查点: \d+:[0-9a-f]{64}/);
    const { database } = run.test;
    await database.query('alter table audit_entries disable trigger audit_entries_append_only');
    await database.query(`update audit_entries set actor = 'nobody' where number = 2`);
    const broken = await verify('--json');
    assert.equal(broken.code, 1);
    const { entries, firstBroken } = JSON.parse(broken.stdout) as {
      entries: number;
      firstBroken: { number: number; kind: string };
    };
    assert.deepEqual([entries, firstBroken.number, firstBroken.kind], [1, 2, 'changed']);
  }).timeout(60_000);

  it('is verified by command: a checkpoint that is none is refused, and help says what it is', async () => {
    const wrong = await verify('--checkpoint', 'x');
    assert.ok(wrong.code !== 0 && wrong.stderr.includes('NUMBER:HASH'));
    assert.match((await verify('--help')).stdout, /--checkpoint <number:hash>/);
  }).timeout(60_000);
});
