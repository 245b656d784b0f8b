// A removal from a list is a decision of its own: it ends the entry that it names, and no other.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BatchView } from '../../src/app/batch-view.js';
import { readFeed } from '../helpers/feed-events.js';
import { NOW, openIntakeBench, type IntakeBench } from '../helpers/intake.js';

const SAMPLE = join(import.meta.dirname, '../fixtures/uploads/serious-dishonesty-list-entry.csv');
const [HEADINGS = '', ...ROWS] = readFileSync(SAMPLE, 'utf8').trimEnd().split(/\r?\n/);
const ENTRY = ROWS.find((row) => row.includes('津滨市监列〔2026〕1号')) ?? '';
const REMOVAL = (ROWS.find((row) => row.includes('津滨市监移〔2026〕4号')) ?? '')
  .replace('津滨市监列〔2023〕4号', '津滨市监列〔2026〕1号')
  .replace('天津滨海示例食品第3有限公司', '天津滨海示例食品第0有限公司')
  .replace('91120116MA61000335', '91120116MA6100009L');

describe('a removal from a list', () => {
  let bench: IntakeBench;
  beforeEach(async () => {
    bench = await openIntakeBench();
  });
  afterEach(() => bench.close());

  const ingest = (...rows: string[]): Promise<BatchView> =>
    bench.ingest([HEADINGS, ...rows].join('\r\n'), {
      sourceId: 'market-regulation-serious-dishonesty-list-entry',
    });
  const events = async (): Promise<string[]> => {
    const all = await readFeed(
      { lastEventId: undefined, limit: 1000 },
      { sql: bench.test.database, clock: () => NOW },
    );
    const subjects = [...new Set(all.map(({ subject }) => subject))];
    return all.map(({ method, subject, data }) =>
      [method, subjects.indexOf(subject), data === undefined ? 'empty' : 'full'].join(' '),
    );
  };
  const codesOf = async ({ id }: BatchView): Promise<string[]> =>
    (await bench.problems(id)).problems.map(({ code }) => code);

  it('ends its entry, which an earlier file brought, and stays itself', async () => {
    await ingest(ENTRY);
    const batch = await ingest(REMOVAL);
    assert.deepEqual(await codesOf(batch), []);
    assert.equal(batch.counts.new, 1);
    assert.deepEqual(await events(), ['PUT 0 empty', 'PUT 1 full', 'DELETE 0 empty']);
    const again = await ingest(ENTRY, REMOVAL);
    assert.deepEqual(
      [again.counts.stale, again.counts.unchanged],
      [1, 1],
      'a full export brings nothing back',
    );
  });

  it('ends an entry of its own file, in any number of chunks', async () => {
    await ingest(ENTRY, REMOVAL);
    assert.deepEqual(await events(), ['PUT 0 empty', 'PUT 1 full', 'DELETE 0 empty']);
  });

  it('ends no entry of another list, subject or number, and says that it knows none', async () => {
    await ingest(ENTRY);
    const others = [
      REMOVAL.replace('津滨市监列〔2026〕1号', '津滨市监列〔2026〕99号'),
      REMOVAL.replace('91120116MA6100009L', '91120116MA61000335').replace('移〔2026〕4号', '移〔2026〕5号'),
    ];
    const batch = await ingest(...others);
    assert.equal(batch.counts.new, 2);
    assert.deepEqual(await codesOf(batch), ['list.unknown-entry', 'list.unknown-entry']);
    assert.deepEqual(await events(), ['PUT 0 full', 'PUT 1 full', 'PUT 2 full']);
  });
});
