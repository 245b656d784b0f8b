// Finds codes, document numbers and dates that a sheet has turned into numbers: leading zeros and all
// digits behind the fifteenth are gone then, and nobody can tell.
import type { HeadingMatch } from '../core/heading-match.js';
import type { ParsedRow } from '../core/rows.js';
import type { RecordType } from './record-type.js';

/** A column whose values must have come as text. */
export interface TextColumn {
  readonly heading: string;
  /** Tells whether this row's value may have lost digits. */
  readonly isLost: (row: ParsedRow) => boolean;
}

/** What Excel makes of a long number in a CSV: 9.11201E+17. A credit code may hold an E, but never such a form. */
const SCIENTIFIC = /^\s*\d+(\.\d+)?[Ee]\+\d+\s*$|^\s*\d\.\d+[Ee]\d+\s*$/;
/** 20200131 as a number has lost nothing. */
const WHOLE_DATE = /^(19|20|21)\d{6}$/;

/** Compiles the check for the columns of one file. */
export function compileWantsText(type: RecordType, match: HeadingMatch): TextColumn[] {
  const readsSerials = match.mapping.dates?.excelSerials === true;
  return match.columns.flatMap(({ field, column, heading }): TextColumn[] => {
    switch (type.schema.properties[field]?.normalise) {
      case 'code':
      case 'id-number':
      case 'document-number':
        return [
          { heading, isLost: (row) => isNumber(row, column) || SCIENTIFIC.test(row.cells[column] ?? '') },
        ];
      case 'date':
        return [
          {
            heading,
            isLost: (row) =>
              isNumber(row, column) && !readsSerials && !WHOLE_DATE.test(row.cells[column] ?? ''),
          },
        ];
      case 'name':
      case 'text':
      case 'amount':
      case 'list':
      case 'multi-list':
      case undefined:
        return [];
    }
  });
}

function isNumber(row: ParsedRow, column: number): boolean {
  return row.numbers !== undefined && row.numbers.includes(column);
}
