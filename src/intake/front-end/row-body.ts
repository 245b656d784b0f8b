// Rows to the body of a delivery: NDJSON, one object a row, keys are the names of the columns.
import { Readable } from 'node:stream';
import type { Cells, Column } from '../../platform/front-end/front-end.js';

/** Longer than any value of a record type may be, and no longer than any reader allows. */
const MAX_CELL_CHARACTERS = 50_000;
/** Rows that are longer break a reader off. */
const MAX_LINE_CHARACTERS = 1_000_000;
const LONG_CELL_CHARACTERS = 1000;

/** Compiles the writing of rows. What no reader takes is changed so that its own row is rejected, and no other. */
export function compileLine(columns: readonly Column[]): (row: Cells) => string {
  const keys = columns.map(({ name }) => JSON.stringify(name));
  const write = (row: Cells, cell: (value: string) => string): string =>
    `{${keys.map((key, i) => `${key}:${row[i] == null ? 'null' : cell(row[i])}`).join(',')}}\n`;
  return (row) => {
    const line = write(row, (value) => JSON.stringify(cut(value)));
    return line.length > MAX_LINE_CHARACTERS ? write(row, withoutLong) : line;
  };
}

/** A value that is too long stays too long. */
function cut(value: string): string {
  return value.length > MAX_CELL_CHARACTERS ? value.slice(0, MAX_CELL_CHARACTERS) : value;
}

/** An object is no value of any field. */
function withoutLong(value: string): string {
  return value.length > LONG_CELL_CHARACTERS ? '{}' : JSON.stringify(value);
}

/** Makes a body of blocks of lines; undefined where there is none, for an empty pull makes no batch. */
export async function bodyOf(blocks: AsyncIterable<readonly string[]>): Promise<Readable | undefined> {
  const iterator = blocks[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) return undefined;
  return Readable.from(bytesOf(first.value, { [Symbol.asyncIterator]: () => iterator }), {
    objectMode: false,
  });
}

async function* bytesOf(
  first: readonly string[],
  rest: AsyncIterable<readonly string[]>,
): AsyncGenerator<Buffer> {
  yield Buffer.from(first.join(''));
  for await (const lines of rest) yield Buffer.from(lines.join(''));
}
