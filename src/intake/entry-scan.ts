// Cuts a JSON file into the texts of its entries as it comes: finds where each object in the array of rows
// begins and ends. What stands around that array is not its business.
import { overLimit, type ReadingLimits } from '../core/reading-limits.js';
import { malformedEntry, truncated } from './entry-faults.js';
import { createJsonAround, isJsonSpace, type JsonAround } from './json-around.js';
import { MAX_ROW_CHARACTERS, rowTooLong } from './row-length.js';

export interface EntryScan {
  /** Takes the next piece of text and adds the entries that end in it; those before a fault are added too. */
  add(piece: string, entries: string[]): void;
  /** Ends the file; throws where it is not whole or holds no rows. */
  end(): void;
}

interface State {
  readonly around: JsonAround;
  readonly limits: ReadingLimits;
  place: 'around' | 'between' | 'entry';
  /** Begin of the entry that is being read, kept over pieces. */
  open: string;
  isInString: boolean;
  isEscaped: boolean;
  /** Nesting within the entry. */
  depth: number;
  count: number;
  wantsComma: boolean;
}

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** Makes a scan; `rowsAt` names the array by dotted paths, otherwise the one near the root is taken. */
export function createEntryScan(rowsAt: readonly string[] | undefined, limits: ReadingLimits): EntryScan {
  const state: State = {
    around: createJsonAround({ rowsAt, limits }),
    limits,
    place: 'around',
    open: '',
    isInString: false,
    isEscaped: false,
    depth: 0,
    count: 0,
    wantsComma: false,
  };
  return {
    add: (piece, entries) => {
      for (let at = 0; at < piece.length;) at = addFrom(piece, at, { state, entries });
    },
    end: () => {
      if (state.place !== 'around' || state.around.isOpen()) throw truncated(state.count + 1);
      state.around.end();
    },
  };
}

interface Target {
  readonly state: State;
  readonly entries: string[];
}

/** Scans on from `at`; gives where it stopped. */
function addFrom(piece: string, at: number, { state, entries }: Target): number {
  if (state.place === 'entry') {
    const end = findEnd(piece, at, state);
    state.open += piece.slice(at, end);
    if (state.open.length > MAX_ROW_CHARACTERS) throw rowTooLong(state.count + 1);
    if (state.depth === 0) closeEntry(state, entries);
    return end;
  }
  const character = piece[at] as string;
  const begins = state.place === 'between' ? isNextEntry(character, state) : state.around.add(character);
  if (!begins) return at + 1;
  // What begins an entry belongs to it.
  state.place = 'entry';
  return at;
}

/** Gives where the entry ends, or the piece does; the depth tells which. */
function findEnd(piece: string, from: number, state: State): number {
  for (let at = from; at < piece.length; at += 1) {
    const code = piece.charCodeAt(at);
    if (state.isInString) {
      if (state.isEscaped) state.isEscaped = false;
      else if (code === BACKSLASH) state.isEscaped = true;
      else if (code === QUOTE) state.isInString = false;
    } else if (code === QUOTE) state.isInString = true;
    else if (code === OPEN_OBJECT || code === OPEN_LIST) goDeeper(state);
    else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
      state.depth -= 1;
      if (state.depth === 0) return at + 1;
    }
  }
  return piece.length;
}

function goDeeper(state: State): void {
  const { maxDepth } = state.limits;
  state.depth += 1;
  if (state.around.depth() + state.depth > maxDepth) throw overLimit('maxDepth', maxDepth, state.count + 1);
}

function closeEntry(state: State, entries: string[]): void {
  entries.push(state.open);
  state.open = '';
  state.count += 1;
  state.place = 'between';
  state.wantsComma = true;
}

/** Takes what stands between two entries; tells whether the next one begins. */
function isNextEntry(character: string, state: State): boolean {
  if (isJsonSpace(character)) return false;
  if (character === '{' && !state.wantsComma) return true;
  if (character === ',' && state.wantsComma) state.wantsComma = false;
  else if (character === ']' && state.wantsComma) {
    state.around.closeRows(state.count);
    state.place = 'around';
  } else throw malformedEntry(state.count + 1);
  return false;
}
