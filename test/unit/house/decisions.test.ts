// The form of DECISIONS.md: an entry that has run into the one before it is rendered as its last line.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const MOST_LINES = 5;
const isHead = (line: string): boolean => line.startsWith('**20');

describe('every decision', () => {
  const lines = readFileSync(path.join(ROOT, 'DECISIONS.md'), 'utf8').trimEnd().split('\n');
  const heads = lines.flatMap((line, n) => (isHead(line) ? [n] : []));

  it('begins behind a blank line', () => {
    assert.ok(heads.length > 0);
    assert.deepEqual(
      heads.filter((n) => lines[n - 1] !== '').map((n) => `${n + 1}: ${lines[n]}`),
      [],
    );
  });

  it('has five lines at most', () => {
    const long = heads.filter((head, n) => {
      const entry = lines.slice(head, heads[n + 1] ?? lines.length);
      return entry.filter((line) => line !== '').length > MOST_LINES;
    });
    assert.deepEqual(
      long.map((n) => `${n + 1}: ${lines[n]}`),
      [],
    );
  });
});
