// The figures for machines: counted from the tables, whoever asks and however often, without counting all of it again.
import assert from 'node:assert/strict';
import { bindMetricFigures } from '../../src/app/metric-figures.js';
import type { Foundation } from '../../src/app/gateway.js';
import type { MetricFigures } from '../../src/http/deps.js';
import { firstVersions, writeChunk } from '../helpers/changes.js';
import { NOW, openIntakeBench, SOURCE, type IntakeBench } from '../helpers/intake.js';
import { penaltiesCsv } from '../helpers/penalties.js';

const after = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

describe('the figures for machines', () => {
  let bench: IntakeBench;
  let now: Date;
  let read: () => Promise<MetricFigures>;
  beforeEach(async () => {
    bench = await openIntakeBench();
    now = NOW;
    read = bindMetricFigures({
      site: bench.site,
      storage: { database: bench.test.database },
      clock: () => now,
    } as unknown as Foundation);
  });
  afterEach(() => bench.close());

  const sql = (text: string, values: readonly unknown[] = []): Promise<unknown> =>
    bench.test.database.query(text, values);
  const counts = (of: MetricFigures['rows']): string[] =>
    of.flatMap(({ of: labels, count }) => (count === 0 ? [] : [`${labels.join(' ')} ${count}`])).sort();

  it('count rows by verdict, the same when they are old as when they are new', async () => {
    await bench.ingest(penaltiesCsv([{ n: 1 }, { n: 2 }, { n: 2 }, { n: 3, CF_JDRQ: '' }]));
    const expected = [`${SOURCE} duplicate 1`, `${SOURCE} new 2`, `${SOURCE} rejected 1`];
    for (const seconds of [0, 10, 4000, 8000, 90_000]) {
      now = after(seconds);
      const figures = await read();
      assert.deepEqual(counts(figures.rows), expected, `after ${seconds} s`);
      assert.deepEqual(counts(figures.settled), [`${SOURCE} partially-accepted 1`]);
    }
    await bench.ingest(penaltiesCsv([{ n: 4 }]));
    // Settled at the standing time of the bench: it is too old to be counted by this process again.
    await sql('update batches set finished_at = $1 where received = 1', [now]);
    now = after(90_010);
    assert.ok(counts((await read()).rows).includes(`${SOURCE} new 3`));
  });

  it('count rows of batches under way, once', async () => {
    const id = await writeChunk(bench.test.database, { changes: [] });
    await sql(`update batches set source = $2, received = 5, new = 5 where id = $1`, [id, SOURCE]);
    assert.deepEqual(counts((await read()).rows), [`${SOURCE} new 5`]);
    await sql(`update batches set status = 'accepted', finished_at = $2 where id = $1`, [id, NOW]);
    now = after(10);
    assert.deepEqual(counts((await read()).rows), [`${SOURCE} new 5`]);
  });

  it('count tries by what came of them, and leave out what the configuration does not name', async () => {
    await writeChunk(bench.test.database, { changes: firstVersions(1) });
    for (const destination of ['city', 'gone']) {
      await sql('insert into destinations (id, planned_to) values ($1, 1)', [destination]);
      await sql(
        `with m as (
           insert into messages (id, destination, agency, record_type, table_code, table_version, positions, record_ids, due_at,
             planned_at)
           values (gen_random_uuid(), $1, 'a', 't', 'T', '1', '{1}', array[gen_random_uuid()], $2, $2) returning id)
         insert into message_attempts select m.id, a.* from m, (values
           (1, $2::timestamptz, 5, null::int, null::text, 'time-out'), (2, $2, 5, 503, null, 'status'),
           (3, $2, 5, null, null, 'not-written'), (4, $2, 5, 200, '400', null), (5, $2, 5, 200, '200', null)) a`,
        [destination, NOW],
      );
    }
    const { attempts, destinations } = await read();
    assert.deepEqual(counts(attempts), [
      'city not-written 1',
      'city postponed 1',
      'city refused 1',
      'city taken 1',
      'city unanswered 1',
    ]);
    assert.deepEqual(
      destinations.map(({ id, records }) => [id, records]),
      [['city', 1]],
    );
  });

  it('ask the tables once for all who scrape within some seconds', async () => {
    const first = await read();
    assert.equal(await read(), first);
    now = after(6);
    assert.notEqual(await read(), first);
  });
});
