// Elements to entries: the children of a row element, or its attributes, are values under their local names.
// Told of every element and text of a document in turn.
import { overLimit, type ReadingLimits } from '../core/reading-limits.js';
import type { KeyedRow } from '../core/rows.js';
import { limitKeys, limitValue, refuseKey, refuseRepeatedKeys } from './check-keys.js';
import { MAX_ROW_CHARACTERS, rowTooLong } from './row-length.js';

export type Attributes = Readonly<Record<string, string>>;

export interface XmlRows {
  open(name: string, attributes: Attributes): void;
  text(piece: string): void;
  close(): void;
  /** Counts a piece of the document that has just been read, against the longest row. */
  count(characters: number): void;
  /** Gives the entries that have ended since the last call. */
  take(): KeyedRow[];
  /** Entries that have ended. */
  ended(): number;
  /** Whether an element is open. */
  isOpen(): boolean;
  /** Whether there was a place for rows, with rows in it or without. */
  sawPlace(): boolean;
}

interface OpenRow {
  readonly row: number;
  /** Nesting of the row element itself. */
  readonly depth: number;
  readonly keys: string[];
  readonly values: string[];
  readonly nested: number[];
  /** Characters of the pieces of the document that it takes up whole. */
  inPieces: number;
  isNil: boolean;
}

interface State {
  readonly limits: ReadingLimits;
  /** Local names of the open elements. */
  readonly stack: string[];
  rows: KeyedRow[];
  ended: number;
  sawPlace: boolean;
  open: OpenRow | undefined;
  /** The row that was open when the last piece ended. */
  openBefore: OpenRow | undefined;
  /** Text of the value that is being read. */
  text: string;
  /** The keys of the last entry: the next one has nearly always the same. */
  keys: readonly string[];
}

const XML_OWN = /^(?:xml|xmlns|xsi)(?::|$)/;
const NIL = /:nil$/;
const TRUE = /^\s*(?:true|1)\s*$/;

/** Makes the reader of one document; `paths` are the ends of the paths of row elements. */
export function createXmlRows(paths: readonly string[], limits: ReadingLimits): XmlRows {
  const isRow = compilePaths(paths);
  const isPlace = compilePaths(paths.map((path) => path.slice(0, Math.max(0, path.lastIndexOf('/')))));
  const state: State = {
    limits,
    stack: [],
    rows: [],
    ended: 0,
    sawPlace: false,
    open: undefined,
    openBefore: undefined,
    text: '',
    keys: [],
  };
  return {
    open: (name, attributes) => {
      state.stack.push(localName(name));
      if (state.stack.length > limits.maxDepth) throw overLimit('maxDepth', limits.maxDepth, state.ended + 1);
      if (state.open !== undefined) openValue(state, state.open, attributes);
      else if (isRow(state.stack)) openRow(state, attributes);
      else if (isPlace(state.stack)) state.sawPlace = true;
    },
    text: (piece) => {
      if (state.open !== undefined) state.text += piece;
    },
    close: () => closeElement(state),
    count: (characters) => countPiece(state, characters),
    take: () => state.rows.splice(0),
    ended: () => state.ended,
    isOpen: () => state.stack.length > 0,
    sawPlace: () => state.sawPlace || state.ended > 0,
  };
}

function compilePaths(paths: readonly string[]): (stack: readonly string[]) => boolean {
  const wanted = paths.filter((path) => path !== '').map((path) => path.toUpperCase().split('/'));
  return (stack) =>
    wanted.some((path) =>
      path.every((name, i) => stack[stack.length - path.length + i]?.toUpperCase() === name),
    );
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function openRow(state: State, attributes: Attributes): void {
  const row = state.ended + 1;
  const keys: string[] = [];
  const values: string[] = [];
  for (const [name, value] of Object.entries(attributes)) {
    if (XML_OWN.test(name)) continue;
    keys.push(localName(name));
    values.push(value);
  }
  state.open = {
    row,
    depth: state.stack.length,
    keys,
    values,
    nested: [],
    inPieces: 0,
    isNil: false,
  };
  limitKeys(keys.length, row, state.limits);
  for (const value of values) limitValue(value, row, state.limits);
}

function openValue(state: State, open: OpenRow, attributes: Attributes): void {
  state.text = '';
  if (state.stack.length === open.depth + 1) {
    open.keys.push(state.stack[state.stack.length - 1] as string);
    open.values.push('');
    open.isNil = isNil(attributes);
    limitKeys(open.keys.length, open.row, state.limits);
  } else if (open.nested[open.nested.length - 1] !== open.keys.length - 1)
    open.nested.push(open.keys.length - 1);
}

function isNil(attributes: Attributes): boolean {
  for (const name in attributes) if (NIL.test(name) && TRUE.test(attributes[name] as string)) return true;
  return false;
}

function closeElement(state: State): void {
  const { open } = state;
  const depth = state.stack.length;
  state.stack.pop();
  if (open === undefined) return;
  if (depth === open.depth + 1) closeValue(state, open);
  else if (depth === open.depth) closeRow(state, open);
}

function closeValue(state: State, open: OpenRow): void {
  const { text } = state;
  const place = open.keys.length - 1;
  state.text = '';
  if (open.isNil || open.nested[open.nested.length - 1] === place) return;
  const value = text.trim();
  limitValue(value, open.row, state.limits);
  open.values[place] = value;
}

function closeRow(state: State, open: OpenRow): void {
  const { row, values, nested } = open;
  if (!isSame(open.keys, state.keys)) {
    for (const key of open.keys) refuseKey(key, row);
    refuseRepeatedKeys(open.keys, row);
    state.keys = open.keys;
  }
  // The same list for rows with the same keys lets the next stage keep its plan.
  state.rows.push({ row, keys: state.keys, values, ...(nested.length === 0 ? {} : { nested }) });
  state.ended = row;
  state.open = undefined;
  state.text = '';
}

function isSame(keys: readonly string[], others: readonly string[]): boolean {
  if (keys.length !== others.length) return false;
  for (let i = 0; i < keys.length; i += 1) if (keys[i] !== others[i]) return false;
  return true;
}

function countPiece(state: State, characters: number): void {
  const { open, openBefore } = state;
  state.openBefore = open;
  if (open === undefined || open !== openBefore) return;
  open.inPieces += characters;
  if (open.inPieces > MAX_ROW_CHARACTERS) throw rowTooLong(open.row);
}
