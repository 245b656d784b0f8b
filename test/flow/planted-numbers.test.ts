// Planted ID numbers go through a whole gateway by every way in; afterwards none of them is found in the database,
// in what lies in DATA_DIR, in the log, nor in anything that the gateway has shown or sent to agencies. In one place
// they are: the agency's own rows that come back to it in correction.xlsx, for it uploads them again.
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import exceljs from 'exceljs';
import type { BatchView } from '../../src/app/batch-view.js';
import { createCapturedLogger } from '../helpers/captured-log.js';
import { file, form, FORM_TYPE } from '../helpers/form.js';
import { startTestGateway, type TestGateway } from '../helpers/gateway.js';
import { AGENCY, HEADINGS, penaltiesCsv } from '../helpers/penalties.js';
import { plantedPenalties } from '../helpers/planted-penalties.js';
import { createPlants, type Plants } from '../helpers/planted-numbers.js';
import { createSearch, dumpTables, filesBelow } from '../helpers/search-for-plants.js';
import { until } from '../helpers/until.js';
import { penaltyRow } from '../../bench/penalty-rows.js';

const SOURCE = '/v1/sources/market-regulation-penalty';
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
/** The agency's own columns; those beside them are the gateway's. */
const OWN = new Set<string>([...HEADINGS, '操作']);

interface Asked extends Omit<RequestInit, 'headers'> {
  readonly as?: string;
  /** What the answer must have; any where it is absent. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Event {
  readonly data?: Record<string, unknown>;
}

describe('planted ID numbers', function () {
  this.timeout(60_000);
  let run: TestGateway;
  let key = '';
  const plants: Plants = createPlants();
  const { plant } = plants;
  const { log, lines } = createCapturedLogger();
  const shown: string[] = [];
  const webhooks: string[] = [];
  let csvBatch = '';
  let person = '';
  before(async () => {
    subscribe('http.server.request.start', overhear);
    run = await startTestGateway({ log });
    key = run.keyOf('market-regulation');
  });
  after(async () => {
    unsubscribe('http.server.request.start', overhear);
    await run.close();
  });
  /** Keeps what reaches the endpoints of the simulated agencies, byte by byte. */
  const overhear = (message: unknown): void => {
    const { request } = message as { request: IncomingMessage };
    if (!(request.url ?? '').startsWith('/agencies/')) return;
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () =>
      webhooks.push(`${JSON.stringify(request.headers)}\n${Buffer.concat(pieces).toString()}`),
    );
  };

  const ask = async (at: string, init: Asked = {}): Promise<string> => {
    const answer = await fetch(new URL(at, run.gateway.url), {
      ...init,
      headers: { authorization: `Bearer ${init.as ?? key}`, ...init.headers },
    });
    const text = await answer.text();
    if (init.status !== undefined) assert.equal(answer.status, init.status, `${init.method} ${text}`);
    const what = at.replace(/\?.*/, '').replaceAll(/\d{15,}/g, '…');
    shown.push(`${what}\n${text}`);
    return text;
  };
  const post = (at: string, body: string | Buffer, headers: Record<string, string>, as = key) =>
    ask(at, { method: 'POST', body: body as NonNullable<RequestInit['body']>, headers, as });
  const postJson = (at: string, body: unknown, { as, status }: { as: string; status?: number }) => {
    const headers = { 'content-type': 'application/json' };
    return ask(at, {
      method: 'POST',
      body: JSON.stringify(body),
      headers,
      as,
      ...(status === undefined ? {} : { status }),
    });
  };

  const exchange = async (body: string | Buffer, headers: Record<string, string>): Promise<BatchView> => {
    await post(`${SOURCE}/validations`, body, headers);
    const { id } = JSON.parse(await post(`${SOURCE}/batches`, body, headers)) as { id: string };
    assert.ok(id, shown.at(-1));
    const batch = await until(
      async () => {
        const view = JSON.parse(await ask(`/v1/batches/${id}`)) as BatchView;
        return view.finishedAt !== null && view.city.pending === 0 && view;
      },
      { timeoutMs: 20_000, what: 'the batch to settle' },
    );
    await ask(`/v1/batches/${id}/problems`);
    await ask(`/v1/batches/${id}/problems`, { headers: { accept: 'text/csv' } });
    await ask(`/v1/batches/${id}/receipt`, { status: 200 });
    return batch;
  };

  it('come in by every form of file, in fields, texts, wrong columns and rejected rows', async () => {
    person = plant('a natural person, the subject of a notice');
    const csv = await exchange(penaltiesCsv(plantedPenalties(plants, { person }), ['操作']), {
      'content-type': 'text/csv',
      'idempotency-key': `delivery-${plant('the Idempotency-Key')}`,
    });
    csvBatch = csv.id;
    assert.ok(csv.counts.new >= 6 && csv.counts.rejected >= 5, JSON.stringify(csv.counts));
    const named = form(
      file(withHeading(penaltiesCsv([{ n: 200 }])), { name: `${plant('the name of a file')}.csv` }),
    );
    assert.equal((await exchange(named, { 'content-type': FORM_TYPE })).counts.new, 1);
    assert.equal((await exchange(await workbook(), { 'content-type': XLSX })).counts.received, 2);
    const twice = penaltiesCsv([{ n: 500 }]).split('\r\n');
    const repeated = plant('a heading that stands twice');
    await post(`${SOURCE}/batches`, twice.map((line) => `${line},${repeated},${repeated}`).join('\r\n'), {
      'content-type': 'text/csv',
    });
    assert.equal((await exchange(json(), { 'content-type': 'application/json' })).counts.received, 2);
  });

  it('come in with notices, with what is answered to them, and in addresses', async () => {
    const notice = {
      noticeId: 'TJ-2026-0900',
      subject: { name: '张三', kind: '自然人', idNumber: person },
      measure: 'restrict-honours',
      legalBasis: '《天津市社会信用条例》第三十条',
      decision: {
        documentNumber: '津信惩〔2026〕9号',
        authority: '天津市发展和改革委员会',
        date: '2026-06-01',
      },
      period: { from: '2026-06-10', to: '2099-06-09' },
      text: `请对张三（${plant('the text of a notice')}）予以限制。`,
      respondBy: '2099-07-31',
    };
    await postJson('/v1/notices', notice, { as: run.cityKey, status: 201 });
    const wrong = { ...notice, noticeId: plant('the id of a notice'), measure: 'none' };
    await postJson('/v1/notices', wrong, { as: run.cityKey, status: 422 });
    const feed = '/v1/feeds/records';
    const events = JSON.parse(await ask(`${feed}?limit=50`, { as: run.cityKey })) as Event[];
    const known = events.find(({ data }) => data?.['counterpartKind'] === '法人及非法人组织')?.data;
    const id = await run.gateway.sandbox?.issueNotice({
      name: String(known?.['counterpartName']),
      creditCode: String(known?.['creditCode']),
    });
    await until(() => run.gateway.sandbox?.isAnswered(id ?? ''), { timeoutMs: 20_000, what: 'the feedback' });
    const answer = {
      outcome: 'acted',
      text: `已限制${plant('a feedback')}`,
      document: plant('its document'),
    };
    for (const noticeId of ['TJ-2026-0900', id])
      await postJson(`/v1/notices/${noticeId}/feedback`, answer, { as: run.keyOf('health') });
    for (const agency of ['market-regulation', 'health']) await ask('/v1/notices', { as: run.keyOf(agency) });
    await ask(`${feed}?lastEventId=0`, { as: run.cityKey });
    await ask(feed, { as: run.cityKey });
    await ask(`${feed}?lastEventId=${plant('a query')}`, { as: run.cityKey });
    await ask(`/v1/batches/${plant('a path')}`);
    await ask(`${SOURCE}/batches`, { as: plant('a key') });
  });

  it('come back in correction.xlsx to the agency whose rows they are, and to nobody else', async () => {
    const at = `/v1/batches/${csvBatch}/correction.xlsx`;
    const asked = (as: string): Promise<Response> =>
      fetch(new URL(at, run.gateway.url), { headers: { authorization: `Bearer ${as}` } });
    assert.equal((await asked(run.keyOf('health'))).status, 404);
    const answer = await asked(key);
    assert.equal(answer.status, 200);
    const book = new exceljs.Workbook();
    await book.xlsx.load(await answer.arrayBuffer());
    const [own, added] = [new Set<string>(), new Set<string>()];
    book.worksheets.forEach((sheet, n) =>
      sheet.eachRow((row) =>
        row.eachCell((cell, column) => {
          const isOwn = n === 0 && OWN.has(sheet.getRow(1).getCell(column).text);
          for (const what of plants.foundIn(cell.text)) (isOwn ? own : added).add(what);
        }),
      ),
    );
    assert.ok(
      [...own].some((what) => what.startsWith('a rejected row')),
      [...own].join(),
    );
    assert.deepEqual([...added], []);
  });

  it('are found nowhere afterwards', async () => {
    assert.ok(plants.size >= 25, String(plants.size));
    for (const form of ['csv', 'xlsx'])
      await ask(`/v1/templates/administrative-penalty.${form}`, { status: 200 });
    const search = createSearch(plants);
    const tables = await dumpTables(run.test.database);
    for (const name of ['rejected_rows', 'audit_entries', 'notices'])
      assert.ok(
        tables.some(({ table, text }) => table === name && text !== ''),
        name,
      );
    for (const { table, text } of tables) search.in(`table ${table}`, text);
    const files = filesBelow(run.dataDir);
    assert.ok(files.some(({ name }) => name.startsWith('originals')));
    for (const { name, bytes } of files) search.in(`file ${name}`, bytes);
    for (const line of lines) search.in(`log “${String(line['msg'])}”`, JSON.stringify(line));
    for (const answer of shown) search.in(`answer of ${answer.split('\n')[0]?.slice(0, 40)}`, answer);
    for (const webhook of webhooks) search.in('webhook', webhook);
    assert.ok(lines.length > 50 && shown.length > 20 && webhooks.length > 0);
    assert.deepEqual(search.found(), []);
  });

  function withHeading(csv: string): string {
    const [headings, ...rows] = csv.split('\r\n');
    return [`${headings},${plant('a heading')}`, ...rows].join('\r\n');
  }

  async function workbook(): Promise<Buffer> {
    const book = new exceljs.Workbook();
    const sheet = book.addWorksheet('行政处罚');
    sheet.addRow([`报送人${plant('a title row')}`]);
    sheet.addRow([...HEADINGS]);
    for (const [n, heading] of [
      ['301', 'CF_SY'],
      ['302', 'CF_JDRQ'],
    ] as const) {
      const cells: string[] = penaltyRow(Number(n), AGENCY);
      cells[HEADINGS.indexOf(heading)] = `见${plant(`a workbook's ${heading}`)}`;
      sheet.addRow(cells);
    }
    return Buffer.from(await book.xlsx.writeBuffer());
  }

  function json(): string {
    const rows = [401, 402].map((n) => {
      const cells = penaltyRow(n, AGENCY);
      const row: Record<string, string> = Object.fromEntries(
        HEADINGS.map((name, i) => [name, cells[i] ?? '']),
      );
      return { ...row, BZ: plant(`JSON row ${n}`), ...(n === 402 ? { CF_JDRQ: plant('a JSON date') } : {}) };
    });
    return JSON.stringify(rows.map((row) => ({ ...row, [plant('a JSON key')]: '1' })));
  }
});
