// A workbook with faults, its correction.xlsx, corrected by a program that only edits cells, uploaded again.
import assert from 'node:assert/strict';
import exceljs from 'exceljs';
import type { BatchView } from '../../src/app/batch-view.js';
import { HEADINGS, penaltyRow } from '../../bench/penalty-rows.js';
import { AGENCY } from '../helpers/penalties.js';
import { startTestGateway, type TestGateway } from '../helpers/gateway.js';
import { until } from '../helpers/until.js';

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const SOURCE = 'market-regulation-penalty';
const ROWS = 120;
const HEADING_ROW = 3;
const column = (heading: string): number => HEADINGS.indexOf(heading as never) + 1;

/** What is wrong with the n-th faulty row, and how it is put right. */
const FAULTS: readonly {
  readonly heading: string;
  readonly wrong: string | number;
  readonly right: string;
}[] = [
  { heading: 'CF_JDRQ', wrong: '2025/13/45', right: '2025/03/04' },
  { heading: 'CF_XDR_SHXYM', wrong: 911201161234567800, right: '' },
  { heading: 'CF_WSH', wrong: '', right: '' },
  { heading: 'CF_CFLB', wrong: '口头教育', right: '警告' },
  { heading: 'CF_NR_FK', wrong: '壹佰元', right: '0.01' },
];

describe('a workbook with 20 faulty rows', function () {
  this.timeout(120_000);
  let run: TestGateway;
  before(async () => {
    run = await startTestGateway();
  });
  after(() => run.close());

  const upload = async (body: Buffer): Promise<BatchView> => {
    const key = run.keyOf('market-regulation');
    const answer = await fetch(`${run.gateway.url}/v1/sources/${SOURCE}/batches`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': XLSX },
      body,
    });
    const { id } = (await answer.json()) as { id: string };
    assert.equal(answer.status, 202);
    return until(
      async () => {
        const { body: view } = await run.api<BatchView>(`/v1/batches/${id}`, { key });
        return view.finishedAt !== null && view;
      },
      { what: 'the batch to settle' },
    );
  };
  const correctionOf = async (id: string): Promise<exceljs.Workbook> => {
    const answer = await fetch(`${run.gateway.url}/v1/batches/${id}/correction.xlsx`, {
      headers: { authorization: `Bearer ${run.keyOf('market-regulation')}` },
    });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), XLSX);
    const workbook = new exceljs.Workbook();
    await workbook.xlsx.load(await answer.arrayBuffer());
    return workbook;
  };
  const save = async (workbook: exceljs.Workbook): Promise<Buffer> =>
    Buffer.from(await workbook.xlsx.writeBuffer());

  it('comes back marked; corrected, exactly 20 rows change their verdict', async () => {
    const first = await upload(await save(faultyWorkbook()));
    assert.deepEqual(
      [first.status, first.counts.received, first.counts.new, first.counts.rejected],
      ['partially-accepted', ROWS, ROWS - 20, 20],
    );
    const correction = await correctionOf(first.id);
    const sheet = correction.worksheets[0]!;
    let corrected = 0;
    sheet.eachRow((row, number) => {
      if (number <= HEADING_ROW || !row.getCell(HEADINGS.length + 1).text.includes('退回')) return;
      const fault = FAULTS[(number - HEADING_ROW - 1) % 6]!;
      const clean = penaltyRow(number - HEADING_ROW - 1, AGENCY)[column(fault.heading) - 1];
      row.getCell(column(fault.heading)).value = fault.right === '' ? clean : fault.right;
      corrected += 1;
    });
    assert.equal(corrected, 20);
    const second = await upload(await save(correction));
    assert.deepEqual(second.counts, {
      received: ROWS,
      new: 20,
      amended: 0,
      unchanged: ROWS - 20,
      duplicate: 0,
      stale: 0,
      withdrawn: 0,
      rejected: 0,
    });
    assert.deepEqual(second.warnings, []);
    const third = await upload(await save(await correctionOf(second.id)));
    assert.equal(third.counts.unchanged, ROWS);
  });
});

/** A title, a blank row, headings, and rows of which the first 24 but every sixth are faulty. */
function faultyWorkbook(): exceljs.Workbook {
  const workbook = new exceljs.Workbook();
  const sheet = workbook.addWorksheet('行政处罚');
  sheet.addRow(['行政处罚信息报送表']);
  sheet.addRow([]);
  sheet.addRow([...HEADINGS]);
  for (let n = 0; n < ROWS; n += 1) {
    const cells: (string | number)[] = penaltyRow(n, AGENCY);
    const fault = FAULTS[n % 6];
    if (n < 24 && fault !== undefined) cells[column(fault.heading) - 1] = fault.wrong;
    sheet.addRow(cells.map((cell) => (cell === '' ? null : cell)));
  }
  return workbook;
}
