// How open each record is, from the file to the readers: the narrowest of catalogue, class and what it states itself.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { feedViews } from '../../src/app/feed-views.js';
import { readChangesAt } from '../../src/db/changes.js';
import type { Role } from '../../src/core/words.js';
import { readFeed } from '../helpers/feed-events.js';
import { NOW, openIntakeBench, type IntakeBench } from '../helpers/intake.js';
import { penaltiesCsv } from '../helpers/penalties.js';

const UPLOADS = join(import.meta.dirname, '../fixtures/uploads');
const COMMITMENTS = 'market-regulation-credit-commitment';

describe('the openness of a record', () => {
  let bench: IntakeBench;
  beforeEach(async () => {
    bench = await openIntakeBench();
  });
  afterEach(() => bench.close());

  const levels = async (): Promise<(number | null)[]> => {
    const { rows } = await bench.test.database.query<{ openness: number | null }>(
      'select openness from record_versions order by chunk_id, ordinal',
    );
    return rows.map(({ openness }) => openness);
  };
  const seenBy = async (role: Role): Promise<{ subject: string; method: string; data?: unknown }[]> => {
    const view = feedViews(bench.site.configuration)(role);
    return readFeed(
      { lastEventId: undefined, limit: 1000, view },
      { sql: bench.test.database, clock: () => NOW },
    );
  };

  it('is narrower for a class that is not published, under the rules of its day', async () => {
    const rows = [
      { n: 1, CF_JDRQ: '2026/6/1', CF_GSJZQ: '', CF_SXYZCD: '轻微' },
      { n: 2, CF_JDRQ: '2026/6/1', CF_GSJZQ: '', CF_SXYZCD: '一般' },
      { n: 3, CF_JDRQ: '2026/3/1', CF_GSJZQ: '', CF_SXYZCD: '轻微' },
    ];
    await bench.ingest(penaltiesCsv(rows, ['CF_SXYZCD']));
    assert.deepEqual(await levels(), [1, null, null]);
    assert.equal((await seenBy('agency')).length, 3, 'authorities share what is not published');
  });

  it('is what a commitment states, and an agency does not see what may not be shown', async () => {
    const csv = readFileSync(join(UPLOADS, 'credit-commitment.csv'), 'utf8');
    const rows = csv.trimEnd().split('\r\n').slice(0, 4);
    const stating = (openness: string[]): string =>
      rows
        .map((row, i) =>
          i === 0 ? row : row.replace(/(可向社会公开|特定范围内公开|不可公开)/, openness[i - 1]!),
        )
        .join('\r\n');
    const first = stating(['可向社会公开', '特定范围内公开', '不可公开']);
    assert.equal((await bench.ingest(first, { sourceId: COMMITMENTS })).counts.new, 3);
    assert.deepEqual(await levels(), [null, 1, 2]);
    assert.equal((await seenBy('agency')).length, 2);
    assert.equal((await seenBy('city')).length, 3, 'the city gets what its entry allows');
    const asked = { openness: 'shared', day: '2026-06-30' } as const;
    const sent = await readChangesAt(bench.test.database, [1, 2, 3], asked);
    assert.deepEqual(
      sent.map(({ operation }) => operation),
      ['u', 'u', 'd'],
      'a destination is told no more than the end of what is too narrow for it',
    );

    const second = stating(['不可公开', '特定范围内公开', '不可公开']);
    assert.equal((await bench.ingest(second, { sourceId: COMMITMENTS })).counts.amended, 1);
    const events = await seenBy('agency');
    assert.deepEqual(
      events.map(({ method, data }) => [method, data !== undefined]),
      [
        ['PUT', false],
        ['PUT', true],
        ['DELETE', false],
      ],
    );
    assert.equal(events[0]?.subject, events[2]?.subject);
  });

  it('stays with its record to the end, so that a withdrawal tells nobody new of it', async () => {
    const csv = readFileSync(join(UPLOADS, 'credit-commitment.csv'), 'utf8').split('\r\n').slice(0, 2);
    const closed = csv.join('\r\n').replace(/可向社会公开|特定范围内公开/, '不可公开');
    await bench.ingest(closed, { sourceId: COMMITMENTS });
    const withdrawn = closed.split('\r\n').map((line, i) => `${line},${i === 0 ? '操作' : '撤销'}`);
    const batch = await bench.ingest(withdrawn.join('\r\n'), { sourceId: COMMITMENTS });
    assert.equal(batch.counts.withdrawn, 1);
    assert.deepEqual(await levels(), [2, 2]);
    assert.deepEqual(await seenBy('agency'), []);
    assert.equal((await seenBy('operator')).length, 2);
  });
});
