// What the cells of a workbook say: each way in which a program writes text, numbers, dates and blanks.
import assert from 'node:assert/strict';
import { isGatewayError } from '../../../../src/core/errors.js';
import { makeWorkbook, type CellSpec, type WorkbookSpec } from '../../../helpers/make-workbook.js';
import { cellsOf, readSheet } from '../../../helpers/read-workbook.js';

const cell = (xml: string): CellSpec => ({ xml });
const styled = (number: number | string, style: number): CellSpec => ({ number, style });

async function rowOf(cells: readonly CellSpec[], spec: WorkbookSpec = {}): Promise<string[]> {
  return (await cellsOf(makeWorkbook({ ...spec, sheets: [{ rows: [cells] }] })))[0] ?? [];
}

async function textOf(cellSpec: CellSpec, spec: WorkbookSpec = {}): Promise<string | undefined> {
  return (await rowOf([cellSpec, inline('<t>x</t>')], spec))[0];
}

const inline = (content: string): CellSpec => cell(`<c r="REF" t="inlineStr"><is>${content}</is></c>`);
const shared = (sst: string): Promise<string | undefined> =>
  textOf(cell('<c r="REF" t="s"><v>0</v></c>'), { sst: `${sst}<si><t>x</t></si>` });

describe('text in a workbook', () => {
  for (const strings of ['shared', 'inline'] as const)
    it(`stays exactly as it is in ${strings} strings`, async () => {
      const cells = ['  两端空格  ', 'a&b<c>"d"', '第一行\n第二行', '0012', '9.11201E+17', '𠮷野家', '=1+1'];
      assert.deepEqual(await rowOf(cells, { strings }), cells);
    });

  it('is joined from the runs of rich text', async () => {
    const runs = '<r><rPr><b/></rPr><t>津滨</t></r><r><t xml:space="preserve"> 市监</t></r>';
    assert.equal(await shared(`<si>${runs}</si>`), '津滨 市监');
    assert.equal(await textOf(inline(runs)), '津滨 市监');
  });

  it('is read without its phonetic runs', async () => {
    const phonetic = '<t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh><phoneticPr fontId="1"/>';
    assert.equal(await shared(`<si>${phonetic}</si>`), '東京');
    assert.equal(await textOf(inline(phonetic)), '東京');
  });

  it('has its escapes decoded, once', async () => {
    assert.equal(
      await shared('<si><t>a_x000D_b_x005F_x000D_c_xD83D__xDE00_d_x00g0_</t></si>'),
      'a\rb_x000D_c😀d_x00g0_',
    );
    assert.equal(await textOf(inline('<t>a_x0009_b</t>')), 'a\tb');
    assert.equal(await textOf(cell('<c r="REF" t="str"><v>_x4E2D_文</v></c>')), '中文');
  });

  it('has its references and CDATA resolved', async () => {
    assert.equal(await shared('<si><t>&#20013;&#x6587;&amp;&lt;<![CDATA[<&]]>&apos;</t></si>'), "中文&<<&'");
  });

  it('has line feeds for every kind of line break', async () => {
    assert.equal(await textOf(inline('<t>a\r\nb\rc\nd</t>')), 'a\nb\nc\nd');
  });

  it('may be an empty shared string', async () => {
    assert.equal(await shared('<si/>'), '');
    assert.equal(await shared('<si><t/></si>'), '');
    assert.equal(await shared('<si><t></t></si>'), '');
  });

  it('is that which a formula gave last', async () => {
    assert.equal(await textOf(cell('<c r="REF" t="str"><f>A2&amp;"v"</f><v>津滨</v></c>')), '津滨');
    assert.equal(await textOf(cell('<c r="REF"><f>SUM(B1:B9)</f><v>12.5</v></c>')), '12.5');
    assert.equal(await textOf(cell('<c r="REF"><f>NOW()</f></c>')), '');
    assert.equal(await textOf(cell('<c r="REF" t="str"><f>A1</f><v></v></c>')), '');
  });

  it('is TRUE, FALSE or the name of an error', async () => {
    assert.equal(await textOf(cell('<c r="REF" t="b"><v>1</v></c>')), 'TRUE');
    assert.equal(await textOf(cell('<c r="REF" t="b"><v>0</v></c>')), 'FALSE');
    assert.equal(await textOf(cell('<c r="REF" t="e"><v>#N/A</v></c>')), '#N/A');
  });
});

const NUMBERS: readonly (readonly [stored: string, shown: string])[] = [
  ['0', '0'],
  ['-0', '0'],
  ['42', '42'],
  ['-7.5', '-7.5'],
  ['1.50', '1.5'],
  ['0.30000000000000004', '0.3'],
  ['0.1', '0.1'],
  ['9.11201E+17', '911201000000000000'],
  ['911201161234567890', '911201161234568000'],
  ['123456789012345', '123456789012345'],
  ['1234567890123456', '1234567890123460'],
  ['1E-7', '0.0000001'],
  ['-1.25e-3', '-0.00125'],
  ['1E+20', '100000000000000000000'],
  ['45.000000000000001', '45'],
  ['99999999999999.94', '99999999999999.9'],
];

describe('numbers in a workbook', () => {
  it('are written plainly, with the 15 digits that Excel shows', async () => {
    for (const [stored, shown] of NUMBERS) assert.equal(await textOf(styled(stored, 0)), shown, stored);
  });

  it('are named by their columns', async () => {
    const sheets = [{ rows: [['文本', 5, null, styled('45000', 1), 6.5, '7']] }];
    const { rows } = await readSheet(makeWorkbook({ sheets, formats: [0, 14] }));
    assert.deepEqual(rows, [{ row: 1, cells: ['文本', '5', '', '2023-03-15', '6.5', '7'], numbers: [1, 4] }]);
  });

  it('stay numbers in a cell formatted as text, a percentage or money', async () => {
    const formats = [0, '@', 9, '#,##0.00"元";[Red]\\-#,##0.00"元"', '0.00E+00'];
    const rows = [formats.map((_, style) => styled('0.5', style))];
    const read = await readSheet(makeWorkbook({ sheets: [{ rows }], formats }));
    assert.deepEqual(read.rows, [
      { row: 1, cells: ['0.5', '0.5', '0.5', '0.5', '0.5'], numbers: [0, 1, 2, 3, 4] },
    ]);
  });

  it('that are none are the text that stands there', async () => {
    const { rows } = await readSheet(
      makeWorkbook({ sheets: [{ rows: [[cell('<c r="REF"><v>abc</v></c>')]] }] }),
    );
    assert.deepEqual(rows, [{ row: 1, cells: ['abc'] }]);
  });
});

describe('dates in a workbook', () => {
  const formats = [
    0,
    14,
    22,
    'yyyy"年"m"月"d"日"',
    '[$-804]yyyy/m/d;@',
    31,
    57,
    'h:mm',
    '[h]:mm:ss',
    'mmm-yy',
  ];

  it('are in ISO form, with the time of day where there is one', async () => {
    const cases: readonly (readonly [CellSpec, string])[] = [
      [styled('45000', 1), '2023-03-15'],
      [styled('45000.75', 2), '2023-03-15 18:00:00'],
      [styled('45000.999999999', 2), '2023-03-16'],
      [styled('45658', 3), '2025-01-01'],
      [styled('73050', 4), '2099-12-31'],
      [styled('45658', 5), '2025-01-01'],
      [styled('45658', 6), '2025-01-01'],
      [styled('45658', 9), '2025-01-01'],
      [styled('0.5', 7), '12:00:00'],
      [styled('1.5', 8), '36:00:00'],
      [cell('<c r="REF" t="d"><v>2025-03-04</v></c>'), '2025-03-04'],
      [cell('<c r="REF" t="d"><v>2025-03-04T00:00:00Z</v></c>'), '2025-03-04'],
      [cell('<c r="REF" t="d"><v>2025-03-04T05:06:07.5</v></c>'), '2025-03-04 05:06:07'],
      [cell('<c r="REF" s="1"><f>TODAY()</f><v>45000</v></c>'), '2023-03-15'],
    ];
    for (const [spec, shown] of cases)
      assert.equal(await textOf(spec, { formats }), shown, JSON.stringify(spec));
  });

  it('count from 1904 where the workbook says so', async () => {
    assert.equal(await textOf(styled('0', 1), { formats, date1904: true }), '1904-01-01');
    assert.equal(await textOf(styled('43538', 1), { formats, date1904: true }), '2023-03-15');
  });

  it('that Excel could not show are numbers', async () => {
    for (const number of ['-1', '2958466', '0']) {
      const sheets = [{ rows: [[styled(number, 1)]] }];
      const { rows } = await readSheet(makeWorkbook({ sheets, formats }));
      assert.deepEqual(rows, [{ row: 1, cells: [number], numbers: [0] }]);
    }
  });
});

describe('rows of a workbook', () => {
  const data = (xml: string): Buffer => makeWorkbook({ sheets: [{ data: xml }] });
  const inlineCell = (ref: string, text: string): string =>
    `<c${ref && ` r="${ref}"`} t="inlineStr"><is><t>${text}</t></is></c>`;

  it('have the numbers that Excel shows: blank rows count and are not given', async () => {
    const { rows } = await readSheet(
      data(
        `<row r="2">${inlineCell('B2', 'a')}</row><row r="3"><c r="A3" s="1"/>${inlineCell('B3', ' ')}</row><row r="7">${inlineCell('A7', 'b')}<c r="C7" s="1"/></row>`,
      ),
    );
    assert.deepEqual(rows, [
      { row: 2, cells: ['', 'a'] },
      { row: 7, cells: ['b'] },
    ]);
  });

  it('and cells without a reference follow those before them', async () => {
    const { rows } = await readSheet(
      data(
        `<row>${inlineCell('', 'a')}${inlineCell('', 'b')}</row><row r="4">${inlineCell('C4', 'c')}${inlineCell('', 'd')}</row><row>${inlineCell('', 'e')}</row>`,
      ),
    );
    assert.deepEqual(rows, [
      { row: 1, cells: ['a', 'b'] },
      { row: 4, cells: ['', '', 'c', 'd'] },
      { row: 5, cells: ['e'] },
    ]);
  });

  const DISORDER: readonly (readonly [what: string, xml: string])[] = [
    ['rows out of order', `<row r="2">${inlineCell('A2', 'a')}</row><row r="1"/>`],
    ['a row twice', `<row r="2">${inlineCell('A2', 'a')}</row><row r="2"/>`],
    ['row 0', '<row r="0"/>'],
    ['a row behind the last one of Excel', '<row r="1048577"/>'],
    ['a row whose number is none', '<row r="1x"/>'],
    ['cells out of order', `<row r="2">${inlineCell('B2', 'a')}${inlineCell('A2', 'b')}</row>`],
    ['a cell twice', `<row r="2">${inlineCell('B2', 'a')}${inlineCell('B2', 'b')}</row>`],
    ['a cell of another row', `<row r="2">${inlineCell('B3', 'a')}</row>`],
    ['a cell beyond XFD', `<row r="2">${inlineCell('XFE2', 'a')}</row>`],
    ['a reference with four letters', `<row r="2">${inlineCell('AAAA2', 'a')}</row>`],
    ['a reference without a row', `<row r="2">${inlineCell('B', 'a')}</row>`],
    ['a shared string that is not there', '<row r="1"><c r="A1" t="s"><v>5</v></c></row>'],
    ['a shared string without a number', '<row r="1"><c r="A1" t="s"><v>x</v></c></row>'],
    ['a cell of an unknown type', '<row r="1"><c r="A1" t="zz"><v>x</v></c></row>'],
  ];
  for (const [what, xml] of DISORDER)
    it(`${what}: the file is malformed`, async () => {
      const { fault } = await readSheet(data(xml));
      assert.ok(isGatewayError(fault, 'file.malformed'), String(fault));
      assert.match(fault.detailZh ?? '', /工作簿/);
    });

  it('before a fault are given, and the fault names its row', async () => {
    const rows = Array.from(
      { length: 40 },
      (_, i) => `<row r="${i + 1}">${inlineCell(`A${i + 1}`, 'x')}</row>`,
    );
    const read = await readSheet(data(`${rows.join('')}<row r="41">${inlineCell('B1', 'x')}</row>`));
    assert.equal(read.rows.length, 40);
    assert.ok(isGatewayError(read.fault, 'file.malformed'));
    assert.equal(read.fault.details['row'], 41);
  });

  it('come some hundred at a time', async () => {
    const rows = Array.from({ length: 1000 }, (_, i) => [`第${i}行`]);
    const { rows: read } = await readSheet(makeWorkbook({ sheets: [{ rows }] }));
    assert.deepEqual(
      read.map(({ cells }) => cells),
      rows,
    );
  });
});
