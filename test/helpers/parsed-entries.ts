// Reads entries from a text in pieces of any size, and tells what came and what ended the reading.
import assert from 'node:assert/strict';
import { isGatewayError } from '../../src/core/errors.js';
import type { ReadingLimits } from '../../src/core/reading-limits.js';
import type { KeyedRow } from '../../src/core/rows.js';

export const LIMITS: ReadingLimits = {
  maxRows: 1_000_000,
  maxColumns: 500,
  maxCellCharacters: 100_000,
  maxEntries: 1000,
  maxUnpackedBytes: 1_000_000_000,
  maxDepth: 16,
};

export const UNLIMITED: ReadingLimits = {
  maxRows: Infinity,
  maxColumns: Infinity,
  maxCellCharacters: Infinity,
  maxEntries: Infinity,
  maxUnpackedBytes: Infinity,
  maxDepth: Infinity,
};

/** Gives the text in pieces of `size` UTF-16 units. */
export async function* inPieces(text: string, size = 65_536): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield await Promise.resolve(text.slice(at, at + size));
}

/** Gives `head`, then `piece` so many times, as a sender would who wants our memory; counts what was asked for. */
export function flood(
  head: string,
  piece: string,
  times: number,
): { text: AsyncGenerator<string>; taken: () => number } {
  let taken = 0;
  async function* pieces(): AsyncGenerator<string> {
    yield await Promise.resolve(head);
    for (; taken < times; taken += 1) yield piece;
  }
  return { text: pieces(), taken: () => taken };
}

export interface ReadSoFar {
  readonly entries: readonly KeyedRow[];
  readonly code?: string;
  readonly details?: unknown;
  readonly message?: string;
}

/** Reads to the end or to the failure. */
export async function readSoFar(pieces: AsyncIterable<KeyedRow[]>): Promise<ReadSoFar> {
  const entries: KeyedRow[] = [];
  try {
    for await (const piece of pieces) entries.push(...piece);
    return { entries };
  } catch (error) {
    assert.ok(isGatewayError(error), String(error));
    return { entries, code: error.code, details: error.details, message: error.message };
  }
}

/** The entries as pairs, for comparing. */
export function pairs(entries: readonly KeyedRow[]): (readonly [string, string])[][] {
  return entries.map(({ keys, values }) => keys.map((key, i) => [key, values[i] ?? ''] as const));
}

/** The failure by code and row. */
export function failure({ code, details }: ReadSoFar): readonly [string | undefined, unknown] {
  return [code, (details as { row?: number } | undefined)?.row];
}
