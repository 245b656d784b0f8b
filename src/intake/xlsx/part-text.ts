// The bytes of an XML part as UTF-8: a byte order mark is taken away, UTF-16 (which the Open Packaging
// Conventions allow, though nobody writes it) is turned, and any other encoding is refused.
import { TextDecoder } from 'node:util';
import { malformed } from './workbook-faults.js';

const UTF8_MARK = [0xef, 0xbb, 0xbf];

/** Passes the bytes of a part on as UTF-8 without a mark. */
export async function* asUtf8(pieces: AsyncIterable<Buffer>, part: string): AsyncGenerator<Buffer> {
  let decoder: TextDecoder | undefined;
  let isFirst = true;
  for await (const piece of joinShort(pieces)) {
    if (isFirst) decoder = utf16Decoder(piece);
    const begin = isFirst && UTF8_MARK.every((byte, i) => piece[i] === byte) ? UTF8_MARK.length : 0;
    isFirst = false;
    yield decoder === undefined ? piece.subarray(begin) : decodeUtf16(decoder, piece, part);
  }
}

/** Throws where the XML declaration names an encoding that the part may not have. */
export function checkDeclaration(instruction: string, part: string): void {
  if (!/^xml\s/.test(instruction)) return;
  const encoding = /\bencoding\s*=\s*["']([^"']*)["']/.exec(instruction)?.[1] ?? 'utf-8';
  if (!/^(utf-?8|utf-?16(le|be)?|us-ascii)$/i.test(encoding))
    throw malformed('an encoding that is not UTF-8', { part });
}

/** A mark is never cut in two. */
async function* joinShort(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const piece of pieces) {
    if (head === undefined) {
      yield piece;
      continue;
    }
    head = Buffer.concat([head, piece]);
    if (head.length < UTF8_MARK.length) continue;
    yield head;
    head = undefined;
  }
  if (head !== undefined && head.length > 0) yield head;
}

function utf16Decoder([first, second]: Buffer): TextDecoder | undefined {
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le', { fatal: true });
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be', { fatal: true });
  return undefined;
}

function decodeUtf16(decoder: TextDecoder, piece: Buffer, part: string): Buffer {
  try {
    return Buffer.from(decoder.decode(piece, { stream: true }));
  } catch (cause) {
    throw malformed('bytes that are not UTF-16', { part, cause });
  }
}
