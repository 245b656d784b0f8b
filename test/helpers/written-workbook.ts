// Workbooks that the code under test writes: caught in memory, loaded again, and their raw parts.
import { PassThrough, type Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import exceljs from 'exceljs';
import { openZip } from '../../src/intake/xlsx/zip-entries.js';
import { bytesOfBuffer, NO_LIMITS } from './read-workbook.js';

/** Catches what is written. */
export async function caught(write: (out: Writable) => Promise<void>): Promise<Buffer> {
  const out = new PassThrough();
  const [bytes] = await Promise.all([buffer(out), write(out)]);
  return bytes;
}

/** Loads a workbook as a program of somebody else would. */
export async function load(bytes: Buffer): Promise<exceljs.Workbook> {
  const workbook = new exceljs.Workbook();
  const { buffer: all, byteOffset, length } = bytes;
  await workbook.xlsx.load(all.slice(byteOffset, byteOffset + length) as ArrayBuffer);
  return workbook;
}

/** Gives the raw text of a part, e.g. `xl/worksheets/sheet1.xml`. */
export async function partOf(bytes: Buffer, name: string): Promise<string> {
  const zip = await openZip(bytesOfBuffer(bytes), NO_LIMITS);
  const pieces = zip.read(name);
  if (pieces === undefined) throw new Error(`The workbook has no part ${name}.`);
  const read: Buffer[] = [];
  for await (const piece of pieces) read.push(piece);
  zip.close();
  return Buffer.concat(read).toString();
}

/** The background of a cell as ARGB; empty where it has none. */
export function fillOf(cell: exceljs.Cell): string {
  const { fill } = cell.style;
  return fill?.type === 'pattern' ? (fill.fgColor?.argb ?? '') : '';
}

/** The texts of a sheet, row by row, without its blank rows. */
export function linesOf(sheet: exceljs.Worksheet): string[][] {
  const lines: string[][] = [];
  sheet.eachRow((row) => {
    const line: string[] = [];
    row.eachCell({ includeEmpty: true }, (cell) => line.push(cell.text));
    lines.push(line);
  });
  return lines;
}
