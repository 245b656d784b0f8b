// The exchange through its front door: agencies upload and read, the city reads the feed and issues
// notices. Every answer is held against the OpenAPI document by the client.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../src/platform/project-root.js';
import { startTestGateway, type TestGateway } from '../helpers/gateway.js';
import { cleanPenalties, penaltiesCsv } from '../helpers/penalties.js';
import { until } from '../helpers/until.js';

const SOURCE = 'market-regulation-penalty';
const UPLOADS = path.join(projectRoot, 'test/fixtures/uploads');
const fixture = (name: string): Buffer => readFileSync(path.join(UPLOADS, name));

interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly detailZh: string;
}
interface Event {
  readonly id: string;
  readonly subject: string;
  readonly method: string;
  readonly data?: Record<string, unknown>;
}

describe('the exchange', () => {
  let run: TestGateway;
  before(async () => {
    run = await startTestGateway();
  });
  after(() => run.close());

  const post = (
    body: string | Buffer,
    options: { key?: string; source?: string; headers?: Record<string, string> } = {},
  ) =>
    run.api<Problem & { id: string }>(`/v1/sources/${options.source ?? SOURCE}/batches`, {
      method: 'POST',
      key: options.key ?? run.keyOf('market-regulation'),
      headers: { 'content-type': 'text/csv', ...options.headers },
      body,
    });

  it('takes the realistic export, gives the documented counts, and gives them to the city', async () => {
    const expected = JSON.parse(fixture('penalties-2000.expected.json').toString()) as Record<string, number>;
    const batch = await run.upload(SOURCE, fixture('penalties-2000-gb18030.csv'));
    assert.deepEqual(batch.counts, expected);
    assert.deepEqual(batch.city, { pending: 0, delivered: expected['new'], rejected: 0 });
    const again = await run.upload(SOURCE, fixture('penalties-2000-gb18030.csv'));
    assert.deepEqual(again.counts, { ...expected, new: 0, duplicate: 0, unchanged: 1960 });
    assert.deepEqual(
      again.warnings.map(({ code }) => code),
      ['batch.same-bytes'],
    );
    const utf8 = await run.upload(SOURCE, fixture('penalties-2000-utf8.csv'));
    assert.deepEqual(utf8.counts, again.counts);
    assert.deepEqual(utf8.warnings, []);
  });

  const accepted: readonly [
    file: string,
    headers: Record<string, string>,
    verdicts: Record<string, number>,
    codes: readonly string[],
  ][] = [
    ['wrong-check-character.csv', {}, { rejected: 1 }, ['code.unified-social-credit']],
    ['kind-of-subject-not-official.csv', {}, { rejected: 1 }, ['value.not-in-list']],
    ['decision-date-in-future.csv', {}, { rejected: 1 }, ['date.in-future']],
    ['expiry-before-decision.csv', {}, { rejected: 1 }, ['date.before']],
    ['day-month-ambiguous.csv', {}, { rejected: 1 }, ['date.ambiguous']],
    ['any-of-group-empty.csv', {}, { rejected: 1 }, ['value.group-required']],
    ['placeholder-without-registration-number.csv', {}, { rejected: 1 }, ['code.placeholder-not-allowed']],
    ['citizen-id-birth-date.csv', {}, { rejected: 1 }, ['person.id-birth-date']],
    ['broken-quotes.csv', {}, { rejected: 1 }, ['row.quotes']],
    ['ragged-rows.csv', {}, { rejected: 1 }, ['row.extra-cells']],
    ['title-rows-above.csv', {}, { rejected: 0 }, []],
    ['semicolon-separated.csv', {}, { rejected: 0 }, []],
    ['tab-separated.csv', {}, { rejected: 0 }, []],
    ['utf8-bom.csv', {}, { rejected: 0 }, []],
    ['full-width-headings.csv', {}, { rejected: 0 }, []],
    ['crlf-inside-quotes.csv', {}, { rejected: 0 }, []],
    ['gb18030-declared-utf8.csv', { 'content-type': 'text/csv; charset=utf-8' }, { rejected: 0 }, []],
    ['conflicting-rows.csv', {}, { rejected: 0 }, ['row.conflicts-in-batch']],
  ];
  for (const [file, headers, verdicts, codes] of accepted)
    it(`takes ${file} and says what is wrong with its rows`, async () => {
      const { status, body } = await post(fixture(file), { headers });
      assert.equal(status, 202);
      const key = run.keyOf('market-regulation');
      const batch = await until(async () => {
        const view = await run.api<{
          finishedAt: string | null;
          counts: Record<string, number>;
          timeliness: { measured: number; late: number };
          warnings: Problem[];
        }>(`/v1/batches/${body.id}`, { key });
        return view.body.finishedAt !== null && view.body;
      });
      for (const [verdict, count] of Object.entries(verdicts))
        assert.equal(batch.counts[verdict], count, verdict);
      const { body: page } = await run.api<{ problems: Problem[] }>(`/v1/batches/${body.id}/problems`, {
        key,
      });
      // The samples were decided long before they are delivered: what is new of them is late as well.
      const isLate = ({ code }: Problem): boolean => code === 'record.late';
      assert.deepEqual(
        page.problems.filter((problem) => !isLate(problem)).map(({ code }) => code),
        codes,
      );
      assert.equal(page.problems.filter(isLate).length, batch.timeliness.late);
      if (file.startsWith('gb18030'))
        assert.ok(batch.warnings.some(({ code }) => code === 'batch.charset-overridden'));
    });

  const refused: readonly [
    what: string,
    body: string | Buffer,
    headers: Record<string, string>,
    status: number,
    code: string,
  ][] = [
    ['an empty file', '', {}, 422, 'file.empty'],
    ['headings without rows', fixture('headings-only.csv'), {}, 422, 'file.empty'],
    ['missing columns', fixture('missing-columns.csv'), {}, 422, 'file.columns-missing'],
    ['a repeated heading', fixture('repeated-heading.csv'), {}, 422, 'file.headings-repeated'],
    ['damaged UTF-8', fixture('damaged-utf8.csv'), {}, 422, 'file.not-decodable'],
    ['another type', 'x', { 'content-type': 'text/html' }, 415, 'upload.type-not-supported'],
    ['JSON without a row', '{}', { 'content-type': 'application/json' }, 422, 'file.headings-not-found'],
    [
      'an unknown charset',
      'x',
      { 'content-type': 'text/csv; charset=klingon' },
      415,
      'upload.type-not-supported',
    ],
    ['a compressed body', 'x', { 'content-encoding': 'gzip' }, 415, 'upload.type-not-supported'],
    ['a PDF', '%PDF-1.7', { 'content-type': 'application/octet-stream' }, 415, 'upload.type-not-supported'],
    ['half a workbook', Buffer.from([0x50, 0x4b, 3, 4, 1, 1]), {}, 422, 'file.truncated'],
    [
      'a wrong digest',
      cleanPenalties(1),
      { 'content-digest': `sha-256=:${createHash('sha256').update('other').digest('base64')}:` },
      400,
      'request.digest-mismatch',
    ],
    ['a malformed digest', cleanPenalties(1), { 'content-digest': 'sha-256' }, 400, 'request.malformed'],
    ['a huge key', cleanPenalties(1), { 'idempotency-key': 'k'.repeat(300) }, 400, 'request.malformed'],
  ];
  for (const [what, body, headers, status, code] of refused)
    it(`refuses ${what} and stores nothing`, async () => {
      const count = async (): Promise<number | undefined> =>
        (await run.test.database.query<{ n: number }>('select count(*) as n from batches')).rows[0]?.n;
      const before = await count();
      const answer = await post(body, { headers });
      assert.equal(answer.status, status);
      assert.equal(answer.body.code, code);
      assert.match(answer.body.detailZh, /[\u4e00-\u9fff]/);
      assert.equal(await count(), before);
    });

  it('names the missing columns', async () => {
    const { body } = await post(fixture('missing-columns.csv'));
    assert.match(body.detail, /CF_WSH/);
    assert.match(body.detail, /CF_JDRQ/);
    assert.deepEqual((body as unknown as { columns: string[] }).columns.sort(), ['CF_JDRQ', 'CF_WSH']);
  });

  it('verifies a right digest', async () => {
    const csv = penaltiesCsv([{ n: 77_001 }]);
    const digest = createHash('sha512').update(csv).digest('base64');
    assert.equal((await post(csv, { headers: { 'content-digest': `sha-512=:${digest}:` } })).status, 202);
  });

  it('knows no source of another agency, and lets nobody in without a key or with another role', async () => {
    const other = await post('x', { key: run.keyOf('health') });
    assert.deepEqual([other.status, other.body.code], [404, 'source.unknown']);
    const unknown = await post('x', { source: 'no-such-source' });
    assert.deepEqual([unknown.status, unknown.body.code], [404, 'source.unknown']);
    const nobody = await post('x', { key: 'cxg_agency_wrong' });
    assert.deepEqual([nobody.status, nobody.body.code], [401, 'auth.key-required']);
    const city = await post('x', { key: run.cityKey });
    assert.deepEqual([city.status, city.body.code], [403, 'auth.not-permitted']);
  });

  it('shows a batch to its agency and the operator, and to no other agency', async () => {
    const { id } = await run.upload(SOURCE, penaltiesCsv([{ n: 77_002 }]));
    assert.equal((await run.api(`/v1/batches/${id}`, { key: run.operatorKey })).status, 200);
    for (const at of [
      `/v1/batches/${id}`,
      `/v1/batches/${id}/problems`,
      '/v1/batches/x',
      '/v1/batches/..%2f..%2fetc',
    ])
      assert.equal((await run.api(at, { key: run.keyOf('health') })).status, 404, at);
  });

  it('answers an Idempotency-Key again: the same bytes alike, other bytes with 422', async () => {
    const csv = penaltiesCsv([{ n: 77_003 }]);
    const headers = { 'idempotency-key': 'delivery-1' };
    const first = await post(csv, { headers });
    const second = await post(csv, { headers });
    assert.deepEqual([second.status, second.body], [202, first.body]);
    const third = await post(penaltiesCsv([{ n: 77_004 }]), { headers });
    assert.deepEqual([third.status, third.body.code], [422, 'idempotency.key-reused']);
  });

  it('serves the feed from the start, page after page, without hole or repeat, and waits for more', async () => {
    const key = run.cityKey;
    const ids: string[] = [];
    for (;;) {
      const after = ids.length === 0 ? '' : `&lastEventId=${ids.at(-1)}`;
      const { body } = await run.api<Event[]>(`/v1/feeds/records?limit=700${after}`, { key });
      if (body.length === 0) break;
      ids.push(...body.map(({ id }) => id));
    }
    assert.deepEqual(
      ids,
      Array.from({ length: ids.length }, (_, i) => String(i + 1)),
    );
    const waiting = run.api<Event[]>(`/v1/feeds/records?lastEventId=${ids.at(-1)}&timeout=10000`, { key });
    await run.upload(SOURCE, penaltiesCsv([{ n: 77_005 }]));
    const { body } = await waiting;
    assert.equal(body.length, 1);
    assert.equal(body[0]?.method, 'PUT');
    const unknown = await run.api<Problem>('/v1/feeds/records?lastEventId=999999999', { key });
    assert.deepEqual([unknown.status, unknown.body.code], [400, 'feed.unknown-position']);
    assert.equal((await run.api('/v1/feeds/records?limit=0', { key })).status, 400);
  });

  it('ends a withdrawn record in the feed: a DELETE event, and its earlier events without data', async () => {
    await run.upload(SOURCE, penaltiesCsv([{ n: 77_006 }]));
    const withdrawn = await run.upload(SOURCE, penaltiesCsv([{ n: 77_006, 操作: '撤销' }], ['操作']));
    assert.equal(withdrawn.counts.withdrawn, 1);
    const { rows } = await run.test.database.query<{ last: number }>(
      'select last_position as last from change_log',
    );
    const from = String((rows[0]?.last ?? 0) - 2);
    const { body } = await run.api<Event[]>(`/v1/feeds/records?lastEventId=${from}`, { key: run.cityKey });
    assert.deepEqual(
      body.map(({ method, data }) => ({ method, hasData: data !== undefined })),
      [
        { method: 'PUT', hasData: false },
        { method: 'DELETE', hasData: false },
      ],
    );
    assert.equal(body[0]?.subject, body[1]?.subject);
  });

  it('hands out a template of which all is right but that its example is nobody', async () => {
    for (const type of ['administrative-penalty', 'administrative-licence']) {
      const template = await run.api<string>(`/v1/templates/${type}.csv`, {
        key: run.keyOf('market-regulation'),
      });
      assert.equal(template.status, 200);
      const batch = await run.upload(type.replace('administrative', 'market-regulation'), template.body);
      assert.deepEqual([batch.counts.received, batch.counts.rejected, batch.warnings], [1, 1, []], type);
      const { body } = await run.api<{ problems: { code: string }[] }>(`/v1/batches/${batch.id}/problems`, {
        key: run.keyOf('market-regulation'),
      });
      assert.deepEqual(
        body.problems.map(({ code }) => code),
        ['row.example'],
      );
    }
  });

  it('carries a notice to the agencies and their answers back, each step a row', async () => {
    const { gateway } = run;
    const { body } = await run.api<Event[]>('/v1/feeds/records?limit=50', { key: run.cityKey });
    const known = body.find(({ data }) => data?.['counterpartKind'] === '法人及非法人组织')?.data;
    const noticeId = await gateway.sandbox?.issueNotice({
      name: String(known?.['counterpartName']),
      creditCode: String(known?.['creditCode']),
    });
    assert.ok(noticeId);
    await until(() => gateway.sandbox?.isAnswered(noticeId), { timeoutMs: 20_000, what: 'the feedback' });
    const { rows } = await run.test.database.query<{ step: string }>(
      'select distinct step from notice_steps where notice_id = $1',
      [noticeId],
    );
    const steps = rows.map(({ step }) => step);
    for (const step of [
      'received',
      'matched',
      'routed',
      'delivered',
      'acknowledged',
      'fed-back',
      'feedback-sent',
    ])
      assert.ok(steps.includes(step), step);
    const notices = await run.api<{ notices: unknown[] }>('/v1/notices', {
      key: run.keyOf('housing-construction'),
    });
    assert.equal(notices.status, 200);
  });

  it('refuses a notice without a permitted measure, with every reason', async () => {
    const body = JSON.stringify({ noticeId: 'n-1', measure: 'public-shaming' });
    const call = { method: 'POST', headers: { 'content-type': 'application/json' }, body } as const;
    const answer = await run.api<Problem>('/v1/notices', { ...call, key: run.cityKey });
    assert.deepEqual([answer.status, answer.body.code], [422, 'notice.invalid']);
    assert.equal((await run.api('/v1/notices', { ...call, body: '{', key: run.cityKey })).status, 400);
    assert.equal((await run.api('/v1/notices', { ...call, key: run.keyOf('health') })).status, 403);
    assert.equal(
      (await run.api('/v1/notices/none/acknowledgement', { ...call, body: '{}', key: run.keyOf('health') }))
        .status,
      404,
    );
  });

  it('answers machines and people: livez, readyz, openapi.json, docs', async () => {
    for (const at of ['/livez', '/readyz', '/openapi.json', '/docs'])
      assert.equal((await run.api(at)).status, 200, at);
    assert.equal((await run.api('/v1/nothing', { key: run.operatorKey })).status, 404);
    assert.equal((await fetch(`${run.gateway.url}/docs/swagger-ui-bundle.js`)).status, 200);
  });
});
