// What an agency's people and programs do beside a plain upload: forms, dry runs, held batches, reports. Every
// answer is held against the OpenAPI document by the client.
import assert from 'node:assert/strict';
import type { BatchView } from '../../src/app/batch-view.js';
import type { ValidationReport } from '../../src/app/dry-run.js';
import { encodeGb18030 } from '../helpers/encode-gb18030.js';
import { file, form, FORM_TYPE } from '../helpers/form.js';
import { startTestGateway, type TestGateway } from '../helpers/gateway.js';
import { cleanPenalties, penaltiesCsv } from '../helpers/penalties.js';
import { until } from '../helpers/until.js';

const SOURCE = '/v1/sources/market-regulation-penalty';
const ID_NUMBER = '11010519491231002X';
const WRONG = { CF_JDRQ: '2025/13/45', CF_CFLB: '口头教育' };

describe('uploads and what is told of them', function () {
  this.timeout(60_000);
  let run: TestGateway;
  let key = '';
  before(async () => {
    run = await startTestGateway();
    key = run.keyOf('market-regulation');
  });
  after(() => run.close());

  const stored = async (): Promise<number> => {
    const { rows } = await run.test.database.query<{ n: number }>('select count(*) as n from batches');
    return rows[0]?.n ?? -1;
  };
  const send = <T = Record<string, unknown>>(what: string, body: string | Buffer, type = FORM_TYPE) =>
    run.api<T>(`${SOURCE}/${what}`, { method: 'POST', key, headers: { 'content-type': type }, body });
  const become = (id: string, isSo: (batch: BatchView) => boolean): Promise<BatchView> =>
    until(async () => {
      const { body } = await run.api<BatchView>(`/v1/batches/${id}`, { key });
      return isSo(body) && body;
    });
  const settled = async (body: string | Buffer, type = FORM_TYPE): Promise<BatchView> => {
    const answer = await send<{ id: string }>('batches', body, type);
    assert.equal(answer.status, 202, JSON.stringify(answer.body));
    return become(answer.body.id, ({ finishedAt }) => finishedAt !== null);
  };
  const held = async (first: number): Promise<BatchView> => {
    const rows = Array.from({ length: 300 }, (_, i) => ({ n: first + i, ...(i % 3 === 0 ? {} : WRONG) }));
    const { body } = await send<{ id: string }>('batches', penaltiesCsv(rows), 'text/csv');
    return become(body.id, ({ status }) => status === 'held');
  };
  const decide = (id: string, what: string, reason?: string) =>
    run.api<BatchView & { code?: string }>(`/v1/batches/${id}/${what}`, {
      method: 'POST',
      key,
      json: reason === undefined ? {} : { reason },
    });

  it('take the same file raw, as a form, and as a form in another encoding, for the same rows', async () => {
    const csv = cleanPenalties(30);
    assert.equal((await settled(csv, 'text/csv')).counts.new, 30);
    const asForm = await settled(form(file(csv)));
    assert.deepEqual(
      [asForm.counts.unchanged, asForm.warnings.map(({ code }) => code)],
      [30, ['batch.same-bytes']],
    );
    const encoded = await settled(form(file(encodeGb18030(csv), { type: 'text/csv; charset=gbk' })));
    assert.deepEqual([encoded.counts.unchanged, encoded.warnings], [30, []]);
    const unclaimed = await settled(form(file(csv, { type: 'application/vnd.ms-excel', name: '表.csv' })));
    assert.equal(unclaimed.counts.unchanged, 30);
  });

  it('store nothing of a form that is refused at its very end', async () => {
    const before = await stored();
    for (const body of [form(file(cleanPenalties(2000)), file('x')), file(cleanPenalties(2000))])
      assert.equal((await send('batches', body)).status, 400);
    assert.equal(await stored(), before);
  });

  it('say in a dry run what the batch will say, and store nothing', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => ({ n: 5000 + i, ...(i % 4 === 0 ? WRONG : {}) }));
    const csv = penaltiesCsv(rows);
    const before = await stored();
    const { status, body: report } = await send<ValidationReport>('validations', form(file(csv)));
    assert.equal(status, 200);
    assert.deepEqual([report.received, report.rejected, report.format], [20, 5, 'csv']);
    assert.equal(await stored(), before);
    const batch = await settled(csv, 'text/csv');
    assert.deepEqual([batch.counts.new, batch.counts.rejected], [15, 5]);
    const { body: page } = await run.api<{ problems: { row: number; code: string }[]; total: number }>(
      `/v1/batches/${batch.id}/problems`,
      { key },
    );
    const told = (problems: readonly { row: number; code: string }[]): string[] =>
      problems.map(({ row, code }) => `${row} ${code}`).sort();
    // Whether a record is new, and so can be late, only the look at the stored ones shows.
    const judged = page.problems.filter(({ code }) => code !== 'record.late');
    assert.deepEqual(told(report.problems), told(judged));
    const csvOf = await run.api<string>(`/v1/batches/${batch.id}/problems`, {
      key,
      headers: { accept: 'text/csv' },
    });
    assert.equal(csvOf.body.trimEnd().split('\r\n').length, page.total + 1);
  });

  it('that are held show their preview, have no reports yet, and wait for a decision', async () => {
    const batch = await held(10_000);
    assert.equal(batch.hold?.reason, 'rejected-share');
    assert.deepEqual([batch.counts.received, batch.preview?.counts.rejected], [0, 200]);
    const report = await run.api(`/v1/batches/${batch.id}/correction.xlsx`, { key });
    assert.deepEqual([report.status, report.body['code']], [409, 'batch.not-settled']);
    assert.equal((await decide(batch.id, 'release')).status, 200);
    const done = await become(batch.id, ({ finishedAt }) => finishedAt !== null);
    assert.deepEqual(
      [done.counts.new, done.counts.rejected, done.hold?.reason],
      [100, 200, 'rejected-share'],
    );
    assert.equal((await decide(batch.id, 'release')).body.code, 'batch.not-held');
  });

  it('that are dropped say why, without the personal number that stood there', async () => {
    const batch = await held(20_000);
    const { status, body } = await decide(batch.id, 'drop', `误报 ${ID_NUMBER}`);
    assert.deepEqual([status, body.status, body.counts.received], [200, 'rejected', 0]);
    assert.match(JSON.stringify(body.warnings), /batch\.dropped.*误报 110/);
    const again = await run.api(`/v1/batches/${batch.id}`, { key });
    assert.doesNotMatch(JSON.stringify([body, again.body]), new RegExp(ID_NUMBER));
  });

  it('are pulled at once only where a source has a way in that can be', async () => {
    const { body } = await run.api<{ sources: { id: string; waysIn: string[] }[] }>('/v1/sources', {
      key: run.operatorKey,
    });
    const uploaded = body.sources.find(({ waysIn }) => waysIn.length === 1);
    assert.ok(uploaded);
    const answer = await run.api(`/v1/sources/${uploaded.id}/run`, { method: 'POST', key: run.operatorKey });
    assert.deepEqual([answer.status, answer.body['code']], [409, 'source.not-pulled']);
  });
});
