// The way of a batch into the tables: verdicts, account, order, crash and resumption, on a real PostgreSQL.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { isGatewayError } from '../../src/core/errors.js';
import { VERDICTS } from '../../src/core/words.js';
import { openIntakeBench, SOURCE, type IntakeBench } from '../helpers/intake.js';
import { cleanPenalties, HEADINGS, penaltiesCsv } from '../helpers/penalties.js';

const ZERO = {
  received: 0,
  new: 0,
  amended: 0,
  unchanged: 0,
  duplicate: 0,
  stale: 0,
  withdrawn: 0,
  rejected: 0,
};
const refusedWith = (code: string) => (error: unknown) => isGatewayError(error) && error.code === code;

describe('intake', () => {
  let bench: IntakeBench;
  beforeEach(async () => {
    bench = await openIntakeBench();
  });
  afterEach(() => bench.close());

  it('stores good rows once: the same batch again is unchanged, with a warning that names the first', async () => {
    const csv = cleanPenalties(250);
    const first = await bench.ingest(csv);
    assert.deepEqual(first.counts, { ...ZERO, received: 250, new: 250 });
    assert.equal(first.status, 'accepted');
    const second = await bench.ingest(csv);
    assert.deepEqual(second.counts, { ...ZERO, received: 250, unchanged: 250 });
    assert.deepEqual(
      second.warnings.map(({ code, batch }) => ({ code, batch })),
      [{ code: 'batch.same-bytes', batch: first.id }],
    );
  });

  it('gives every problem of a row at once, with its column, in both languages', async () => {
    const csv = penaltiesCsv([
      {},
      {
        CF_XDR_SHXYM: '91120116MA05AAA15X',
        CF_JDRQ: '2027/01/01',
        CF_YXQ: '2025/01/01',
        CF_XDR_LB: '企业',
        CF_YJ: '',
      },
    ]);
    const batch = await bench.ingest(csv);
    assert.equal(batch.status, 'partially-accepted');
    assert.deepEqual(batch.counts, { ...ZERO, received: 2, new: 1, rejected: 1 });
    const { problems, total } = await bench.problems(batch.id);
    assert.equal(total, 5);
    assert.deepEqual(problems.map(({ row, column, code }) => `${row} ${column} ${code}`).sort(), [
      '3 CF_JDRQ date.in-future',
      '3 CF_XDR_LB value.not-in-list',
      '3 CF_XDR_SHXYM code.unified-social-credit',
      '3 CF_YJ value.required',
      '3 CF_YXQ date.before',
    ]);
    for (const { message, messageZh, suggestion } of problems) {
      assert.match(message, /[a-z]/);
      assert.match(messageZh, /[\u4e00-\u9fff]/);
      assert.ok(suggestion.length > 0);
    }
  });

  it('keeps ID numbers out of the tables: masked in data, sealed beside it, masked in texts', async () => {
    const id = '11010519491231002X';
    const csv = penaltiesCsv([
      { CF_FR_ZJLX: '身份证', CF_FR_ZJHM: id },
      { CF_SY: `当事人身份证号${id}，经查` },
      {
        CF_XDR_LB: '自然人',
        CF_XDR_SHXYM: '',
        CF_FRDB: '',
        CF_XDR_ZJLX: '身份证',
        CF_XDR_ZJHM: id,
        CF_XDR_MC: '示例甲',
      },
      { CF_WSH: id, CF_JDRQ: '31/12/2020' },
    ]);
    const batch = await bench.ingest(csv);
    assert.deepEqual(batch.counts, { ...ZERO, received: 4, new: 3, rejected: 1 });
    const { rows } = await bench.test.database.query<{ all: string }>(
      `select string_agg(t, ' ') as all from (
         select v::text as t from record_versions v union all select p::text from row_problems p
         union all select r::text from rejected_rows r union all select b::text from batches b) x`,
    );
    assert.ok(!rows[0]?.all.includes(id));
    assert.ok(rows[0]?.all.includes('110*************2X'));
    const sealed = await bench.test.database.query<{ sealed: Buffer }>(
      'select sealed from record_versions where sealed is not null order by row_number',
    );
    assert.equal(sealed.rows.length, 3);
    assert.deepEqual(JSON.parse(bench.sealer.open(sealed.rows[0]!.sealed).toString()), {
      legalRepresentativeIdNumber: id,
    });
  });

  it('follows withdrawals: withdrawn, then not brought back by a full export', async () => {
    await bench.ingest(cleanPenalties(3));
    const withdrawal = await bench.ingest(
      penaltiesCsv(
        [
          { n: 1, 操作: '撤销' },
          { n: 9, 操作: 'delete' },
        ],
        ['操作'],
      ),
    );
    assert.deepEqual(withdrawal.counts, { ...ZERO, received: 2, withdrawn: 1, rejected: 1 });
    const again = await bench.ingest(cleanPenalties(3));
    assert.deepEqual(again.counts, { ...ZERO, received: 3, unchanged: 2, stale: 1 });
    const { problems } = await bench.problems(again.id);
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['record.ended'],
    );
  });

  it('orders versions by the time the mapping names: an older version that comes late is stale', async () => {
    await bench.ingest(penaltiesCsv([{ n: 1, BZ: '后', SJC: '2026/06/02 08:00:00' }], ['SJC']));
    const late = await bench.ingest(penaltiesCsv([{ n: 1, BZ: '先', SJC: '2026/06/01 08:00:00' }], ['SJC']));
    assert.deepEqual(late.counts, { ...ZERO, received: 1, stale: 1 });
  });

  it('leaves a record with its agency', async () => {
    await bench.ingest(cleanPenalties(2));
    const other = { sourceId: 'ecology-environment-penalty' };
    const batch = await bench.ingest(penaltiesCsv([{ n: 0 }, { n: 1, BZ: '别的内容' }]), other);
    assert.deepEqual(batch.counts, { ...ZERO, received: 2, unchanged: 1, rejected: 1 });
  });

  it('goes on behind the last committed row after a crash, and its account closes', async () => {
    const id = await bench.receive(cleanPenalties(1000));
    const crash = new AbortController();
    let reads = 0;
    const flaky = {
      ...bench.originals,
      open: async (batch: string) => {
        const bytes = await bench.originals.open(batch);
        return {
          ...bytes,
          read: () => Readable.from(stopAfter(bytes.read(), () => (reads += 1) > 3)),
        };
      },
    };
    await bench.work({ originals: flaky, signal: crash.signal, chunkRows: 100 });
    const broken = await bench.view(id);
    assert.equal(broken.status, 'processing');
    assert.ok(broken.counts.received > 0 && broken.counts.received < 1000, String(broken.counts.received));
    await bench.test.database.query('update batches set retry_at = null');
    await bench.work({ chunkRows: 70 });
    const batch = await bench.view(id);
    assert.deepEqual(batch.counts, { ...ZERO, received: 1000, new: 1000 });
    const { rows } = await bench.test.database.query<{ versions: number; last: number }>(
      'select (select count(*) from record_versions) as versions, last_position as last from change_log',
    );
    assert.deepEqual(rows[0], { versions: 1000, last: 1000 });
  });

  it('refuses an account that does not close', async () => {
    await bench.ingest(cleanPenalties(1));
    await assert.rejects(bench.test.database.query('update batches set new = new + 1'), /account_closes/);
  });

  it('lets no chunk be stored twice', async () => {
    const id = await bench.receive(cleanPenalties(300));
    await Promise.all([bench.work({ chunkRows: 50 }), bench.work({ chunkRows: 70 })]);
    await bench.work();
    const batch = await bench.view(id);
    assert.deepEqual(batch.counts, { ...ZERO, received: 300, new: 300 });
  });

  it('takes two sources that bring the same records at once: each record once', async () => {
    const csv = cleanPenalties(400);
    const a = await bench.receive(csv);
    const b = await bench.receive(csv, { sourceId: 'ecology-environment-penalty' });
    await Promise.all([
      bench.work({ chunkRows: 40 }),
      bench.work({ chunkRows: 40, sourceId: 'ecology-environment-penalty' }),
    ]);
    const [first, second] = [await bench.view(a), await bench.view(b)];
    assert.equal(first.counts.new + second.counts.new, 400);
    assert.equal(first.counts.unchanged + second.counts.unchanged, 400);
  });

  it('keeps what came before a break, and says from which row on the file cannot be read', async () => {
    const clean = cleanPenalties(3000);
    const broken = Buffer.concat([Buffer.from(`${clean}"`), Buffer.from('x'.repeat(1_200_000))]);
    const batch = await bench.ingest(broken);
    assert.equal(batch.status, 'partially-accepted');
    assert.deepEqual(batch.counts, { ...ZERO, received: 3000, new: 3000 });
    const { problems } = await bench.problems(batch.id);
    assert.deepEqual(
      problems.map(({ row, code }) => ({ row, code })),
      [{ row: 3002, code: 'file.broken-off' }],
    );
  });

  it('answers an Idempotency-Key once: same bytes the first batch, other bytes refused, a refused upload frees it', async () => {
    const csv = cleanPenalties(2);
    await assert.rejects(
      bench.receive(HEADINGS.join(','), { idempotencyKey: 'k' }),
      refusedWith('file.empty'),
    );
    const first = await bench.receive(csv, { idempotencyKey: 'k' });
    assert.equal(await bench.receive(csv, { idempotencyKey: 'k' }), first);
    await assert.rejects(
      bench.receive(cleanPenalties(3), { idempotencyKey: 'k' }),
      refusedWith('idempotency.key-reused'),
    );
    const { rows } = await bench.test.database.query<{ count: number }>('select count(*) from batches');
    assert.equal(rows[0]?.count, 1);
  });

  it('stores nothing of what it refuses', async () => {
    const refusals: [string | Buffer, string][] = [
      ['', 'file.empty'],
      [`${HEADINGS.join(',')}\r\n\r\n , \r\n`, 'file.empty'],
      ['a,b,c\r\n1,2,3\r\n', 'file.headings-not-found'],
      [cleanPenalties(1).replace('CF_WSH', 'XX'), 'file.columns-missing'],
      [cleanPenalties(1).replace('BZ', 'CF_WSH'), 'file.headings-repeated'],
      [Buffer.from([0x50, 0x4b, 3, 4, 0, 0]), 'file.truncated'],
      [
        Buffer.concat([Buffer.from(cleanPenalties(9)), Buffer.from([0xff, 0xfe, 0xff])]),
        'file.not-decodable',
      ],
      [`${cleanPenalties(1)}"${'x'.repeat(1_200_000)}`, 'file.row-too-long'],
    ];
    for (const [body, code] of refusals) await assert.rejects(bench.receive(body), refusedWith(code), code);
    await assert.rejects(
      bench.receive(cleanPenalties(9), { maxBytes: 100 }),
      refusedWith('upload.too-large'),
    );
    await assert.rejects(
      bench.receive(cleanPenalties(1), { expectedDigests: new Map([['sha-256', 'AAAA']]) }),
      refusedWith('request.digest-mismatch'),
    );
    const { rows } = await bench.test.database.query<{ count: number }>('select count(*) from batches');
    assert.equal(rows[0]?.count, 0);
  });

  it('rejects rows with characters that cannot be stored, wherever they stand, and keeps the good ones', async () => {
    const rare = String.fromCodePoint(0x20bb7);
    const csv = penaltiesCsv([
      {},
      { CF_JDRQ: `${'x'.repeat(39)}${rare}` },
      { CF_WSH: 'a\u0007b' },
      ...Array.from({ length: 700 }, (_, i) => ({ n: 100 + i })),
      { n: 900, CF_SY: 'nul\u0000' },
      { n: 901, CF_JDRQ: 'x\u0000' },
    ]);
    assert.ok(Buffer.from(csv).indexOf(0) > 262_144, 'the NUL must stand behind the sample');
    const batch = await bench.ingest(csv);
    assert.deepEqual(batch.counts, { ...ZERO, received: 705, new: 701, rejected: 4 });
    const { problems } = await bench.problems(batch.id);
    assert.deepEqual(
      problems.map(({ row, code }) => `${row} ${code}`),
      [
        '3 date.invalid',
        '4 value.control-characters',
        '705 value.control-characters',
        '706 value.control-characters',
        '706 date.invalid',
      ],
    );
    assert.ok(problems[0]?.message.includes(rare));
  });

  it('masks a number that stands where an operation should', async () => {
    const batch = await bench.ingest(penaltiesCsv([{ 操作: '11010519491231002X' }], ['操作']));
    const { problems } = await bench.problems(batch.id);
    assert.equal(problems[0]?.code, 'operation.unknown');
    assert.ok(!JSON.stringify(problems).includes('11010519491231002X'));
  });

  it('warns of a possible duplicate while any other record in force holds the document', async () => {
    const under = (name: string, operation = ''): object => ({ n: 1, CF_XDR_MC: name, 操作: operation });
    const rows = [under('甲公司'), under('乙公司'), under('甲公司', '撤销'), under('丙公司')];
    const { id } = await bench.ingest(penaltiesCsv(rows, ['操作']));
    const next = await bench.ingest(penaltiesCsv([under('丁公司')]));
    const codes = async (batch: string): Promise<string[]> =>
      (await bench.problems(batch)).problems.map(({ row, code }) => `${row} ${code}`);
    assert.deepEqual(await codes(id), ['3 record.possible-duplicate', '5 record.possible-duplicate']);
    assert.deepEqual(await codes(next.id), ['2 record.possible-duplicate']);
  });

  it('counts every verdict in one sum', async () => {
    const batch = await bench.ingest(penaltiesCsv([{}, { n: 0 }, { n: 0, BZ: '改' }, { CF_WSH: '' }]));
    assert.deepEqual(batch.counts, { ...ZERO, received: 4, new: 1, duplicate: 1, amended: 1, rejected: 1 });
    assert.equal(
      batch.counts.received,
      VERDICTS.reduce((sum, verdict) => sum + batch.counts[verdict], 0),
    );
    assert.equal(batch.source, SOURCE);
  });
});

async function* stopAfter(stream: Readable, isOver: () => boolean): AsyncGenerator<Buffer> {
  for await (const piece of stream as AsyncIterable<Buffer>) {
    if (isOver()) throw new Error('The disk went away.');
    yield piece;
  }
}
