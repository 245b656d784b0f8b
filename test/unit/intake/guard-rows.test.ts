// The limits that all forms of file share: each stops the reading where it is passed, and not where it is lifted.
import assert from 'node:assert/strict';
import { isGatewayError } from '../../../src/core/errors.js';
import type { ReadingLimits } from '../../../src/core/reading-limits.js';
import type { ParsedRow } from '../../../src/core/rows.js';
import { guardRows } from '../../../src/intake/guard-rows.js';

const NONE: ReadingLimits = {
  maxRows: Infinity,
  maxColumns: Infinity,
  maxCellCharacters: Infinity,
  maxEntries: Infinity,
  maxUnpackedBytes: Infinity,
  maxDepth: Infinity,
};

async function* pieces(rows: readonly (readonly string[])[]): AsyncGenerator<ParsedRow[]> {
  for (let at = 0; at < rows.length; at += 2)
    yield await Promise.resolve(rows.slice(at, at + 2).map((cells, i) => ({ row: at + i + 1, cells })));
}

async function read(
  rows: readonly (readonly string[])[],
  limits: Partial<ReadingLimits>,
  headingRow = 0,
): Promise<{ passed: number; code?: string; details?: object }> {
  let passed = 0;
  try {
    for await (const piece of guardRows(pieces(rows), { ...NONE, ...limits }, headingRow))
      passed += piece.length;
    return { passed };
  } catch (error) {
    assert.ok(isGatewayError(error), String(error));
    return { passed, code: error.code, details: error.details };
  }
}

describe('the limits of a file', () => {
  const five = [['h'], ['1'], ['2'], ['3'], ['4']];

  it('count data rows, not headings, and give what came before', async () => {
    assert.deepEqual(await read(five, { maxRows: 4 }, 1), { passed: 5 });
    assert.deepEqual(await read(five, { maxRows: 2 }, 1), {
      passed: 3,
      code: 'file.too-large',
      details: { limit: 'maxRows', most: 2, row: 4 },
    });
  });

  it('count columns that hold something', async () => {
    assert.deepEqual(await read([['a', 'b', '', ' ']], { maxColumns: 2 }), { passed: 1 });
    const wide = await read([['a'], ['a', 'b', 'c']], { maxColumns: 2 });
    assert.deepEqual([wide.passed, wide.code], [1, 'file.too-large']);
    assert.equal((await read([['a', 'b', 'c']], {})).passed, 1, 'with the limit lifted');
  });

  it('measure cells', async () => {
    const long = await read([['x'.repeat(11)]], { maxCellCharacters: 10 });
    assert.deepEqual(long, {
      passed: 0,
      code: 'file.limit-exceeded',
      details: { limit: 'maxCellCharacters', most: 10, row: 1 },
    });
    assert.equal((await read([['x'.repeat(11)]], {})).passed, 1, 'with the limit lifted');
  });
});
