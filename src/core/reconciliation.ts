// What two sides say of one day: totals of each table, and the lines behind them.
import { createHash } from 'node:crypto';
import type { Operation } from './words.js';

/** What was taken of one record at a time. */
export interface ReconciledLine {
  readonly id: string;
  readonly version: number;
  readonly operation: Operation;
  /** SHA-256 in lower-case hex. */
  readonly digest: string;
}

export interface TableTotal {
  readonly upserts: number;
  readonly deletes: number;
  /** SHA-256 over all lines, see `lineText`, each with a line feed, sorted bytewise. */
  readonly digest: string;
}

export type TableTotals = ReadonlyMap<string, TableTotal>;

/** Both sides' totals of a table; null where a side does not know the table on that day. */
export interface ComparedTable {
  readonly tableCode: string;
  readonly ours: TableTotal | null;
  readonly city: TableTotal | null;
}

/** Gives a line as digests are made of it and as cities list it. */
export function lineText({ id, version, operation, digest }: ReconciledLine): string {
  return `${id},${version},${operation},${digest}`;
}

const LINE = /^([^,\s]{1,100}),([1-9]\d{0,8}),(upsert|delete),([0-9a-f]{64})$/;

/** Reads a line; undefined where it is none. */
export function parseLine(text: string): ReconciledLine | undefined {
  const [, id = '', version = '', operation, digest = ''] = LINE.exec(text) ?? [];
  if (operation !== 'upsert' && operation !== 'delete') return undefined;
  return { id, version: Number(version), operation, digest };
}

/** Adds up lines that come table by table, sorted bytewise. */
export function createTotals(): {
  add(tableCode: string, line: string, isDelete: boolean): void;
  end(): Map<string, TableTotal>;
} {
  const sums = new Map<string, { upserts: number; deletes: number; hash: ReturnType<typeof createHash> }>();
  return {
    add: (tableCode, line, isDelete) => {
      let sum = sums.get(tableCode);
      if (sum === undefined) {
        sum = { upserts: 0, deletes: 0, hash: createHash('sha256') };
        sums.set(tableCode, sum);
      }
      sum[isDelete ? 'deletes' : 'upserts'] += 1;
      sum.hash.update(`${line}\n`);
    },
    end: () =>
      new Map(
        [...sums].map(([code, { hash, ...counts }]) => [code, { ...counts, digest: hash.digest('hex') }]),
      ),
  };
}

/** Puts the totals of both sides together, in the order of the table codes. */
export function compareTotals(ours: TableTotals, city: TableTotals): ComparedTable[] {
  const codes = [...new Set([...ours.keys(), ...city.keys()])].sort();
  return codes.map((tableCode) => ({
    tableCode,
    ours: ours.get(tableCode) ?? null,
    city: city.get(tableCode) ?? null,
  }));
}

/** Tells whether both sides say the same of a table; one without lines may be left out. */
export function isSameTotal({ ours, city }: ComparedTable): boolean {
  if (ours === null || city === null) {
    const only = ours ?? city;
    return only === null || only.upserts + only.deletes === 0;
  }
  return ours.upserts === city.upserts && ours.deletes === city.deletes && ours.digest === city.digest;
}
