// The rows of a stored file of entries: what comes before a fault comes through all stages of reading.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import type { Mapping } from '../../../src/core/definitions.js';
import type { ParsedRow } from '../../../src/core/rows.js';
import { readRows } from '../../../src/intake/read-rows.js';
import type { StoredBytes } from '../../../src/platform/stored-bytes.js';
import { LIMITS } from '../../helpers/parsed-entries.js';

const MAPPING: Mapping = {
  columns: { documentNumber: { official: 'CF_WSH', headings: ['文书号'] } },
} as unknown as Mapping;

function stored(text: string): StoredBytes {
  const bytes = Buffer.from(text);
  return { size: bytes.length, read: () => Readable.from([bytes]) };
}

async function read(text: string, maxRows = LIMITS.maxRows): Promise<{ rows: ParsedRow[]; error: unknown }> {
  const rows: ParsedRow[] = [];
  const reading = { format: 'ndjson', charset: 'utf-8', headingRow: 0, headings: ['CF_WSH', 'BZ'] } as const;
  try {
    for await (const piece of readRows(stored(text), reading, {
      mapping: MAPPING,
      limits: { ...LIMITS, maxRows },
    }))
      rows.push(...piece);
    return { rows, error: undefined };
  } catch (error) {
    return { rows, error };
  }
}

describe('the rows of a file of entries', () => {
  it('stand under the columns that its inspection found', async () => {
    const { rows } = await read('{"BZ":"x","文书号":"1"}\n{"CF_WSH":2}\n');
    assert.deepEqual(rows, [
      { row: 1, cells: ['1', 'x'] },
      { row: 2, cells: ['2', ''], numbers: [0] },
    ]);
  });

  it('come before the entry with two values for one column', async () => {
    const { rows, error } = await read(
      '{"CF_WSH":"1"}\n{"CF_WSH":"2"}\n{"CF_WSH":"3","文书号":"4"}\n{"CF_WSH":"5"}\n',
    );
    assert.deepEqual(
      rows.map(({ row }) => row),
      [1, 2],
    );
    assert.deepEqual(
      { ...(error as object) },
      { ...(error as object), code: 'file.key-repeated', details: { row: 3, key: '文书号' } },
    );
  });

  it('are no more than the source allows', async () => {
    const { rows, error } = await read('{"BZ":"1"}\n{"BZ":"2"}\n{"BZ":"3"}', 2);
    assert.equal(rows.length, 2);
    assert.equal((error as { code?: string }).code, 'file.too-large');
  });
});
