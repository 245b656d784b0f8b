// The sheet 填写说明 of a template: general rules first, then a row per column.
import { RULES_SHEET } from '../core/report-headings.js';
import type { StreamedWorkbook } from './streamed-workbook.js';
import {
  ASIDE,
  headingStyle,
  HEADING,
  OPTIONAL,
  REQUIRED,
  SOMETIMES_REQUIRED,
  TITLE,
  WRAPPED,
} from './cell-styles.js';
import type { Template, TemplateColumn } from './template-columns.js';
import { englishTitle, notesOf } from './template-notes.js';
import { addTextRow } from './text-row.js';

const GENERAL: readonly (readonly [string, string])[] = [
  [
    '第一行为表头，请勿修改或删除；从第二行起每行一条记录，请覆盖示例行，原样报送的示例行会被退回。',
    'Row 1 holds the headings: leave them as they are. One record a row from row 2 on; write over the example, which is refused as it is.',
  ],
  [
    '表头颜色：橙色必填，黄色在一定条件下必填，灰色选填。',
    'Headings in orange are required, in yellow under a condition, in grey optional.',
  ],
  [
    '代码、文号、证件号码和日期均按文本填写；以数字格式存储的代码会丢失位数，将被退回。',
    'Codes, document numbers, ID numbers and dates are text; codes that are stored as numbers are rejected.',
  ],
  [
    '日期先写年份，例如 2026/01/31、2026-1-31 或 2026年1月31日。',
    'Dates have the year first: 2026/01/31, 2026-1-31, 2026年1月31日.',
  ],
  [
    '一张工作表最多 1,048,576 行；下拉列表设到第 10,001 行，更多的行同样可以填写。更大的数据请用 CSV 报送。',
    'A sheet has at most 1,048,576 rows; drop-downs reach to row 10,001, rows below are read as well. Use CSV for more.',
  ],
  [
    '也可报送 CSV（UTF-8、UTF-16、GB18030/GBK；逗号、分号或制表符分隔）、JSON、NDJSON、XML；不支持 .xls、.xlsm、.xlsb 和加密文件。',
    'CSV (UTF-8, UTF-16, GB18030/GBK; comma, semicolon or tab), JSON, NDJSON and XML are read too; .xls, .xlsm, .xlsb and encrypted files are not.',
  ],
  [
    '更正：以相同的文号和名称再次报送。撤销：增加一列“操作”，在该行填写“撤销”，并填写文号和名称。',
    'To amend a record deliver it again under the same number and name. To withdraw it add a column 操作 and write 撤销 in its row.',
  ],
  [
    '重复报送相同内容不会产生新记录；有问题的行会连同原因退回，其余的行照常入库。',
    'The same content delivered again changes nothing; rows with faults come back with the reason, all others are taken.',
  ],
];

const HEADINGS = ['表头', '标准字段', '是否必填', '格式', '长度', '允许值', '示例', 'In English'] as const;
const WIDTHS = [30, 14, 30, 36, 16, 40, 30, 60];
/** The style of a heading, by how far its column is required. */
export const HEADING_STYLES = {
  always: headingStyle(REQUIRED),
  sometimes: headingStyle(SOMETIMES_REQUIRED),
  never: headingStyle(OPTIONAL),
} as const;

/** Writes the sheet of rules. */
export async function addRules(workbook: StreamedWorkbook, template: Template): Promise<void> {
  const { sheet, close } = workbook.addSheet(RULES_SHEET);
  sheet.columns = WIDTHS.map((width) => ({ width }));
  addTextRow(sheet, [`${template.schema.titleZh} · ${template.schema.title}`], TITLE);
  GENERAL.forEach(([zh, en], i) => {
    addTextRow(sheet, [`${i + 1}. ${zh}`]);
    addTextRow(sheet, [en], ASIDE);
  });
  addTextRow(sheet, []);
  addTextRow(sheet, HEADINGS, HEADING);
  for (const column of template.columns) addTextRow(sheet, ruleOf(column, template), WRAPPED);
  await close();
}

function ruleOf(column: TemplateColumn, template: Template): string[] {
  const { required, format, length, values } = notesOf(column, template);
  const english = [englishTitle(column), required.en, format.en, length.en, values?.en ?? ''];
  return [
    column.heading,
    column.official,
    required.zh,
    format.zh,
    length.zh,
    values?.zh ?? '',
    column.example,
    english.filter((words) => words !== '').join('. '),
  ];
}
