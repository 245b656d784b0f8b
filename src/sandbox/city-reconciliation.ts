// `GET /reconciliation` of the simulated city: what it received on a day of Asia/Shanghai, per table: counts
// and a digest, and on request the lines themselves.
import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';
import { shanghaiDay } from '../core/clock.js';
import type { CityLedger } from './city-ledger.js';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MAX_LINES = 1000;

/** Makes the handler of `GET /reconciliation?date=` and `&tableCode=&after=&limit=`. */
export function reconcile(ledger: CityLedger): RequestHandler {
  return (request, response) => {
    const { date, tableCode, after, limit } = request.query;
    if (typeof date !== 'string' || !DAY.test(date)) {
      response.status(400).json({ errorCode: '400', errorMsg: 'date=YYYY-MM-DD' });
      return;
    }
    const tables = linesOf(ledger, date);
    if (typeof tableCode === 'string') {
      const start = typeof after === 'string' ? after : '';
      const size = Math.min(Math.max(Number(limit) || MAX_LINES, 1), MAX_LINES);
      const left = (tables.get(tableCode) ?? []).filter((line) => line > start);
      const lines = left.slice(0, size);
      response.json({ date, tableCode, lines, next: left.length > size ? lines.at(-1) : null });
      return;
    }
    response.json({
      date,
      tables: [...tables].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, lines]) => total(code, lines)),
    });
  };
}

/** Gives `id,version,operation,digest` by table, sorted bytewise. */
function linesOf(ledger: CityLedger, date: string): Map<string, string[]> {
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
