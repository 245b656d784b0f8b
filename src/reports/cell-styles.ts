// How cells look. Each style is one object that all its cells share: exceljs knows a style again by its identity.
import type { Fill, Style } from 'exceljs';

export type CellStyle = Readonly<Partial<Style>>;

const fill = (argb: string): Fill => ({ type: 'pattern', pattern: 'solid', fgColor: { argb } });

export const RED = 'FFFFC7CE';
export const YELLOW = 'FFFFEB9C';
export const REQUIRED = 'FFF8CBAD';
export const SOMETIMES_REQUIRED = 'FFFFE699';
export const OPTIONAL = 'FFE7E6E6';
export const REPORT = 'FFDDEBF7';

/** Text: Excel changes nothing of what is typed or stands there. */
const TEXT_FORMAT = '@';
const TOP = { vertical: 'top', wrapText: true } as const;

export const TEXT: CellStyle = { numFmt: TEXT_FORMAT };
export const WRAPPED: CellStyle = { numFmt: TEXT_FORMAT, alignment: TOP };
export const TEXT_RED: CellStyle = { numFmt: TEXT_FORMAT, fill: fill(RED) };
export const TEXT_YELLOW: CellStyle = { numFmt: TEXT_FORMAT, fill: fill(YELLOW) };
export const TITLE: CellStyle = { numFmt: TEXT_FORMAT, font: { bold: true, size: 14 } };
export const ASIDE: CellStyle = { numFmt: TEXT_FORMAT, font: { color: { argb: 'FF7F7F7F' } } };
export const HEADING: CellStyle = headingStyle(OPTIONAL);
export const REPORT_HEADING: CellStyle = headingStyle(REPORT);

/** Makes the style of a heading with a background of its own. */
export function headingStyle(argb: string): CellStyle {
  return {
    numFmt: TEXT_FORMAT,
    font: { bold: true },
    fill: fill(argb),
    alignment: { vertical: 'middle', wrapText: true },
    border: { bottom: { style: 'thin' } },
  };
}
