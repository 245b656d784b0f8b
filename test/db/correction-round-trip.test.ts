// A batch in any form, its correction workbook, and that workbook delivered again: what nobody has corrected is
// unchanged, what was faulty is still faulty, and what was corrected is taken.
import assert from 'node:assert/strict';
import exceljs from 'exceljs';
import { HEADINGS } from '../../bench/penalty-rows.js';
import { bindReports } from '../../src/app/reports.js';
import { templateOf } from '../../src/reports/template-columns.js';
import { writeTemplateWorkbook } from '../../src/reports/template-workbook.js';
import { NOW, openIntakeBench, type IntakeBench } from '../helpers/intake.js';
import { inAllForms, rowsWithRepeats } from '../helpers/penalty-forms.js';
import { caught, load } from '../helpers/written-workbook.js';

const at = (heading: (typeof HEADINGS)[number]): number => HEADINGS.indexOf(heading);
const ODD_TEXTS = ['=1+1', "'=1+1", '@x', '-', 'a\r\nb', '_x0041_', '<&>"', "'"];
const FAULTY = 3;

/** Twenty rows: odd texts that are sound, and three faults. */
function sampleRows(): string[][] {
  const rows = rowsWithRepeats(20, 0);
  ODD_TEXTS.forEach((text, i) => (rows[i]![at('BZ')] = text));
  rows[10]![at('CF_JDRQ')] = '2025/13/45';
  rows[11]![at('CF_CFLB')] = '=口头教育';
  rows[12]![at('CF_WSH')] = '';
  return rows;
}

describe('a correction workbook that is delivered again', function () {
  this.timeout(60_000);
  let bench: IntakeBench;
  before(async () => {
    bench = await openIntakeBench();
  });
  after(() => bench.close());
  const correctionOf = (id: string): Promise<Buffer> => {
    const { site, test, originals } = bench;
    const reports = bindReports({
      site,
      storage: { database: test.database, originals },
      clock: () => NOW,
    });
    return caught((out) => reports.writeCorrection(id, { onlyFaulty: false }, out));
  };

  it('changes nothing where nobody has corrected anything, whatever form the rows came in', async () => {
    const forms = await inAllForms(sampleRows());
    for (const { name, bytes } of forms) {
      const { id, counts } = await bench.ingest(bytes);
      assert.deepEqual([name, counts.received, counts.rejected], [name, 20, FAULTY]);
      const again = await bench.ingest(await correctionOf(id));
      assert.deepEqual([name, again.counts.unchanged, again.counts.rejected], [name, 20 - FAULTY, FAULTY]);
      assert.deepEqual(again.warnings, []);
      const codes = async (batch: string): Promise<string[]> =>
        (await bench.problems(batch)).problems
          // Late is a record that is new; the second time it is not.
          .filter(({ code }) => code !== 'record.late')
          .map(({ code, column }) => `${code} ${String(column)}`);
      assert.deepEqual(await codes(again.id), await codes(id), name);
    }
  });

  it('takes what was corrected in its cells', async () => {
    const [csv] = await inAllForms(sampleRows());
    const first = await bench.ingest(csv!.bytes);
    const workbook = await load(await correctionOf(first.id));
    const sheet = workbook.worksheets[0]!;
    sheet.getCell(12, at('CF_JDRQ') + 1).value = '2025/03/04';
    sheet.getCell(13, at('CF_CFLB') + 1).value = '警告';
    const edited = Buffer.from(await workbook.xlsx.writeBuffer());
    const { counts, id } = await bench.ingest(edited);
    assert.deepEqual([counts.new, counts.unchanged, counts.rejected], [2, 20 - FAULTY, 1]);
    const third = await bench.ingest(await correctionOf(id));
    assert.deepEqual([third.counts.unchanged, third.counts.rejected], [22 - FAULTY, 1]);
  });

  it('from a template, filled in by a program, is taken as it is', async () => {
    const { definitions } = bench.site;
    const bytes = await caught((out) => writeTemplateWorkbook('administrative-penalty', definitions, out));
    const workbook = new exceljs.Workbook();
    await workbook.xlsx.load(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
    );
    const { columns } = templateOf('administrative-penalty', definitions);
    const heading = columns.findIndex(({ field }) => field === 'decisionDocumentNumber') + 1;
    workbook.worksheets[0]!.getCell(2, heading).value = '津滨市监罚〔2026〕99号';
    const { counts, warnings } = await bench.ingest(Buffer.from(await workbook.xlsx.writeBuffer()));
    assert.deepEqual([counts.received, counts.new, warnings], [1, 1, []]);
  });
});
