// Planted ID numbers in what a front-end database is read by: keys and cursors. None of them stays anywhere in the
// gateway, nor in the feedback table, which others than the agency's own program may read.
import assert from 'node:assert/strict';
import { createFeedbackWriter } from '../../../src/intake/front-end/feedback-writer.js';
import { createPlants } from '../../helpers/planted-numbers.js';
import { createSearch, dumpTables, filesBelow } from '../../helpers/search-for-plants.js';
import { openAgencyDatabase, type AgencyDatabase } from './agency-database.js';
import { openPullBench, type PullBench } from './pull-bench.js';

const T0 = '2026-06-01 10:00:00';
const SETTINGS = {
  keyColumns: ['id', 'BZ'],
  cursor: { column: 'id', kind: 'number', overlap: 1 },
  feedbackTable: 'credit_feedback',
  withdrawsMissing: true,
} as const;

describe('ID numbers in the keys and the cursor of a front-end database', () => {
  let agency: AgencyDatabase;
  let bench: PullBench;
  before(async () => {
    agency = (await openAgencyDatabase('postgres'))!;
    bench = await openPullBench(agency);
  });
  after(async () => {
    await bench.close();
    await agency.drop();
  });

  it('are found nowhere afterwards, and every row has come once and has its verdict', async () => {
    const plants = createPlants();
    const numeric = (place: string): string => {
      let number = plants.plant(place);
      while (number.endsWith('X')) number = plants.plant(place);
      return number;
    };
    await agency.insert([
      { id: numeric('a key and cursor'), n: 1, at: T0, cells: { BZ: plants.plant('a part of a key') } },
      { id: numeric('a key that is withdrawn'), n: 2, at: T0, cells: { BZ: 'plain' } },
      { id: numeric('a rejected key'), n: 3, at: T0, cells: { BZ: 'third', CF_JDRQ: '2025/13/45' } },
    ]);
    const pull = async (isSweep: boolean): Promise<void> => {
      await bench.pull({ settings: SETTINGS, order: { isSweep }, replaced: { aboveWithdrawnShare: 1 } });
      await bench.work();
      await createFeedbackWriter(bench.needs)(bench.source(SETTINGS));
    };
    await pull(false);
    await pull(false);
    await agency.run(`delete from penalties where bz = 'plain'`);
    await pull(true);
    assert.deepEqual(await bench.verdicts(), { new: 2, withdrawn: 1, rejected: 1 });
    const feedback = await agency.run(
      'select id, bz, verdict from credit_feedback order by fed_back_at, verdict, bz',
    );
    const verdicts = feedback.map(({ bz, verdict }) => `${String(bz)}: ${String(verdict)}`);
    assert.deepEqual(verdicts.sort(), ['null: new', 'plain: new', 'plain: withdrawn', 'third: rejected']);
    assert.ok(feedback.every(({ id }) => id === null));

    const search = createSearch(plants);
    const tables = await dumpTables(bench.bench.test.database);
    assert.ok(tables.some(({ table, text }) => table === 'source_pulls' && text.includes('penalties')));
    for (const { table, text } of tables) search.in(`table ${table}`, text);
    for (const { name, bytes } of filesBelow(bench.bench.folder)) search.in(`file ${name}`, bytes);
    for (const line of bench.lines) search.in(`log “${String(line['msg'])}”`, JSON.stringify(line));
    search.in('the feedback table', JSON.stringify(feedback));
    assert.deepEqual(search.found(), []);
  });
});
