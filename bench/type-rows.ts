// Rows of any record type, made from the example of its template: the same but for name, document number and code,
// so that each row is a record of its own. What they hold is valid; nobody is meant.
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import Papa from 'papaparse';
import type { Definitions } from '../src/core/definitions.js';
import { documentFields } from '../src/core/identity.js';
import { templateOf, type TemplateColumn } from '../src/reports/template-columns.js';
import { syntheticCode } from './penalty-rows.js';

export interface TypeRows {
  readonly headings: readonly string[];
  /** Gives the cells of the n-th row, from 0. */
  readonly row: (n: number) => string[];
}

/** Plans the rows of a type. */
export function typeRows(type: string, definitions: Definitions): TypeRows {
  const { schema, columns } = templateOf(type, definitions);
  const numbers = new Set(documentFields(schema.identity));
  const cell = ({ field, example, schema: property }: TemplateColumn, n: number): string => {
    if (field === schema.identity.name) return `${example}${n}`;
    if (field === 'creditCode') return syntheticCode(n % 900_000);
    return numbers.has(field) && property.normalise !== 'date' && property.codeList === undefined
      ? numbered(example, n)
      : example;
  };
  return {
    headings: columns.map(({ heading }) => heading),
    row: (n) => columns.map((column) => cell(column, n)),
  };
}

/** Puts a number into the place of the last digits of a text, as long as they were where it fits. */
function numbered(example: string, n: number): string {
  const digits = /\d+(?=\D*$)/.exec(example);
  if (digits === null) return `${example}${n}`;
  const { index, 0: old } = digits;
  return example.slice(0, index) + String(n).padStart(old.length, '0') + example.slice(index + old.length);
}

/** Writes a CSV of so many rows; gives its size in bytes. */
export async function writeTypeRows(
  path: string,
  rows: number,
  { headings, row }: TypeRows,
): Promise<number> {
  const file = createWriteStream(path);
  file.write(`${Papa.unparse([headings])}\n`);
  for (let start = 0; start < rows; start += 1000) {
    const some = Array.from({ length: Math.min(1000, rows - start) }, (_, i) => row(start + i));
    if (!file.write(`${Papa.unparse(some, { newline: '\n' })}\n`)) await once(file, 'drain');
  }
  file.end();
  await finished(file);
  return file.bytesWritten;
}
