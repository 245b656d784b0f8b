// A row of cells at the end of a sheet that is being written.
import type { Worksheet } from 'exceljs';
import { TEXT, type CellStyle } from './cell-styles.js';
import { workbookText } from './workbook-text.js';

/** Adds a row in one style and lets it go; texts stay texts, numbers are numbers. */
export function addTextRow(
  sheet: Worksheet,
  values: readonly (string | number)[],
  style: CellStyle = TEXT,
): void {
  const row = sheet.addRow([]);
  values.forEach((value, i) => {
    if (value === '') return;
    const cell = row.getCell(i + 1);
    cell.value = typeof value === 'number' ? value : workbookText(value);
    cell.style = style;
  });
  row.commit();
}
