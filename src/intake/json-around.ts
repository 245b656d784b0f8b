// What stands around the rows of a JSON file: decides which array holds them, and keeps the rest, without the
// rows, to see at the end whether it is JSON too.
import { GatewayError } from '../core/errors.js';
import { overLimit, type ReadingLimits } from '../core/reading-limits.js';
import { malformedEntry } from './entry-faults.js';
import { MAX_ROW_CHARACTERS, rowTooLong } from './row-length.js';

export interface JsonAround {
  /** Takes a character before or behind the rows; tells whether the first row begins with it. */
  add(character: string): boolean;
  /** Takes the bracket behind `count` rows. */
  closeRows(count: number): void;
  /** Nesting at this place, the root being 1. */
  depth(): number;
  /** Whether something is open that the file must still close. */
  isOpen(): boolean;
  /** Throws where it is no JSON, or no rows were in it. */
  end(): void;
}

export interface RowsPlace {
  /** Dotted paths under which the array may stand; the one near the root where there are none. */
  readonly rowsAt: readonly string[] | undefined;
  readonly limits: ReadingLimits;
}

interface Frame {
  readonly isArray: boolean;
  /** The key whose value is being read. */
  key: string;
}

interface State extends RowsPlace {
  readonly frames: Frame[];
  kept: string;
  /** An array has begun, and its first item decides; `named`: it must hold the rows. */
  awaits: 'named' | 'candidate' | undefined;
  isInString: boolean;
  isEscaped: boolean;
  lastString: string;
  count: number;
  found: boolean;
  /** An array that could have been the rows had nothing in it. */
  sawEmpty: boolean;
}

const DEEPEST_GUESS = 2;

/** Makes it for one file. */
export function createJsonAround(place: RowsPlace): JsonAround {
  const state: State = {
    ...place,
    frames: [],
    kept: '',
    awaits: undefined,
    isInString: false,
    isEscaped: false,
    lastString: '',
    count: 0,
    found: false,
    sawEmpty: false,
  };
  return {
    add: (character) => addCharacter(character, state),
    closeRows: (count) => {
      state.count = count;
      state.frames.pop();
      keep(']', state);
    },
    depth: () => state.frames.length,
    isOpen: () => state.isInString || state.frames.length > 0,
    end: () => endFile(state),
  };
}

/** Tells white space in JSON; a byte order mark or a wide space is none. */
export function isJsonSpace(character: string): boolean {
  return character === ' ' || character === '\n' || character === '\r' || character === '\t';
}

function addCharacter(character: string, state: State): boolean {
  if (state.isInString) addToString(character, state);
  // However much white space there is, it parts what stands around it and nothing else.
  else if (isJsonSpace(character)) state.kept += state.kept.endsWith(' ') ? '' : ' ';
  else if (beginsRows(character, state)) return true;
  else addMark(character, state);
  return false;
}

function addToString(character: string, state: State): void {
  keep(character, state);
  if (state.isEscaped) state.isEscaped = false;
  else if (character === '\\') state.isEscaped = true;
  else if (character === '"') state.isInString = false;
  if (state.isInString) state.lastString += character;
}

function addMark(character: string, state: State): void {
  keep(character, state);
  if (character === '"') {
    state.isInString = true;
    state.lastString = '';
  } else if (character === ':') setKey(state);
  else if (character === '{' || character === '[') openFrame(character === '[', state);
  else if (character === '}' || character === ']') state.frames.pop();
}

function keep(character: string, state: State): void {
  state.kept += character;
  if (state.kept.length > MAX_ROW_CHARACTERS) throw rowTooLong(state.count + 1);
}

function setKey({ frames, lastString, count }: State): void {
  const frame = frames[frames.length - 1];
  if (frame === undefined) return;
  frame.key = lastString.includes('\\') ? String(parse(`"${lastString}"`, count)) : lastString;
}

function openFrame(isArray: boolean, state: State): void {
  const { frames, rowsAt, limits } = state;
  const path = frames.map(({ key }) => key);
  const isPlain = frames.every((frame) => !frame.isArray);
  frames.push({ isArray, key: '' });
  if (frames.length > limits.maxDepth) throw overLimit('maxDepth', limits.maxDepth);
  if (!isArray || !isPlain) return;
  if (path.length === 0 || rowsAt?.includes(path.join('.')) === true) state.awaits = 'named';
  else if (rowsAt === undefined && path.length <= DEEPEST_GUESS) state.awaits = 'candidate';
}

/** Looks at the first item of an array; an array of arrays holds no rows, but may stand around them. */
function beginsRows(character: string, state: State): boolean {
  const { awaits } = state;
  state.awaits = undefined;
  if (awaits === undefined) return false;
  if (character === ']') state.sawEmpty = true;
  else if (awaits === 'named' && character !== '{' && character !== '[') throw malformedEntry(1);
  if (character !== '{') return false;
  if (state.found)
    throw rowsNotFound(
      'The file holds more than one array of objects; the operator names the right one in rowsAt of the source.',
      '文件含有多个对象数组，请运维人员在来源的 rowsAt 中指定。',
    );
  const closing = state.frames.map(({ isArray }) => (isArray ? ']' : '}')).reverse();
  parse(state.kept + closing.join(''), 0);
  state.found = true;
  return true;
}

function endFile({ kept, count, rowsAt, found, sawEmpty }: State): void {
  parse(kept, count);
  if (found || sawEmpty) return;
  const names = rowsAt?.join(', ');
  throw rowsNotFound(
    `The file holds no array of objects${names === undefined ? '' : ` at ${names}`}: send an array, or an object that holds one.`,
    `文件中没有对象数组${names === undefined ? '' : `（${names}）`}，请以数组或含有数组的对象报送。`,
  );
}

function parse(text: string, after: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No cause: JSON.parse quotes the file.
    throw new GatewayError('file.malformed', 'The file is not well-formed JSON around its entries.', {
      details: { row: after + 1 },
      detailZh: '文件在其记录之外的部分不是合法的 JSON。',
    });
  }
}

function rowsNotFound(message: string, detailZh: string): GatewayError {
  return new GatewayError('file.rows-not-found', message, { detailZh });
}
