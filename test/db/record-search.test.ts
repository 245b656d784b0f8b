import assert from 'node:assert/strict';
import { findRecords, type RecordView } from '../../src/app/record-search.js';
import type { AuditAct } from '../../src/core/audit-entry.js';
import type { RecordCriteria } from '../../src/core/record-criteria.js';
import type { Caller } from '../../src/http/deps.js';
import { NOW, openIntakeBench, type IntakeBench } from '../helpers/intake.js';
import { penaltiesCsv, type Cells } from '../helpers/penalties.js';

const PERSON = '110101199003070011';
const OPERATOR: Caller = { keyId: '1', role: 'operator', agency: null };
const agency = (id: string): Caller => ({ keyId: '2', role: 'agency', agency: id });
const person = (n: number, number: string): Cells & { n: number } => ({
  n,
  CF_XDR_MC: '张三',
  CF_XDR_LB: '自然人',
  CF_XDR_SHXYM: '',
  CF_FRDB: '',
  CF_XDR_ZJLX: '身份证',
  CF_XDR_ZJHM: number,
});

describe('the search for records', () => {
  let bench: IntakeBench;
  const acts: AuditAct[] = [];
  let first: string;
  let second: string;
  before(async () => {
    bench = await openIntakeBench();
    const rows = Array.from({ length: 30 }, (_, n) => ({ n }));
    first = (await bench.ingest(penaltiesCsv([...rows, person(40, PERSON)]))).id;
    second = (
      await bench.ingest(
        penaltiesCsv(
          [
            { n: 1, CF_NR: '罚款壹佰元整' },
            { n: 2, 操作: '撤销' },
          ],
          ['操作'],
        ),
      )
    ).id;
  });
  after(() => bench.close());
  beforeEach(() => acts.splice(0));

  const search = (
    criteria: RecordCriteria,
    { caller = OPERATOR, after = 0, limit = 100 } = {},
  ): ReturnType<typeof findRecords> =>
    findRecords(
      { caller, criteria, after, limit },
      { storage: { ...bench.test, sealer: bench.sealer } as never, site: bench.site, clock: () => NOW },
      (act) => {
        acts.push(act);
        return Promise.resolve();
      },
    );
  const find = async (criteria: RecordCriteria, caller = OPERATOR): Promise<readonly RecordView[]> =>
    (await search(criteria, { caller })).records;
  const numbers = (records: readonly RecordView[]): string[] =>
    records.map(({ documentNumber }) => documentNumber);

  it('finds by document number, code and name, however they are written', async () => {
    const [record] = await find({ documentNumber: '津滨市监罚〔2025〕7号' });
    assert.ok(record !== undefined && record.code !== null && record.name !== null);
    const { code, name, id } = record;
    for (const criteria of [
      { documentNumber: '津滨市监罚 [2025] 7号' },
      { documentNumber: '津滨市监罚（2025）7号' },
      { code: ` ${code.toLowerCase()} ` },
      { name: ` ${name.slice(0, 4)} ${name.slice(4)}` },
      { name, code, documentNumber: '津滨市监罚〔2025〕7号', type: 'administrative-penalty', batch: first },
    ])
      assert.deepEqual(
        (await find(criteria)).map((each) => each.id),
        [id],
        JSON.stringify(criteria),
      );
    assert.deepEqual(await find({ name, code: '91120116MA06BBBB59' }), []);
    assert.deepEqual(await find({ name: name.slice(0, -1) }), []);
  });

  it('finds a person by the keyed index of the ID number alone, and shows no number', async () => {
    const [found, ...others] = await find({ idNumber: PERSON.toLowerCase() });
    assert.ok(found !== undefined && others.length === 0);
    assert.deepEqual([found.name, found.code], ['张三', null]);
    assert.ok(!JSON.stringify([found, acts]).includes(PERSON));
    // Which kind of number it is need not be known.
    assert.equal((await find({ code: PERSON }))[0]?.id, found.id);
    assert.deepEqual(await find({ code: '91120116MA06BBBB59', idNumber: PERSON }), []);
    assert.deepEqual(await find({ idNumber: '110101199003070038' }), []);
  });

  it('gives a record once, as it stands, where an older version meets the criteria', async () => {
    const [amended] = await find({ batch: second, documentNumber: '津滨市监罚〔2025〕1号' });
    assert.deepEqual([amended?.version, amended?.batch, amended?.state], [2, second, 'in-force']);
    const old = await find({ batch: first, documentNumber: '津滨市监罚〔2025〕1号' });
    assert.deepEqual([old[0]?.version, old[0]?.batch, old[0]?.position], [2, second, 2]);
    const [ended] = await find({ documentNumber: '津滨市监罚〔2025〕2号' });
    assert.deepEqual([ended?.state, ended?.version, typeof ended?.name], ['withdrawn', 2, 'string']);
    assert.equal((await find({ documentNumber: '津滨市监罚〔2025〕1号' })).length, 1);
  });

  it('finds by batch, type and position, in the order of the change log', async () => {
    assert.deepEqual(numbers(await find({ batch: second })), [
      '津滨市监罚〔2025〕1号',
      '津滨市监罚〔2025〕2号',
    ]);
    assert.deepEqual(numbers(await find({ position: 5 })), ['津滨市监罚〔2025〕4号']);
    assert.deepEqual(await find({ position: 9999 }), []);
    assert.equal((await find({ type: 'administrative-penalty' })).length, 31);
    assert.deepEqual(await find({ type: 'administrative-licence' }), []);
    assert.equal((await find({ batch: first })).length, 31);
  });

  it('pages through all, each once, while records change behind the page', async () => {
    const seen: string[] = [];
    let after = 0;
    for (let pages = 0; ; pages += 1) {
      const page = await search({ type: 'administrative-penalty' }, { after, limit: 7 });
      seen.push(...page.records.map(({ id }) => id));
      if (pages === 1) await bench.ingest(penaltiesCsv([{ n: 25, CF_NR: '罚款贰佰元整' }]));
      if (page.next === null) break;
      after = page.next;
    }
    assert.equal(new Set(seen).size, 31);
    assert.equal(seen.length, 31);
  });

  it('lets an agency find its own records alone', async () => {
    assert.equal((await find({ type: 'administrative-penalty' }, agency('market-regulation'))).length, 31);
    for (const criteria of [
      { type: 'administrative-penalty' },
      { documentNumber: '津滨市监罚〔2025〕7号' },
      { position: 5 },
      { batch: first },
      { idNumber: PERSON },
    ])
      assert.deepEqual(await find(criteria, agency('ecology-environment')), [], JSON.stringify(criteria));
  });

  it('writes down who was shown which records, by what criteria, never what they said', async () => {
    const records = await find({ name: '张三', type: 'administrative-penalty' });
    assert.deepEqual(acts, [
      {
        at: NOW,
        actor: 'operator:1',
        action: 'records.searched',
        object: 'records',
        details: { by: ['name', 'type'], count: 1, records: [records[0]?.id] },
      },
    ]);
    acts.splice(0);
    await find({ name: '无此企业' });
    assert.deepEqual(acts, []);
  });

  it('looks through an index for each of documents, codes and names', async () => {
    await bench.test.database.query('analyze record_versions');
    for (const [column, value] of [
      ['document_number', "'x'"],
      ['name_key', '1'],
      ['subject', "'x'"],
    ] as const) {
      const plan = await bench.test.database.transaction(async (sql) => {
        await sql.query('set local enable_seqscan = off');
        const { rows } = await sql.query(
          `explain select 1 from record_versions where ${column} = any(array[${value}])`,
        );
        return JSON.stringify(rows);
      });
      assert.match(plan, /Index|Bitmap/, column);
    }
  });
});
