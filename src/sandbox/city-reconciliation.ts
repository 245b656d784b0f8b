// `GET /reconciliation` of the simulated city: what it received on a day of Asia/Shanghai, per table: counts
// and a digest, and on request the lines themselves. All of it from its own ledger.
import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';
import { shanghaiDay } from '../core/clock.js';
import type { CityLedger } from './city-ledger.js';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MAX_LINES = 1000;

type Tables = ReadonlyMap<string, readonly string[]>;

/** Makes the handler of `GET /reconciliation?date=` and `&tableCode=&after=&limit=`. */
export function reconcile(ledger: CityLedger): RequestHandler {
  const tablesOf = rememberLast(ledger);
  return (request, response) => {
    const { date, tableCode, after, limit } = request.query;
    if (typeof date !== 'string' || !DAY.test(date)) {
      response.status(400).json({ errorCode: '400', errorMsg: 'date=YYYY-MM-DD' });
      return;
    }
    const tables = tablesOf(date);
    if (typeof tableCode === 'string') {
      const lines = tables.get(tableCode) ?? [];
      const size = Math.min(Math.max(Number(limit) || MAX_LINES, 1), MAX_LINES);
      const start = typeof after === 'string' ? placeBehind(lines, after) : 0;
      const page = lines.slice(start, start + size);
      response.json({
        date,
        tableCode,
        lines: page,
        next: start + size < lines.length ? page.at(-1) : null,
      });
      return;
    }
    response.json({
      date,
      tables: [...tables].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, lines]) => total(code, lines)),
    });
  };
}

/** A day is asked for page after page: its lines are sorted once, as long as nothing new has come. */
function rememberLast(ledger: CityLedger): (date: string) => Tables {
  let last: { date: string; revision: number; tables: Tables } | undefined;
  return (date) => {
    const revision = ledger.revision();
    if (last?.date !== date || last.revision !== revision)
      last = { date, revision, tables: linesOf(ledger, date) };
    return last.tables;
  };
}

/** Gives the place of the first line behind a text, by halves. */
function placeBehind(lines: readonly string[], after: string): number {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle] ?? '') > after) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Gives `id,version,operation,digest` by table, sorted bytewise. */
function linesOf(ledger: CityLedger, date: string): Tables {
  const tables = new Map<string, string[]>();
  for (const [id, versions] of ledger.records)
    for (const { version, operation, digest, receivedAt, tableCode } of versions) {
      if (shanghaiDay(new Date(receivedAt)) !== date) continue;
      const lines = tables.get(tableCode) ?? [];
      if (lines.length === 0) tables.set(tableCode, lines);
      lines.push(`${id},${version},${operation},${digest}`);
    }
  for (const lines of tables.values()) lines.sort();
  return tables;
}

function total(tableCode: string, lines: readonly string[]): object {
  const hash = createHash('sha256');
  for (const line of lines) hash.update(`${line}\n`);
  const deletes = lines.filter((line) => line.split(',')[2] === 'delete').length;
  return { tableCode, upserts: lines.length - deletes, deletes, digest: hash.digest('hex') };
}
