// A mapping is mended and the gateway starts again: what was rejected is judged once more, reaches feed and city once,
// and nothing that was signed before is otherwise.
import assert from 'node:assert/strict';
import type { BatchView } from '../../src/app/batch-view.js';
import type { ReplayPreview } from '../../src/app/preview-replay.js';
import { startTestGateway, type TestGateway } from '../helpers/gateway.js';
import { loosenDefinitions, UNKNOWN_KIND } from '../helpers/loosened-site.js';
import { penaltiesCsv } from '../helpers/penalties.js';
import { createTemporaryFolder, type TemporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';

const SOURCE = 'market-regulation-penalty';
const REASON = { reason: 'the kind is in the list now' };

interface Event {
  readonly id: string;
  readonly subject: string;
  readonly method: string;
}

interface Ordered {
  readonly id: string;
  readonly state: string;
  readonly batches: number;
  readonly replays: readonly { readonly replay: string }[];
  readonly skipped: readonly object[];
}

describe('a replay over HTTP', () => {
  let definitions: TemporaryFolder;
  let run: TestGateway;
  let first: BatchView;
  let receipt: unknown;
  before(async () => {
    definitions = createTemporaryFolder();
    loosenDefinitions(definitions.path);
    const strict = await startTestGateway();
    const faulty = { CF_XDR_LB: UNKNOWN_KIND };
    const csv = penaltiesCsv([{ n: 0 }, { n: 1, ...faulty }, { n: 2, ...faulty }, { n: 3, CF_XDR_MC: '' }]);
    first = await strict.upload(SOURCE, csv);
    receipt = (await strict.api(`/v1/batches/${first.id}/receipt`, { key: strict.operatorKey })).body;
    await strict.upload(SOURCE, penaltiesCsv([{ n: 2, CF_NR: '罚款贰佰元整' }]));
    await strict.gateway.stop();
    run = await startTestGateway({ continues: strict, definitionsRoot: definitions.path });
  });
  after(async () => {
    await run.close();
    definitions.remove();
  });

  const post = <T>(path: string, json: object, key = run.operatorKey) =>
    run.api<T>(path, { method: 'POST', json, key });

  it('is previewed, ordered, and done as foreseen; feed and city get each new record once', async () => {
    const path = `/v1/batches/${first.id}/replay`;
    const foreseen = await post<ReplayPreview>(`${path}?preview=true`, {});
    assert.equal(foreseen.status, 200);
    assert.deepEqual(
      [foreseen.body.before.rejected, foreseen.body.wouldPass, foreseen.body.after.stale],
      [3, 2, 1],
    );
    const ordered = await post<BatchView>(path, REASON);
    assert.equal(ordered.status, 202);
    const done = await until(
      async () => {
        const { body } = await run.api<BatchView>(`/v1/batches/${ordered.body.id}`, { key: run.operatorKey });
        return body.finishedAt !== null && body.city.pending === 0 && body;
      },
      { what: 'the replay at the city' },
    );
    assert.deepEqual(done.counts, foreseen.body.after);
    assert.deepEqual([done.city.delivered, done.replayOf], [1, first.id]);
    const { body: events } = await run.api<Event[]>('/v1/feeds/records', { key: run.operatorKey });
    assert.deepEqual(
      events.map(({ id, method }) => [id, method]),
      [
        ['1', 'PUT'],
        ['2', 'PUT'],
        ['3', 'PUT'],
      ],
    );
    assert.equal(new Set(events.map(({ subject }) => subject)).size, 3);
    const ledger = (await fetch(`${run.gateway.sandbox?.file.city.url}/ledger`, {
      headers: { authorization: `Bearer ${run.cityKey}` },
    }).then((answer) => answer.json())) as Record<string, number>;
    assert.deepEqual(
      [ledger['records'], ledger['versions'], ledger['outOfOrder'], ledger['conflicts']],
      [3, 3, 0, 0],
    );
  });

  it('leaves the account and the receipt of the first batch as they were, and has its own', async () => {
    const { body } = await run.api<BatchView>(`/v1/batches/${first.id}`, { key: run.operatorKey });
    assert.deepEqual([body.counts, body.status], [first.counts, first.status]);
    const again = await run.api(`/v1/batches/${first.id}/receipt`, { key: run.operatorKey });
    assert.equal(again.body, receipt);
    const own = await run.api<string>(`/v1/batches/${body.replayedBy}/receipt`, { key: run.operatorKey });
    const payload = JSON.parse(Buffer.from(own.body.split('.')[1] ?? '', 'base64url').toString()) as Record<
      string,
      unknown
    >;
    assert.deepEqual([payload['replayOf'], payload['verdicts']], [first.id, '2u,3n,4s,5r']);
    const agency = run.keyOf('market-regulation');
    const workbook = await run.api(`/v1/batches/${body.replayedBy}/correction.xlsx`, { key: agency });
    assert.equal(workbook.status, 200);
  });

  it('asks for a reason, and for times with a zone', async () => {
    assert.equal((await post(`/v1/batches/${first.id}/replay`, {})).status, 400);
    assert.equal((await post(`/v1/batches/${first.id}/replay`, { reason: ' ' })).status, 400);
    assert.equal((await post(`/v1/batches/${first.id}/replay?preview=perhaps`, REASON)).status, 400);
    const of = `/v1/sources/${SOURCE}/replay`;
    for (const body of [{}, { from: '2026-06-01', to: '2026-07-01' }, { from: 'x', to: 'y', ...REASON }])
      assert.equal((await post(of, body)).status, 400, JSON.stringify(body));
    const stretch = { from: '2026-06-01T00:00:00+08:00', to: '2100-01-01T00:00:00Z' };
    assert.equal((await post(of, stretch)).status, 400, 'no reason');
    assert.equal((await post('/v1/sources/unknown/replay', { ...stretch, ...REASON })).status, 404);
  });

  it('is made for all that a source delivered in a time', async () => {
    const stretch = { from: '2026-01-01T00:00:00+08:00', to: '2100-01-01T00:00:00Z' };
    const of = `/v1/sources/${SOURCE}/replay`;
    const foreseen = await post<{ previews: ReplayPreview[]; left: string[] }>(`${of}?preview=true`, stretch);
    assert.deepEqual([foreseen.status, foreseen.body.previews.length, foreseen.body.left], [200, 2, []]);
    const ordered = await post<Ordered>(of, { ...stretch, ...REASON });
    assert.deepEqual([ordered.status, ordered.body.batches], [202, 2]);
    const look = (id: string, key = run.operatorKey) =>
      run.api<Ordered>(`/v1/sources/${SOURCE}/replays/${id}`, { key });
    const done = await until(
      async () => {
        const { body } = await look(ordered.body.id);
        return body.state === 'done' && body;
      },
      { what: 'the order to be worked off' },
    );
    assert.deepEqual([done.replays.length, done.skipped], [2, []]);
    for (const { replay } of done.replays)
      await until(
        async () => {
          const { body } = await run.api<BatchView>(`/v1/batches/${replay}`, { key: run.operatorKey });
          return body.finishedAt !== null && body.city.pending === 0;
        },
        { what: 'the replays to settle' },
      );
    const none = await post<Ordered>(of, { ...stretch, to: '2026-01-01T00:00:00+08:00', ...REASON });
    assert.deepEqual([none.status, none.body.state, none.body.replays], [202, 'done', []]);
    for (const id of [first.id, 'x']) assert.equal((await look(id)).status, 404);
    assert.equal((await look(ordered.body.id, run.keyOf('market-regulation'))).status, 403);
  });
});
