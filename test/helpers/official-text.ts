// What a record says in the columns of a table, as text.
import { growingBytes, writtenBytes } from '../../src/core/growing-bytes.js';
import type { WriteOfficial } from '../../src/core/official-columns.js';

/** Writes one record and gives the JSON. */
export function officialText(write: WriteOfficial, record: object): string {
  const out = growingBytes(1024);
  write(Buffer.from(JSON.stringify(record)), out);
  return writtenBytes(out).toString();
}
