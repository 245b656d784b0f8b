// Habits of the files themselves: how they are named and how they open.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const BANNED = /^(utils?|helpers?|common|lib|misc|manager|service|interfaces?|index)$/;
const MARKS: Readonly<Record<string, RegExp>> = { '.ts': /^\/\/ /, '.js': /^\/\/ /, '.sql': /^-- / };

const files = ['src', 'bench'].flatMap((folder) =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => path.join(folder, file))
    .filter((file) => path.extname(file) in MARKS),
);

function openingLines(file: string): number {
  const mark = MARKS[path.extname(file)];
  const lines = readFileSync(path.join(ROOT, file), 'utf8')
    .replace(/^#!.*\n/, '')
    .split('\n');
  const end = lines.findIndex((line) => mark?.test(line) !== true);
  return end < 0 ? lines.length : end;
}

describe('every source file', () => {
  it('is named in kebab-case after its one idea', () => {
    const misnamed = files.filter((file) =>
      file.split(path.sep).some((name) => {
        const stem = name.replace(/\.\w+$/, '');
        return BANNED.test(stem) || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(stem);
      }),
    );
    assert.deepEqual(misnamed, []);
  });

  it('opens with one to four lines that say what goes in and what comes out', () => {
    const silent = files.filter((file) => openingLines(file) < 1 || openingLines(file) > 4);
    assert.deepEqual(silent, []);
  });
});

describe('every migration', () => {
  const migrations = readdirSync(path.join(ROOT, 'src/db/migrations')).sort();

  it('is named NNNN-verb-what.sql, numbered without a gap', () => {
    migrations.forEach((name, at) => {
      assert.match(name, /^\d{4}-[a-z]+-[a-z0-9-]+\.sql$/);
      assert.equal(Number(name.slice(0, 4)), at + 1);
    });
  });
});
