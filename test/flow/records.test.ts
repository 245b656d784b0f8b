// Finding a record and its whole story through the front door, with a city that answers and notices that come.
import assert from 'node:assert/strict';
import { startTestGateway, type TestGateway } from '../helpers/gateway.js';
import { penaltiesCsv } from '../helpers/penalties.js';
import { until } from '../helpers/until.js';

const SOURCE = 'market-regulation-penalty';
const PERSON = '110101199003070011';

interface Found {
  readonly records: readonly { readonly id: string; readonly documentNumber: string }[];
  readonly next: string | null;
}
interface Version {
  readonly version: number;
  readonly state: string;
  readonly origin: string;
  readonly verdict: string | null;
  readonly position: number;
  readonly batch: { readonly id: string; readonly row: number; readonly mapping: string } | null;
  readonly data: Readonly<Record<string, string>> | null;
  readonly problems: readonly { readonly code: string }[];
  readonly messages: readonly {
    readonly state: string;
    readonly receiptId: string | null;
    attempts: number;
  }[];
}
interface Story {
  readonly version: number;
  readonly state: string;
  readonly code: string | null;
  readonly versions: readonly Version[];
  readonly total: number;
  readonly next: number | null;
  readonly notices: { readonly total: number; readonly shown: readonly { readonly id: string }[] };
}

describe('the story of a record', () => {
  let run: TestGateway;
  let first: string;
  let second: string;
  before(async () => {
    run = await startTestGateway();
    const clean = { CF_JDRQ: '2026/06/29' };
    const person = {
      ...clean,
      n: 5,
      CF_XDR_MC: '张三',
      CF_XDR_LB: '自然人',
      CF_XDR_SHXYM: '',
      CF_FRDB: '',
      CF_XDR_ZJLX: '身份证',
      CF_XDR_ZJHM: PERSON,
    };
    const upload = async (csv: string): Promise<string> => (await run.upload(SOURCE, csv)).id;
    first = await upload(penaltiesCsv([{ ...clean, n: 0 }, { ...clean, n: 1 }, person]));
    second = await upload(penaltiesCsv([{ ...clean, n: 1, CF_NR: '罚款叁佰元整' }]));
    await upload(penaltiesCsv([{ ...clean, n: 1, 操作: '撤销' }], ['操作']));
  });
  after(() => run.close());

  const find = async (criteria: object, key = run.operatorKey): Promise<Found> =>
    (await run.api<Found>('/v1/records/search', { method: 'POST', json: criteria, key })).body;
  const idOf = async (documentNumber: string): Promise<string> =>
    (await find({ documentNumber })).records[0]?.id ?? '';
  const tell = async (id: string, query = '', key = run.operatorKey): Promise<Story> =>
    (await run.api<Story>(`/v1/records/${id}${query}`, { key })).body;

  it('tells each version: where from, what verdict, which message, which receipt', async () => {
    const id = await idOf('津滨市监罚〔2025〕1号');
    const story = await tell(id);
    assert.deepEqual(
      story.versions.map(({ version, verdict, state, origin }) => [version, verdict, state, origin]),
      [
        [1, 'new', 'in-force', 'delivery'],
        [2, 'amended', 'in-force', 'delivery'],
        [3, 'withdrawn', 'withdrawn', 'delivery'],
      ],
    );
    assert.deepEqual([story.state, story.version, story.total, story.next], ['withdrawn', 3, 3, null]);
    assert.deepEqual(
      story.versions.slice(0, 2).map(({ batch }) => [batch?.id, batch?.row, batch?.mapping]),
      [
        [first, 3, 'administrative-penalty-2020'],
        [second, 2, 'administrative-penalty-2020'],
      ],
    );
    const said = story.versions.map(({ data }) => data?.['penaltyContent']);
    assert.ok(said[0] !== said[1] && said[2] === undefined);
    for (const { messages } of story.versions) {
      assert.deepEqual(
        messages.map(({ state, attempts }) => [state, attempts]),
        [['answered', 1]],
      );
      assert.ok(messages[0]?.receiptId);
    }
    assert.ok(story.versions[0]?.problems.some(({ code }) => code === 'record.late'));
  });

  it('comes in pages with the true total', async () => {
    const id = await idOf('津滨市监罚〔2025〕1号');
    const page = await tell(id, '?limit=2');
    assert.deepEqual([page.versions.map(({ version }) => version), page.next, page.total], [[1, 2], 2, 3]);
    const rest = await tell(id, `?after=${page.next}`);
    assert.deepEqual([rest.versions.map(({ version }) => version), rest.next, rest.total], [[3], null, 3]);
  });

  it('shows no personal number of a person, and finds the person all the same', async () => {
    const { records } = await find({ idNumber: PERSON });
    assert.equal(records.length, 1);
    const { body } = await run.api(`/v1/records/${records[0]?.id}`, { key: run.operatorKey });
    assert.ok(!JSON.stringify([records, body]).includes(PERSON));
    assert.equal((body as unknown as Story).code, null);
  });

  it('is there for its agency, and unknown to any other', async () => {
    const id = await idOf('津滨市监罚〔2025〕0号');
    assert.equal((await tell(id, '', run.keyOf('market-regulation'))).total, 1);
    const { status, body } = await run.api(`/v1/records/${id}`, { key: run.keyOf('ecology-environment') });
    assert.deepEqual([status, body['code']], [404, 'record.unknown']);
    assert.deepEqual((await find({ batch: first }, run.keyOf('ecology-environment'))).records, []);
    const unknown = await run.api('/v1/records/00000000-0000-8000-8000-000000000000', {
      key: run.operatorKey,
    });
    assert.equal(unknown.status, 404);
  });

  it('names the notices about its subject: to an agency those that came to it', async () => {
    const id = await idOf('津滨市监罚〔2025〕0号');
    const { code, versions } = await tell(id);
    const notice = {
      noticeId: 'TJ-2026-0001',
      subject: { name: versions[0]?.data?.['counterpartName'], kind: '法人及非法人组织', creditCode: code },
      measure: 'restrict-tendering',
      legalBasis: '《中华人民共和国政府采购法》第七十七条',
      decision: { documentNumber: '津财罚〔2026〕9号', authority: '天津市财政局', date: '2026-06-01' },
      period: { from: '2026-06-10', to: '2028-06-09' },
      text: '在一定期限内禁止参加政府采购活动。',
    };
    const { status } = await run.api('/v1/notices', { method: 'POST', json: notice, key: run.cityKey });
    assert.equal(status, 201);
    const all = await until(
      async () => {
        const { notices } = await tell(id);
        return notices.total > 0 && notices;
      },
      { what: 'the notice in the story' },
    );
    assert.deepEqual([all.total, all.shown.map((each) => each.id)], [1, ['TJ-2026-0001']]);
    const { body } = await run.api<{ notices: readonly object[] }>('/v1/notices', {
      key: run.keyOf('market-regulation'),
    });
    const own = await tell(id, '', run.keyOf('market-regulation'));
    assert.equal(own.notices.total, body.notices.length);
  });

  it('is an entry of the audit log, and so is each search that shows something', async () => {
    const id = await idOf('津滨市监罚〔2025〕0号');
    await tell(id, '', run.keyOf('market-regulation'));
    const { rows } = await run.test.database.query<{ actor: string; details: string }>(
      `select actor, details from audit_entries where action = 'record.read' and object = $1 order by number desc limit 1`,
      [id],
    );
    assert.match(rows[0]?.actor ?? '', /^agency:/);
    assert.deepEqual(JSON.parse(rows[0]?.details ?? '{}'), { after: 0, versions: 1 });
    const searched = await run.test.database.query(
      `select details from audit_entries where action = 'records.searched' and details like $1`,
      [`%${id}%`],
    );
    assert.ok(searched.rows.length > 0);
  });

  it('is not told where the reading cannot be written down', async () => {
    const id = await idOf('津滨市监罚〔2025〕0号');
    await run.test.database.query('alter function append_audit rename to append_nothing');
    try {
      const { status, body } = await run.api(`/v1/records/${id}`, { key: run.operatorKey });
      assert.deepEqual([status, body['code']], [503, 'audit.unavailable']);
      const search = await run.api('/v1/records?type=administrative-penalty', { key: run.operatorKey });
      assert.equal(search.status, 503);
    } finally {
      await run.test.database.query('alter function append_nothing rename to append_audit');
    }
  });
});
