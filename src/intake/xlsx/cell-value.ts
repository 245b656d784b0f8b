// The value of a cell by its type (ECMA-376 part 1, 18.18.11), as text.
import { booleanCell, decodeEscapes, isoCell, numberCell, type NumberCell } from './cell-text.js';
import { codeOf } from './name-code.js';
import type { NumberKind } from './number-formats.js';
import type { Epoch } from './serial-date.js';

export interface CellFormats {
  /** By cell format. */
  readonly numberKinds: readonly NumberKind[];
  readonly epoch: Epoch;
}

interface TypedCell {
  /** Code of its type. */
  readonly type: number;
  /** Index of its format. */
  readonly style: number;
}

export const NUMBER = codeOf('n');
/** The cell holds the index of a shared string. */
export const SHARED = codeOf('s');
const INLINE = codeOf('inlineStr');
const FORMULA = codeOf('str');
const BOOLEAN = codeOf('b');
const FAULT = codeOf('e');
const ISO_DATE = codeOf('d');

/** Says what a cell shows whose text is its own; undefined where its type is unknown. */
export function cellValue(cell: TypedCell, text: string, formats: CellFormats): NumberCell | undefined {
  switch (cell.type) {
    case NUMBER:
      return numberCell(text, formats.numberKinds[cell.style] ?? 'number', formats.epoch);
    case INLINE:
    case FORMULA:
      return ownText(decodeEscapes(text));
    case BOOLEAN:
      return ownText(booleanCell(text));
    case FAULT:
      return ownText(text);
    case ISO_DATE:
      return ownText(isoCell(text));
    default:
      return undefined;
  }
}

function ownText(text: string): NumberCell {
  return { text, isNumber: false };
}
