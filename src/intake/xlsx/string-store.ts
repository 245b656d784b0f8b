// Millions of texts in little memory: their UTF-8 end to end in blocks outside the heap, four bytes for the
// place of each, decoded when asked for. Those that are asked for again and again are kept decoded.
import { GatewayError } from '../../core/errors.js';
import { copyBytes, type ByteText } from './byte-text.js';
import { decodeEscapes } from './cell-text.js';

export interface StringStore {
  readonly count: () => number;
  add(text: ByteText): void;
  /** Gives the text of an index below `count`, its escapes decoded. */
  get(index: number): string;
}

const BLOCK_BITS = 20;
const BLOCK_BYTES = 1 << BLOCK_BITS;
const PIECE_BITS = 16;
const PIECE_ENDS = 1 << PIECE_BITS;
const HOT_SLOTS = 8_192;

/** Makes a store that takes at most `mostBytes` of memory; `add` throws `file.too-large` beyond. */
export function createStringStore(mostBytes: number): StringStore {
  const blocks: Buffer[] = [];
  /** Where each text ends, counted over all blocks. */
  const ends: Uint32Array[] = [];
  let count = 0;
  let length = 0;
  const endOf = (index: number): number =>
    index < 0 ? 0 : ((ends[index >>> PIECE_BITS] as Uint32Array)[index & (PIECE_ENDS - 1)] as number);
  const makeRoom = (): void => {
    const taken = blocks.length * BLOCK_BYTES + ends.length * PIECE_ENDS * 4;
    if (taken > mostBytes) throw tooMuchText(mostBytes);
  };
  const write = ({ bytes, length: size }: ByteText): void => {
    for (let from = 0; from < size;) {
      const at = length & (BLOCK_BYTES - 1);
      if (at === 0) {
        makeRoom();
        blocks.push(Buffer.allocUnsafeSlow(BLOCK_BYTES));
      }
      const end = Math.min(size, from + BLOCK_BYTES - at);
      copyBytes(bytes, { start: from, end }, { bytes: blocks[blocks.length - 1] as Buffer, at });
      length += end - from;
      from = end;
    }
  };
  const decode = (index: number): string =>
    decodeEscapes(textBetween(blocks, endOf(index - 1), endOf(index)));
  return {
    count: () => count,
    add: (text) => {
      if ((count & (PIECE_ENDS - 1)) === 0) {
        makeRoom();
        ends.push(new Uint32Array(PIECE_ENDS));
      }
      write(text);
      (ends[count >>> PIECE_BITS] as Uint32Array)[count & (PIECE_ENDS - 1)] = length;
      count += 1;
    },
    get: keepHot(decode),
  };
}

function textBetween(blocks: readonly Buffer[], start: number, end: number): string {
  if (start === end) return '';
  const first = start >>> BLOCK_BITS;
  const last = (end - 1) >>> BLOCK_BITS;
  const at = start & (BLOCK_BYTES - 1);
  const behind = ((end - 1) & (BLOCK_BYTES - 1)) + 1;
  if (first === last) return (blocks[first] as Buffer).toString('utf8', at, behind);
  const pieces = blocks.slice(first, last + 1);
  pieces[0] = (pieces[0] as Buffer).subarray(at);
  pieces.push((pieces.pop() as Buffer).subarray(0, behind));
  return Buffer.concat(pieces).toString();
}

/** Keeps a text decoded once its slot has seen it twice in a row: what a row alone has is not kept at all. */
function keepHot(decode: (index: number) => string): (index: number) => string {
  const seen = new Int32Array(HOT_SLOTS).fill(-1);
  const kept = new Int32Array(HOT_SLOTS).fill(-1);
  const texts = new Array<string>(HOT_SLOTS).fill('');
  return (index) => {
    const slot = index & (HOT_SLOTS - 1);
    if (kept[slot] === index) return texts[slot] as string;
    const text = decode(index);
    if (seen[slot] === index) {
      kept[slot] = index;
      texts[slot] = text;
    }
    seen[slot] = index;
    return text;
  };
}

function tooMuchText(mostBytes: number): GatewayError {
  return new GatewayError(
    'file.too-large',
    `The workbook holds more than ${mostBytes} bytes of text; split it, or save it as “CSV UTF-8” and upload that.`,
    {
      details: { limit: 'textBytes', most: mostBytes },
      detailZh: `工作簿文本超过 ${mostBytes} 字节，请拆分文件，或另存为“CSV UTF-8”后上传。`,
    },
  );
}
