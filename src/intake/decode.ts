// Bytes to text, piece by piece. A sequence that is not of the encoding ends the reading with
// `file.not-decodable`; it never becomes a replacement character.
import { GatewayError } from '../core/errors.js';
import type { Charset } from './charset.js';

/** Decodes a stream of bytes; a byte order mark is dropped. */
export async function* decodeText(bytes: AsyncIterable<Buffer>, charset: Charset): AsyncGenerator<string> {
  const decoder = new TextDecoder(charset, { fatal: true });
  const decode = (piece?: Buffer): string => {
    try {
      return decoder.decode(piece, { stream: piece !== undefined });
    } catch (error) {
      throw new GatewayError('file.not-decodable', `The file holds bytes that are not ${charset}.`, {
        cause: error,
      });
    }
  };
  for await (const piece of bytes) {
    const text = decode(piece);
    if (text !== '') yield text;
  }
  const rest = decode();
  if (rest !== '') yield rest;
}
