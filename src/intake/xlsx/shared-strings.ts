// The texts that the cells of a workbook share. They are read as far as the rows ask for, so that a look at the
// first rows of a large workbook stays cheap; rich text is joined, phonetic runs are left out.
import type { ReadingLimits } from '../../core/reading-limits.js';
import { addBytes, createByteText } from './byte-text.js';
import { mainPrefix } from './main-prefix.js';
import { codeOf } from './name-code.js';
import { asUtf8 } from './part-text.js';
import { createStringStore, type StringStore } from './string-store.js';
import { malformed } from './workbook-faults.js';
import { createXmlScanner, type XmlEvents } from './xml-scanner.js';

export interface SharedStrings {
  /** Reads on until this index is there, or the part ends or breaks; never throws. */
  load(index: number): Promise<void>;
  /** Gives the text of an index; throws what reading met before it came there. */
  get(index: number): string;
  /** Reads the part to its end; throws where it is damaged, for then the texts before may be wrong too. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

export interface StringsPart {
  readonly name: string;
  readonly pieces: AsyncGenerator<Buffer>;
}

export interface TextLimits {
  readonly maxCellCharacters: ReadingLimits['maxCellCharacters'];
  /** Memory that all texts together may take. */
  readonly maxTextBytes: number;
}

/** A UTF-16 unit takes seven bytes at most (`_xHHHH_`): a text this long is too long, whatever follows. */
export const BYTES_A_CHARACTER = 8;

const NO_STRINGS: SharedStrings = {
  load: () => Promise.resolve(),
  get: missing,
  finish: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

/** Gives the shared strings of a workbook, which may have none. */
export function openSharedStrings(part: StringsPart | undefined, limits: TextLimits): SharedStrings {
  if (part === undefined) return NO_STRINGS;
  const store = createStringStore(limits.maxTextBytes);
  const scanner = createXmlScanner(part.name, stringEvents(part.name, store, limits));
  const pieces = asUtf8(part.pieces, part.name);
  let fault: unknown;
  let isOpen = true;
  const readOn = async (): Promise<void> => {
    try {
      const next = await pieces.next();
      isOpen = next.done !== true;
      if (next.done === true) scanner.end();
      else scanner.write(next.value);
    } catch (error) {
      fault = error;
      isOpen = false;
    }
  };
  const load = async (index: number): Promise<void> => {
    while (isOpen && store.count() <= index) await readOn();
  };
  return {
    load,
    get: (index) => {
      if (index < store.count()) return store.get(index);
      throw fault instanceof Error ? fault : missing();
    },
    finish: async () => {
      await load(Infinity);
      if (fault instanceof Error) throw fault;
    },
    close: async () => {
      isOpen = false;
      await pieces.return(undefined);
      await part.pieces.return(undefined);
    },
  };
}

function missing(): never {
  throw malformed('a cell without its text');
}

/** Listens for `sst/si/t` and `sst/si/r/t`; `rPh` and `phoneticPr` are no text of the cell. */
function stringEvents(part: string, store: StringStore, limits: TextLimits): XmlEvents {
  const text = createByteText();
  const mostBytes = BYTES_A_CHARACTER * limits.maxCellCharacters;
  let names = namesUnder('');
  let isString = false;
  let isRun = false;
  let isText = false;
  return {
    open: (name, depth, attributes) => {
      if (depth === 1) names = namesUnder(mainPrefix(attributes, 'sst', part));
      if (depth === 2) {
        isString = name === names.si;
        text.length = 0;
      }
      if (depth === 3) isRun = name === names.r;
      isText = name === names.t && isString && (depth === 3 || (depth === 4 && isRun));
    },
    text: (from, start, end) => {
      if (isText && text.length <= mostBytes) addBytes(text, from, { start, end });
    },
    close: (_name, depth) => {
      isText = false;
      if (depth === 2 && isString) store.add(text);
    },
  };
}

function namesUnder(prefix: string): Readonly<Record<'si' | 't' | 'r', number>> {
  return { si: codeOf(`${prefix}si`), t: codeOf(`${prefix}t`), r: codeOf(`${prefix}r`) };
}
