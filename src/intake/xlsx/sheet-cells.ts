// The cells of a worksheet, from the events of its XML: rows whose shared strings are still numbers, for those
// may not have been read yet. Rows and cells without a reference follow the one before; any disorder is a fault.
import { overLimit, type ReadingLimits } from '../../core/reading-limits.js';
import { addBytes, createByteText, type ByteText } from './byte-text.js';
import { readReference, readWhole } from './cell-reference.js';
import { cellValue, NUMBER, SHARED, type CellFormats } from './cell-value.js';
import { mainPrefix } from './main-prefix.js';
import { codeOf, nameCode } from './name-code.js';
import { BYTES_A_CHARACTER } from './shared-strings.js';
import { malformed } from './workbook-faults.js';
import type { XmlEvents } from './xml-scanner.js';
import type { TagAttributes } from './xml-tag.js';

/** A row of which nothing is known to be blank yet. */
export interface RawRow {
  readonly row: number;
  /** A number is the index of a shared string. */
  readonly cells: (string | number)[];
  readonly numbers: number[];
  /** Shared strings in columns beyond the limit, which only blank ones may be. */
  readonly beyond: number[];
}

export interface SheetNeeds extends CellFormats {
  readonly part: string;
  readonly limits: ReadingLimits;
}

export interface SheetCells {
  readonly events: XmlEvents;
  /** Gives the rows that are complete, once. */
  take(): RawRow[];
  /** The highest index of a shared string so far. */
  highestString(): number;
}

interface SheetState {
  readonly needs: SheetNeeds;
  readonly text: ByteText;
  readonly mostTextBytes: number;
  names: Names;
  rows: RawRow[];
  current: RawRow;
  isData: boolean;
  isRow: boolean;
  isCell: boolean;
  isInline: boolean;
  isRun: boolean;
  isText: boolean;
  column: number;
  type: number;
  style: number;
  highestString: number;
}

type Names = Readonly<Record<(typeof NAMES)[number], number>>;

const NAMES = ['sheetData', 'row', 'c', 'v', 'is', 't', 'r'] as const;
const REFERENCE = codeOf('r');
const TYPE = codeOf('t');
const STYLE = codeOf('s');
/** XFD1048576 is the last cell of a sheet. */
const MAX_ROW = 1_048_576;
const MAX_COLUMN = 16_384;

/** Makes the listener for one sheet. */
export function createSheetCells(needs: SheetNeeds): SheetCells {
  const state: SheetState = {
    needs,
    text: createByteText(),
    mostTextBytes: BYTES_A_CHARACTER * needs.limits.maxCellCharacters,
    names: namesUnder(''),
    rows: [],
    current: emptyRow(0),
    isData: false,
    isRow: false,
    isCell: false,
    isInline: false,
    isRun: false,
    isText: false,
    column: -1,
    type: NUMBER,
    style: 0,
    highestString: -1,
  };
  return {
    events: {
      open: (name, depth, attributes) => openElement(state, { name, depth, attributes }),
      text: (from, start, end) => {
        if (state.isText) addText(state, from, { start, end });
      },
      close: (_name, depth) => closeElement(state, depth),
    },
    take: () => state.rows.splice(0),
    highestString: () => state.highestString,
  };
}

function namesUnder(prefix: string): Names {
  return Object.fromEntries(NAMES.map((name) => [name, codeOf(prefix + name)])) as Names;
}

function emptyRow(row: number): RawRow {
  return { row, cells: [], numbers: [], beyond: [] };
}

interface Opened {
  readonly name: number;
  readonly depth: number;
  readonly attributes: TagAttributes;
}

/** The path is worksheet/sheetData/row/c, then v, is/t or is/r/t; `f` and all else are passed over. */
function openElement(state: SheetState, { name, depth, attributes }: Opened): void {
  const { names } = state;
  state.isText = false;
  switch (depth) {
    case 1:
      state.names = namesUnder(mainPrefix(attributes, 'worksheet', state.needs.part));
      break;
    case 2:
      state.isData = name === names.sheetData;
      break;
    case 3:
      state.isRow = state.isData && name === names.row;
      if (state.isRow) openRow(state, attributes);
      break;
    case 4:
      state.isCell = state.isRow && name === names.c;
      if (state.isCell) openCell(state, attributes);
      break;
    case 5:
      state.isInline = state.isCell && name === names.is;
      state.isText = state.isCell && name === names.v;
      break;
    case 6:
      state.isRun = state.isInline && name === names.r;
      state.isText = state.isInline && name === names.t;
      break;
    case 7:
      state.isText = state.isRun && name === names.t;
      break;
    default:
  }
}

function closeElement(state: SheetState, depth: number): void {
  state.isText = false;
  if (depth === 4 && state.isCell) {
    if (state.text.length > 0) closeCell(state);
    state.isCell = false;
  } else if (depth === 3 && state.isRow) {
    if (state.current.cells.length > 0 || state.current.beyond.length > 0) state.rows.push(state.current);
    state.isRow = false;
  } else if (depth === 5) state.isInline = false;
  else if (depth === 6) state.isRun = false;
}

function openRow(state: SheetState, { names, starts, ends, bytes, count }: TagAttributes): void {
  const before = state.current.row;
  let row = before + 1;
  for (let i = 0; i < count; i += 1)
    if (names[i] === REFERENCE) row = readWhole(bytes, starts[i] as number, ends[i] as number);
  if (!(row > before && row <= MAX_ROW)) throw fault(state, 'rows in disorder', before + 1);
  state.current = emptyRow(row);
  state.column = -1;
}

function openCell(state: SheetState, { names, starts, ends, bytes, count }: TagAttributes): void {
  let column = state.column + 1;
  state.type = NUMBER;
  state.style = 0;
  state.text.length = 0;
  for (let i = 0; i < count; i += 1) {
    const name = names[i];
    const start = starts[i] as number;
    const end = ends[i] as number;
    if (name === REFERENCE) column = readReference(bytes, { start, end, row: state.current.row });
    else if (name === TYPE) state.type = nameCode(bytes, start, end);
    else if (name === STYLE) state.style = readWhole(bytes, start, end);
  }
  if (!(column > state.column && column < MAX_COLUMN)) throw fault(state, 'cells in disorder');
  state.column = column;
}

function addText(state: SheetState, from: Buffer, range: { start: number; end: number }): void {
  addBytes(state.text, from, range);
  const { maxCellCharacters } = state.needs.limits;
  if (state.text.length > state.mostTextBytes)
    throw overLimit('maxCellCharacters', maxCellCharacters, state.current.row);
}

function closeCell(state: SheetState): void {
  const { column, current, text } = state;
  const { maxColumns } = state.needs.limits;
  const isBeyond = column >= maxColumns;
  if (state.type === SHARED) {
    const index = readWhole(text.bytes, 0, text.length);
    if (!(index >= 0)) throw fault(state, 'a shared string without a number');
    if (index > state.highestString) state.highestString = index;
    if (isBeyond) current.beyond.push(index);
    else putCell(current.cells, column, index);
    return;
  }
  const value = cellValue(state, text.bytes.toString('utf8', 0, text.length), state.needs);
  if (value === undefined) throw fault(state, 'a cell of an unknown type');
  if (isBeyond && value.text.trim() !== '') throw overLimit('maxColumns', maxColumns, current.row);
  if (isBeyond) return;
  putCell(current.cells, column, value.text);
  if (value.isNumber) current.numbers.push(column);
}

function putCell(cells: (string | number)[], column: number, value: string | number): void {
  while (cells.length < column) cells.push('');
  cells.push(value);
}

function fault({ needs: { part }, current }: SheetState, what: string, row = current.row): Error {
  return malformed(what, { part, row });
}
