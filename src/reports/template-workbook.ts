// A workbook that an agency can fill in: headings with notes, drop-downs from the code lists, one example row,
// and a sheet of rules. All columns but amounts are text, dates too: a date that Excel has made of what was typed
// depends on the machine's language, is written otherwise in a CSV, and 长期 is none; what is typed as text stays.
import type { Writable } from 'node:stream';
import type { Column, DataValidation, Worksheet } from 'exceljs';
import type { CodeList, Definitions } from '../core/definitions.js';
import { officialValues } from '../core/official-values.js';
import { CODE_SHEET } from '../core/report-headings.js';
import { HEADING, TEXT, WRAPPED } from './cell-styles.js';
import { writeWorkbook, type StreamedWorkbook } from './streamed-workbook.js';
import { templateOf, type Template, type TemplateColumn } from './template-columns.js';
import { englishTitle, notesOf, type ColumnNotes } from './template-notes.js';
import { addRules, HEADING_STYLES } from './template-rules.js';
import { addTextRow } from './text-row.js';
import { workbookText } from './workbook-text.js';

/** Drop-downs stand in rows 2 to this one. */
const LAST_ROW = 10_001;
const WIDTHS = { least: 14, most: 40 };
/** A note is as high as four rows: with these two its words have room. */
const HEADING_HEIGHT = 48;
const EXAMPLE_HEIGHT = 48;
const NOTE_FONT = { size: 9, name: '宋体' } as const;

/** Writes the template of a record type into `out`; throws `catalogue.not-listed` where there is no such type. */
export async function writeTemplateWorkbook(
  type: string,
  definitions: Definitions,
  out: Writable,
): Promise<void> {
  const template = templateOf(type, definitions);
  await writeWorkbook(out, undefined, async (workbook) => {
    await addData(workbook, template);
    await addCodeLists(workbook, template);
    await addRules(workbook, template);
  });
}

async function addData(workbook: StreamedWorkbook, template: Template): Promise<void> {
  const { columns, schema } = template;
  const { sheet, close } = workbook.addSheet(schema.titleZh, { views: [{ state: 'frozen', ySplit: 1 }] });
  sheet.columns = columns.map(columnOf);
  const headings = sheet.addRow([]);
  headings.height = HEADING_HEIGHT;
  columns.forEach((column, i) => {
    const notes = notesOf(column, template);
    const cell = headings.getCell(i + 1);
    cell.value = workbookText(column.heading);
    cell.style = HEADING_STYLES[notes.need];
    cell.note = { texts: [{ font: NOTE_FONT, text: noteText(column, notes) }] };
  });
  headings.commit();
  const example = sheet.addRow([]);
  example.height = EXAMPLE_HEIGHT;
  columns.forEach((column, i) => {
    if (column.example === '') return;
    const cell = example.getCell(i + 1);
    cell.value = workbookText(column.example);
    if (column.schema.normalise !== 'amount') cell.style = WRAPPED;
  });
  example.commit();
  addDropDowns(sheet, template);
  await close();
}

function columnOf({ heading, schema }: TemplateColumn): Partial<Column> {
  const width = Math.min(WIDTHS.most, Math.max(WIDTHS.least, heading.length * 2 + 4));
  return schema.normalise === 'amount' ? { width } : { width, style: TEXT };
}

function noteText(column: TemplateColumn, { required, format, length, values }: ColumnNotes): string {
  const rules = [required, format, length].filter(({ zh }) => zh !== '');
  return [
    `${column.schema.titleZh}（${column.official}）`,
    rules.map(({ zh }) => zh).join('；'),
    values?.zh,
    englishTitle(column),
    rules.map(({ en }) => en).join('; '),
    values?.en,
  ]
    .filter((words) => words !== undefined)
    .join('\n');
}

function addDropDowns(sheet: Worksheet, template: Template): void {
  const lists = listsOf(template);
  template.columns.forEach(({ schema, codeList }, i) => {
    if (codeList === undefined || schema.normalise !== 'list') return;
    const { letter } = sheet.getColumn(i + 1);
    const list = lists.indexOf(codeList);
    validationsOf(sheet).add(
      `${letter}2:${letter}${LAST_ROW}`,
      dropDown(codeList, rangeOf(sheet, list, codeList)),
    );
  });
}

/** The types of exceljs 4.4 know validations of single cells alone; its writer takes ranges. */
function validationsOf(sheet: Worksheet): { add(range: string, validation: DataValidation): void } {
  return (sheet as unknown as { dataValidations: { add(range: string, validation: DataValidation): void } })
    .dataValidations;
}

function dropDown(list: CodeList, range: string): DataValidation {
  return {
    type: 'list',
    allowBlank: true,
    formulae: [range],
    showErrorMessage: true,
    // A value that may be followed by a note is none of the list: Excel asks, and lets it pass.
    errorStyle: list.annotated === undefined ? 'stop' : 'warning',
    errorTitle: list.titleZh,
    error: `请从下拉列表中选择，取值见工作表“${CODE_SHEET}”。Choose a value from the list.`,
  };
}

/** Each list has two columns of the sheet: values, and the codes that are read as well. */
function rangeOf(sheet: Worksheet, list: number, codeList: CodeList): string {
  const { letter } = sheet.getColumn(list * 2 + 1);
  return `'${CODE_SHEET}'!$${letter}$2:$${letter}$${officialValues(codeList).length + 1}`;
}

function listsOf({ columns }: Template): CodeList[] {
  return [...new Set(columns.flatMap(({ codeList }) => codeList ?? []))];
}

async function addCodeLists(workbook: StreamedWorkbook, template: Template): Promise<void> {
  const { sheet, close } = workbook.addSheet(CODE_SHEET, { views: [{ state: 'frozen', ySplit: 1 }] });
  const lists = listsOf(template);
  sheet.columns = lists.flatMap(() => [
    { width: 36, style: TEXT },
    { width: 12, style: TEXT },
  ]);
  addTextRow(
    sheet,
    lists.flatMap(({ titleZh }) => [titleZh, '代码']),
    HEADING,
  );
  const values = lists.map(officialValues);
  const most = Math.max(0, ...values.map(({ length }) => length));
  for (let i = 0; i < most; i += 1)
    addTextRow(
      sheet,
      lists.flatMap((list, n) => [values[n]?.[i] ?? '', codesOf(list, values[n]?.[i])]),
    );
  await close();
}

function codesOf(list: CodeList, value: string | undefined): string {
  const codes = list.versions.flatMap((version) =>
    version.values.filter((entry) => entry.value === value).flatMap((entry) => entry.codes),
  );
  return [...new Set(codes)].join('、');
}
