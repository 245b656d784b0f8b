// A CSV that an agency can fill in: the Chinese headings of the newest mapping in official order and one
// example row. UTF-8 with a mark, so that Excel opens it; cells never start a formula.
import Papa from 'papaparse';
import type { Definitions } from '../core/definitions.js';
import { protect } from '../core/formula-guard.js';
import { templateOf } from './template-columns.js';

const BYTE_ORDER_MARK = '\ufeff';

/** Writes the template of a record type; throws `catalogue.not-listed` where there is no such type. */
export function csvTemplate(type: string, definitions: Definitions): string {
  const { columns } = templateOf(type, definitions);
  const rows = [columns.map(({ heading }) => heading), columns.map(({ example }) => example)];
  const cells = rows.map((row) => row.map(protect));
  return `${BYTE_ORDER_MARK}${Papa.unparse(cells, { newline: '\r\n' })}\r\n`;
}
