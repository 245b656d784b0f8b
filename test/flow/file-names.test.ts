// What a sender calls its file stands in the story of each record that it brought, without the numbers of persons.
import assert from 'node:assert/strict';
import type { BatchView } from '../../src/app/batch-view.js';
import { BOUNDARY, file, form } from '../helpers/form.js';
import { startTestGateway, type TestGateway } from '../helpers/gateway.js';
import { penaltiesCsv } from '../helpers/penalties.js';
import { until } from '../helpers/until.js';

const PERSON = '110101199003070011';

describe('the name of an uploaded file', () => {
  let run: TestGateway;
  before(async () => {
    run = await startTestGateway();
  });
  after(() => run.close());

  /** Uploads, and gives the names in the story of the record that came with it. */
  const nameIn = async (headers: Record<string, string>, body: string | Buffer): Promise<unknown> => {
    const key = run.keyOf('market-regulation');
    const path = '/v1/sources/market-regulation-penalty/batches';
    const { body: sent, status } = await run.api<{ id: string }>(path, {
      method: 'POST',
      key,
      headers,
      body,
    });
    assert.equal(status, 202);
    await until(async () => {
      const { body: batch } = await run.api<BatchView>(`/v1/batches/${sent.id}`, { key });
      return batch.finishedAt !== null;
    });
    const found = await run.api<{ records: { id: string }[] }>(`/v1/records?batch=${sent.id}`, { key });
    const story = await run.api<{ versions: { batch: { fileName: string | null } }[] }>(
      `/v1/records/${found.body.records[0]?.id}`,
      { key },
    );
    return story.body.versions[0]?.batch.fileName;
  };

  it('is that of the form, or of Content-Disposition; an ID number in it is masked', async () => {
    const csv = (n: number): string => penaltiesCsv([{ n }]);
    const multipart = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
    assert.equal(await nameIn(multipart, form(file(csv(1), { name: '六月处罚.csv' }))), '六月处罚.csv');
    const masked = await nameIn(multipart, form(file(csv(2), { name: `张三${PERSON}.csv` })));
    assert.ok(
      typeof masked === 'string' && masked.startsWith('张三') && !masked.includes(PERSON),
      String(masked),
    );
    const raw = { 'content-type': 'text/csv' };
    const disposition = `attachment; filename*=UTF-8''${encodeURIComponent(`七月${PERSON}.csv`)}`;
    const named = await nameIn({ ...raw, 'content-disposition': disposition }, csv(3));
    assert.ok(
      typeof named === 'string' && named.startsWith('七月') && !named.includes(PERSON),
      String(named),
    );
    assert.equal(await nameIn(raw, csv(4)), null);
    const { rows } = await run.test.database.query<{ n: number }>(
      `select count(*) as n from batches where file_name like '%${PERSON}%'`,
    );
    assert.equal(rows[0]?.n, 0);
  });
});
