// Lays the demo's account out as a table for a terminal; Chinese characters are two columns wide.
import { VERDICTS } from '../core/words.js';
import type { Account } from './demo-account.js';

const HEAD = ['file · 文件', 'received', ...VERDICTS, 'city', 'refused', 'status'];

/** Writes the account: a line a batch, the sums, and each figure that must close. */
export function accountTable(account: Account): string {
  const lines = account.batches.map(({ file, batch }) => [
    file,
    String(batch.counts.received),
    ...VERDICTS.map((verdict) => String(batch.counts[verdict])),
    String(batch.city.delivered),
    String(batch.city.rejected),
    batch.status,
  ]);
  const checks = account.checks.map(
    (check) => `${check.holds ? '✔' : '✖'} ${check.what}: ${check.left} = ${check.right}`,
  );
  return [...layOut([HEAD, ...lines]), '', ...checks].join('\n');
}

function layOut(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => width(row[i] ?? ''))));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === 0 ? pad(cell, widths[i] ?? 0, 'end') : pad(cell, widths[i] ?? 0, 'start')))
      .join('  ');
  const rule = widths.map((wide) => '─'.repeat(wide)).join('──');
  return [line(rows[0] ?? []), rule, ...rows.slice(1).map(line)];
}

function pad(cell: string, wide: number, side: 'start' | 'end'): string {
  const space = ' '.repeat(Math.max(0, wide - width(cell)));
  return side === 'end' ? cell + space : space + cell;
}

function width(text: string): number {
  return [...text].reduce((sum, character) => sum + (character > '\u2e7f' ? 2 : 1), 0);
}
