// The same penalty rows in every form of file, written by other programs' habits: a workbook with real
// dates and numbers, JSON with numbers, XML with entities.
import exceljs from 'exceljs';
import { HEADINGS, penaltyRow } from '../../bench/penalty-rows.js';
import { encodeGb18030 } from './encode-gb18030.js';
import { AGENCY } from './penalties.js';

export interface Form {
  readonly name: string;
  readonly bytes: Buffer;
}

const DATES: readonly string[] = ['CF_JDRQ', 'CF_YXQ', 'CF_GSJZQ'];
const AMOUNTS: readonly string[] = ['CF_NR_FK', 'CF_NR_WFFF'];

/** Makes rows, the last `repeats` of which are the first ones again. */
export function rowsWithRepeats(count: number, repeats: number): string[][] {
  const distinct = count - repeats;
  return Array.from({ length: count }, (_, i) => penaltyRow(i < distinct ? i : i - distinct, AGENCY));
}

/** Writes the rows in all forms. */
export async function inAllForms(rows: readonly (readonly string[])[]): Promise<Form[]> {
  const csv = [HEADINGS, ...rows].map((cells) => cells.map(quoted).join(',')).join('\r\n');
  const entries = rows.map(asEntry);
  return [
    { name: 'CSV in UTF-8', bytes: Buffer.from(`\ufeff${csv}\r\n`) },
    { name: 'CSV in GBK', bytes: encodeGb18030(`${csv}\r\n`) },
    { name: 'CSV in UTF-16', bytes: Buffer.from(`\ufeff${csv}\r\n`, 'utf16le') },
    { name: 'XLSX', bytes: await asWorkbook(rows) },
    { name: 'JSON', bytes: Buffer.from(JSON.stringify({ code: 0, data: entries }, null, 1)) },
    { name: 'NDJSON', bytes: Buffer.from(`${entries.map((entry) => JSON.stringify(entry)).join('\n')}\n`) },
    { name: 'XML', bytes: Buffer.from(asXml(rows)) },
    { name: 'XML in GBK', bytes: encodeGb18030(asXml(rows).replace('UTF-8', 'GBK')) },
  ];
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function asEntry(cells: readonly string[]): Record<string, string | number | null> {
  return Object.fromEntries(
    HEADINGS.map((heading, i) => {
      const cell = cells[i] ?? '';
      if (cell === '') return [heading, null];
      return [heading, AMOUNTS.includes(heading) ? Number(cell) : cell];
    }),
  );
}

async function asWorkbook(rows: readonly (readonly string[])[]): Promise<Buffer> {
  const workbook = new exceljs.Workbook();
  const sheet = workbook.addWorksheet('行政处罚');
  sheet.addRow([...HEADINGS]);
  for (const cells of rows)
    sheet.addRow(
      HEADINGS.map((heading, i) => {
        const cell = cells[i] ?? '';
        if (cell === '') return null;
        if (AMOUNTS.includes(heading)) return Number(cell);
        return DATES.includes(heading) ? new Date(`${cell.replaceAll('/', '-')}T00:00:00Z`) : cell;
      }),
    );
  return Buffer.from(await workbook.xlsx.writeBuffer());
}

function asXml(rows: readonly (readonly string[])[]): string {
  const lines = rows.map((cells) => {
    const fields = HEADINGS.map((heading, i) => `<${heading}>${escaped(cells[i] ?? '')}</${heading}>`);
    return `<DATA>${fields.join('')}</DATA>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<DATAS>\n${lines.join('\n')}\n</DATAS>\n`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
