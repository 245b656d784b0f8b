// Planted ID numbers in what the city sends and answers (notices, ids and codes of its own, words of refusal) and in
// what agencies answer to notices. None of them is found in the database, in the log, in what the gateway sends on,
// nor in what it answers itself: a refused feedback, the mailbox, the state of things.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createCapturedLogger } from '../helpers/captured-log.js';
import { startTestGateway, type TestGateway } from '../helpers/gateway.js';
import { writeChangedConfig } from '../helpers/changed-config.js';
import { openHttpService, type Answer, type Asked, type HttpService } from '../helpers/http-service.js';
import { penaltiesCsv } from '../helpers/penalties.js';
import { plantedPenalties } from '../helpers/planted-penalties.js';
import { createPlants } from '../helpers/planted-numbers.js';
import { createSearch, dumpTables, filesBelow } from '../helpers/search-for-plants.js';
import { createTemporaryFolder, type TemporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';

const SOURCE = 'market-regulation-penalty';
const AGENCY = 'market-regulation';
const WAIT = { timeoutMs: 40_000 };

describe('planted ID numbers in what a city and agencies answer', function () {
  this.timeout(120_000);
  let city: HttpService;
  let folder: TemporaryFolder;
  let run: TestGateway;
  const plants = createPlants();
  const { plant } = plants;
  const person = plant('a person on record, the subject of a notice');
  const { log, lines } = createCapturedLogger();
  const shown: { what: string; text: string }[] = [];
  const asked = (path: string): Asked[] => city.asked.filter(({ url }) => url.pathname.endsWith(path));
  before(async () => {
    city = await openHttpService();
    city.answer = answerOfCity;
    folder = createTemporaryFolder();
    run = await startTestGateway({
      log,
      configDir: ownEndpoint(folder.path, city.url),
      addresses: { city: { url: new URL(city.url).origin, token: 'the-token' } },
    });
  });
  after(async () => {
    await run.close();
    await city.close();
    folder.remove();
  });

  const ask = async (at: string, key: string, json?: unknown): Promise<number> => {
    const answer = await fetch(new URL(at, run.gateway.url), {
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(json === undefined ? {} : { method: 'POST', body: JSON.stringify(json) }),
    });
    const what = `${answer.status} of ${at.replaceAll(/\d{15,}/g, '…')}`;
    shown.push({ what, text: JSON.stringify([...answer.headers]) + (await answer.text()) });
    return answer.status;
  };
  const count = async (text: string): Promise<number> =>
    (await run.test.database.query<{ n: number }>(`select count(*)::int as n from ${text}`)).rows[0]?.n ?? 0;

  it('come with refusals of records, in codes, words and receipts', async () => {
    await run.upload(SOURCE, penaltiesCsv(plantedPenalties(plants, { person }), ['操作']));
    assert.ok((await count('refusals')) > 0);
    for (const at of ['/v1/status', '/v1/destinations', '/v1/destinations/city/refusals'])
      assert.equal(await ask(at, run.operatorKey), 200);
    const { rows } = await run.test.database.query<{ id: string }>('select id from batches');
    assert.equal(await ask(`/v1/batches/${rows[0]?.id}/problems`, run.keyOf(AGENCY)), 200);
  });

  it('come with the notice feed, valid and not, and with the city’s account of a day', async () => {
    await until(async () => (await count('notices')) === 3, { ...WAIT, what: 'the notices of the feed' });
    const routed = `notice_deliveries where agency = '${AGENCY}'`;
    await until(async () => (await count(routed)) === 1, { ...WAIT, what: 'the notice to be routed' });
    await until(
      () => asked('/notices').some(({ url }) => url.searchParams.get('lastEventId') === 'the last'),
      {
        ...WAIT,
        what: 'the feed to be read on',
      },
    );
    const date = '2026-06-01';
    await ask('/v1/destinations/city/reconcile', run.operatorKey, { date });
    await until(async () => asked('/reconciliation').length > 0, { ...WAIT, what: 'the comparison' });
    await ask('/v1/destinations/city/reconciliations', run.operatorKey);
  });

  it('come with feedback, taken and refused, and with the city’s word on it', async () => {
    const key = run.keyOf(AGENCY);
    assert.equal(await ask('/v1/notices', key), 200);
    const at = '/v1/notices/TJ-2026-0901/feedback';
    const text = `已处理${plant('a feedback')}`;
    const wrong = [
      { outcome: plant('an outcome') },
      { outcome: 'acted', [plant('a member')]: '1', text },
      { outcome: 'acted', date: plant('a date') },
      { outcome: 'acted', measure: plant('a measure').repeat(40) },
    ];
    for (const feedback of wrong) assert.equal(await ask(at, key, feedback), 422);
    assert.equal(
      await ask(`/v1/notices/${plant('no such notice')}/feedback`, key, { outcome: 'acted' }),
      404,
    );
    const feedback = {
      outcome: 'objected',
      text,
      document: plant('a document'),
    };
    assert.equal(await ask(at, key, feedback), 200);
    assert.equal(await ask(at, key, { ...feedback, text: plant('another answer') }), 409);
    await until(async () => (await count(`notice_feedback where state = 'refused'`)) > 0, {
      ...WAIT,
      what: 'the refused feedback',
    });
    for (const [path, as] of [
      ['/v1/notices', key],
      ['/v1/status', run.operatorKey],
    ] as const)
      assert.equal(await ask(path, as), 200);
  });

  it('are found nowhere afterwards', async () => {
    assert.ok(plants.size >= 25, String(plants.size));
    const search = createSearch(plants);
    const tables = await dumpTables(run.test.database);
    for (const name of ['refusals', 'notices', 'notice_feedback', 'notice_cursors', 'audit_entries'])
      assert.ok(
        tables.some(({ table, text }) => table === name && text !== ''),
        name,
      );
    for (const { table, text } of tables) search.in(`table ${table}`, text);
    for (const { name, bytes } of filesBelow(run.dataDir)) search.in(`file ${name}`, bytes);
    for (const line of lines) search.in(`log “${String(line['msg'])}”`, JSON.stringify(line));
    for (const { what, text } of shown) search.in(`answer ${what}`, text);
    for (const { url, body, headers } of ['/records', '/feedback', '/rows'].flatMap(asked))
      search.in(`sent to ${url.pathname}`, `${url.href} ${JSON.stringify(headers)} ${body}`);
    assert.ok(
      lines.length > 30 && asked('/feedback').length > 0 && asked('/rows').length > 0,
      'something came',
    );
    assert.deepEqual(search.found(), []);
  });

  function answerOfCity({ url, body }: Asked): Answer {
    if (url.pathname === '/records') return answerToRecords(body);
    if (url.pathname.endsWith('/feedback'))
      return {
        status: 422,
        body: { errorCode: plant('a code about feedback'), errorMsg: `不符${plant('words about feedback')}` },
      };
    if (url.pathname === '/reconciliation')
      return {
        status: 400,
        body: { errorCode: plant('a code about a day'), errorMsg: plant('words about it') },
      };
    const isFirst = url.searchParams.get('lastEventId') === null;
    return isFirst ? { body: events() } : { status: 500, body: plant('a failing feed') };
  }

  function answerToRecords(body: string): Answer {
    if (asked('/records').length === 1) return { status: 503, body: plant('words of an outage') };
    const size = (JSON.parse(body) as { body: unknown[] }).body.length;
    const failure = { index: 0, code: `E${plant('a code')}`, message: `${plant('words')}重复` };
    const receiptId = plant('a receipt');
    return {
      body: {
        errorCode: '200',
        errorMsg: plant('a greeting'),
        receiptId,
        totalSize: size,
        failures: [failure],
      },
    };
  }

  function events(): object[] {
    const notice = {
      noticeId: 'TJ-2026-0901',
      subject: { name: '张三', kind: '自然人', idNumber: person },
      measure: 'restrict-honours',
      legalBasis: `《天津市社会信用条例》第三十条（${plant('a legal basis')}）`,
      decision: {
        documentNumber: `津信惩〔2026〕${plant('the number of a decision')}号`,
        authority: '天津市发展和改革委员会',
        date: '2026-06-01',
      },
      period: { from: '2026-06-10', to: '2099-06-09' },
      text: `请对张三（${plant('the text of a notice')}）予以限制。`,
      respondBy: '2099-07-31',
    };
    const event = (data: unknown, more: object = {}): object => ({
      id: plant('the id of an event'),
      data,
      ...more,
    });
    return [
      event(notice),
      event({ ...notice, noticeId: plant('the id of a notice'), measure: plant('a measure of the city') }),
      event(
        { [plant('a member of a notice')]: plant('what is no notice') },
        { method: 'DELETE', id: 'the last' },
      ),
    ];
  }
});

/** Has the notices of the agency go to the server of the test, so that the simulated agency answers none of them. */
function ownEndpoint(folder: string, url: string): string {
  const secretFile = path.join(folder, 'webhook-secret');
  writeFileSync(secretFile, `whsec_${Buffer.alloc(32, 1).toString('base64')}\n`);
  return writeChangedConfig(folder, {
    'agencies.yaml': (agencies: { id: string }[]) =>
      agencies.map((each) => (each.id === AGENCY ? { ...each, webhook: { url, secretFile } } : each)),
  });
}
