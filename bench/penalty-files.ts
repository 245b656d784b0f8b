// The same generated rows in every form of file that is read: CSV, XLSX, JSON, NDJSON, XML.
import { createWriteStream, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import exceljs from 'exceljs';
import { HEADINGS, penaltyRow, writePenalties, type Deliverer } from './penalty-rows.js';

export const FORMATS = ['csv', 'xlsx', 'json', 'ndjson', 'xml'] as const;
export type Format = (typeof FORMATS)[number];

/** Writes `rows` rows; gives the size of the file in bytes. */
export async function writePenaltyFile(
  path: string,
  rows: number,
  { agency, format }: { agency: Deliverer; format: Format },
): Promise<number> {
  switch (format) {
    case 'csv':
      return writePenalties(path, rows, agency);
    case 'xlsx':
      return writeWorkbook(path, rows, agency);
    case 'json':
      return writeText(path, rows, { agency, head: '[\n', tail: '\n]\n', between: ',\n', entry: asJson });
    case 'ndjson':
      return writeText(path, rows, { agency, head: '', tail: '\n', between: '\n', entry: asJson });
    case 'xml':
      return writeText(path, rows, {
        agency,
        head: '<?xml version="1.0" encoding="UTF-8"?>\n<DATAS>\n',
        tail: '\n</DATAS>\n',
        between: '\n',
        entry: asXml,
      });
  }
}

/** As Excel writes: every text is a shared string. */
async function writeWorkbook(path: string, rows: number, agency: Deliverer): Promise<number> {
  const workbook = new exceljs.stream.xlsx.WorkbookWriter({ filename: path, useSharedStrings: true });
  const sheet = workbook.addWorksheet('行政处罚');
  sheet.addRow([...HEADINGS]).commit();
  for (let n = 0; n < rows; n += 1)
    sheet.addRow(penaltyRow(n, agency).map((cell) => (cell === '' ? null : cell))).commit();
  sheet.commit();
  await workbook.commit();
  return (await stat(path)).size;
}

interface TextForm {
  readonly agency: Deliverer;
  readonly head: string;
  readonly tail: string;
  readonly between: string;
  readonly entry: (cells: readonly string[]) => string;
}

async function writeText(path: string, rows: number, form: TextForm): Promise<number> {
  const file: WriteStream = createWriteStream(path);
  file.write(form.head);
  for (let start = 0; start < rows; start += 1000) {
    const entries: string[] = [];
    for (let n = start; n < Math.min(rows, start + 1000); n += 1)
      entries.push(form.entry(penaltyRow(n, form.agency)));
    const text = `${start === 0 ? '' : form.between}${entries.join(form.between)}`;
    if (!file.write(text)) await once(file, 'drain');
  }
  file.end(form.tail);
  await finished(file);
  return file.bytesWritten;
}

function asJson(cells: readonly string[]): string {
  return JSON.stringify(
    Object.fromEntries(
      HEADINGS.map((heading, i) => [heading, cells[i] ?? '']).filter(([, cell]) => cell !== ''),
    ),
  );
}

function asXml(cells: readonly string[]): string {
  const fields = HEADINGS.map((heading, i) => [heading, cells[i] ?? ''] as const)
    .filter(([, cell]) => cell !== '')
    .map(([heading, cell]) => `<${heading}>${cell}</${heading}>`);
  return `<DATA>${fields.join('')}</DATA>`;
}
