// COPY into a table in text form. Lines go out in buffers of some hundred rows: strings cost several
// times as much of Node's time a row.
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type { Connection } from './pool.js';

const LINES_A_BUFFER = 250;

/** Copies lines, each one row with its values joined by tabs and escaped by `copyText`, without line feed. */
export async function copyLines(
  connection: Connection,
  target: string,
  lines: readonly string[],
): Promise<void> {
  if (lines.length === 0) return;
  const stream = connection.query(copyFrom(`copy ${target} from stdin`));
  const done = finished(stream);
  // The failure is thrown by the await below; without a handler it would be an unhandled one until then.
  done.catch(() => undefined);
  for (let start = 0; start < lines.length; start += LINES_A_BUFFER) {
    const block = lines.slice(start, start + LINES_A_BUFFER).join('\n');
    if (!stream.write(Buffer.from(`${block}\n`)) && !stream.destroyed)
      await Promise.race([once(stream, 'drain'), done]);
  }
  stream.end();
  await done;
}

const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** Escapes one value for COPY's text form; null becomes `\N`. */
export function copyText(value: string | null): string {
  if (value === null) return '\\N';
  return SPECIAL.test(value)
    ? value.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] as string)
    : value;
}

/** Writes bytes for COPY's text form; null becomes `\N`. */
export function copyBytes(value: Buffer | null): string {
  return value === null ? '\\N' : `\\\\x${value.toString('hex')}`;
}
