// The template as a workbook: what an agency sees in it, and that it comes back as it was handed out.
import assert from 'node:assert/strict';
import type exceljs from 'exceljs';
import { isGatewayError } from '../../../src/core/errors.js';
import { officialValues } from '../../../src/core/official-values.js';
import { loadDefinitions } from '../../../src/platform/definitions.js';
import { csvTemplate } from '../../../src/reports/template-csv.js';
import { OPTIONAL, REQUIRED, SOMETIMES_REQUIRED } from '../../../src/reports/cell-styles.js';
import { templateOf } from '../../../src/reports/template-columns.js';
import { writeTemplateWorkbook } from '../../../src/reports/template-workbook.js';
import { cellsOf } from '../../helpers/read-workbook.js';
import { caught, fillOf, linesOf, load, partOf } from '../../helpers/written-workbook.js';

const definitions = loadDefinitions();
const PENALTY = 'administrative-penalty';

const noteOf = (cell: exceljs.Cell): string => {
  const note: string | exceljs.Comment = cell.note;
  return typeof note === 'string' ? note : (note.texts ?? []).map(({ text }) => text).join('');
};

describe('the template as a workbook', () => {
  let bytes: Buffer;
  let workbook: exceljs.Workbook;
  let sheet: exceljs.Worksheet;
  const cellUnder = (heading: string, row = 1): exceljs.Cell => {
    const { columns } = templateOf(PENALTY, definitions);
    const at = columns.findIndex((column) => column.heading === heading);
    assert.ok(at >= 0, heading);
    return sheet.getCell(row, at + 1);
  };
  before(async () => {
    bytes = await caught((out) => writeTemplateWorkbook(PENALTY, definitions, out));
    workbook = await load(bytes);
    sheet = workbook.worksheets[0]!;
  });

  it('holds the rows first, then the code lists and the rules', () => {
    assert.deepEqual(
      workbook.worksheets.map(({ name, state }) => [name, state]),
      [
        ['行政处罚', 'visible'],
        ['代码表', 'visible'],
        ['填写说明', 'visible'],
      ],
    );
    assert.deepEqual([sheet.views[0]?.state, (sheet.views[0] as { ySplit?: number }).ySplit], ['frozen', 1]);
  });

  for (const type of definitions.types.keys())
    it(`has the headings and the example of the CSV: ${type}`, async () => {
      const cells = await cellsOf(await caught((out) => writeTemplateWorkbook(type, definitions, out)));
      const lines = csvTemplate(type, definitions).slice(1).trimEnd().split('\r\n');
      assert.equal(lines.length, 2);
      const [headings = [], example = []] = lines.map((line) => line.split(','));
      const [first, second = []] = cells;
      assert.deepEqual(first, headings);
      // Blank cells at the end of a row are none.
      assert.deepEqual([...second, ...example.slice(second.length).map(() => '')], example);
    });

  it('starts no formula in the CSV, whatever an example of the schema begins with', () => {
    const schema = definitions.types.get(PENALTY)!;
    const field = templateOf(PENALTY, definitions).columns[0]!.field;
    const hostile = { ...schema.properties[field]!, examples: ['=1+1'] };
    const properties = { ...schema.properties, [field]: hostile };
    const types = new Map([[PENALTY, { ...schema, properties }]]);
    const [, example = ''] = csvTemplate(PENALTY, { ...definitions, types }).split('\r\n');
    assert.ok(example.startsWith("'=1+1,"), example.slice(0, 20));
  });

  it('marks by colour alone what is required, always or sometimes', () => {
    assert.equal(fillOf(cellUnder('行政相对人名称')), REQUIRED);
    assert.equal(fillOf(cellUnder('统一社会信用代码')), SOMETIMES_REQUIRED);
    assert.equal(fillOf(cellUnder('法定代表人')), SOMETIMES_REQUIRED);
    assert.equal(fillOf(cellUnder('备注')), OPTIONAL);
  });

  it('explains each heading in a note, Chinese first', () => {
    const { columns } = templateOf(PENALTY, definitions);
    columns.forEach(({ schema, official }, i) => {
      const lines = noteOf(sheet.getCell(1, i + 1)).split('\n');
      assert.equal(lines[0], `${schema.titleZh}（${official}）`);
      assert.ok(lines.includes(schema.title.replace(', yuan', '')), schema.title);
    });
    const of = (heading: string): string => noteOf(cellUnder(heading));
    assert.match(of('行政相对人名称'), /必填；文本；最多200个字符[^]*Required; Text; At most 200 characters/);
    assert.match(of('工商注册号'), /至少填写一项（自然人除外）/);
    assert.match(of('证件号码'), /行政相对人类别为“自然人”时必填/);
    assert.match(of('处罚有效期'), /2099\/12\/31/);
    assert.match(of('罚款金额(万元)'), /万元，最多6位小数/);
    assert.match(of('处罚类别'), /多个值用“；”分隔[^]*joined with ；/);
    assert.match(of('行政相对人类别'), /法人及非法人组织、自然人、个体工商户/);
  });

  it('offers the official values of each list in rows 2 to 10001, from a range that holds them', async () => {
    const ranges = (await partOf(bytes, 'xl/worksheets/sheet1.xml')).matchAll(
      /<dataValidation type="list"[^>]* sqref="([A-Z]+)2:\1(\d+)"><formula1>&apos;代码表&apos;!\$([A-Z]+)\$2:\$\3\$(\d+)</g,
    );
    const found = new Map([...ranges].map(([, column, last, list, end]) => [column, { last, list, end }]));
    const lists = templateOf(PENALTY, definitions).columns.filter(
      ({ schema }) => schema.normalise === 'list',
    );
    assert.equal(found.size, lists.length);
    for (const { heading, codeList } of lists) {
      const range = found.get(cellUnder(heading).address.replace(/\d+/, ''));
      assert.equal(range?.last, '10001', heading);
      const offered = Array.from(
        { length: Number(range.end) - 1 },
        (_, i) => workbook.getWorksheet('代码表')?.getCell(`${range.list}${i + 2}`).text,
      );
      assert.deepEqual(offered, officialValues(codeList!));
    }
    assert.equal(cellUnder('处罚类别', 2).dataValidation, undefined);
  });

  it('lets a value with a note pass where the list allows notes, and no other', () => {
    assert.equal(cellUnder('证件类型', 2).dataValidation.errorStyle, 'warning');
    assert.equal(cellUnder('行政相对人类别', 2).dataValidation.errorStyle, 'stop');
  });

  it('keeps every column but amounts as text, down the whole sheet', () => {
    templateOf(PENALTY, definitions).columns.forEach(({ schema }, i) => {
      const format = sheet.getColumn(i + 1).numFmt;
      assert.equal(format === '@', schema.normalise !== 'amount', schema.titleZh);
      const { width } = sheet.getColumn(i + 1);
      assert.ok(width !== undefined && width >= 14 && width <= 40);
    });
    assert.equal(cellUnder('处罚决定日期', 2).value, '2026/01/15');
    assert.equal(cellUnder('处罚决定日期', 2).numFmt, '@');
  });

  it('says in a sheet of rules what stands where, and how to withdraw', () => {
    const texts = linesOf(workbook.getWorksheet('填写说明')!);
    const all = texts.map(([first]) => first).join('\n');
    for (const words of ['1,048,576', 'GB18030', '操作', '撤销']) assert.ok(all.includes(words), words);
    const { columns } = templateOf(PENALTY, definitions);
    const from = texts.findIndex(([first]) => first === '表头') + 1;
    assert.ok(from > 0);
    assert.deepEqual(
      texts.slice(from).map(([heading, official]) => [heading, official]),
      columns.map(({ heading, official }) => [heading, official]),
    );
  });

  it('is refused for a type that does not exist, before a byte is written', async () => {
    let written = 0;
    const refusal = caught(async (out) => {
      out.on('pipe', () => (written += 1));
      await writeTemplateWorkbook('marriage', definitions, out).finally(() => out.end());
    });
    await assert.rejects(refusal, (error) => isGatewayError(error, 'catalogue.not-listed'));
    assert.equal(written, 0);
  });
});
