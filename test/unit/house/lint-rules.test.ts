// Each file of test/lint-fixtures says in its first line which rule it breaks: that rule reports, and no other.
import { ESLint } from 'eslint';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../../lint-fixtures');

const RULES = [
  '@typescript-eslint/consistent-type-imports',
  '@typescript-eslint/max-params',
  '@typescript-eslint/no-explicit-any',
  '@typescript-eslint/no-floating-promises',
  '@typescript-eslint/no-misused-promises',
  '@typescript-eslint/switch-exhaustiveness-check',
  'eqeqeq',
  'house/file-name',
  'house/package-home',
  'import-x/no-cycle',
  'import-x/no-default-export',
  'import-x/no-extraneous-dependencies',
  'import-x/no-restricted-paths',
  'max-depth',
  'max-lines',
  'max-lines-per-function',
  'no-console',
  'no-restricted-globals',
  'no-restricted-imports',
  'no-restricted-properties',
  'no-restricted-syntax',
];

const fixtures = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({
    file,
    breaks: readFileSync(path.join(ROOT, file), 'utf8').match(/^\/\/ breaks: (\S+)\n/)?.[1],
  }));

describe('the rules of the house', () => {
  const reported = new Map<string, string[]>();

  before('lint every fixture at once', async function () {
    this.timeout(120_000);
    const results = await new ESLint({ cwd: ROOT }).lintFiles(['.']);
    for (const { filePath, messages } of results) {
      const rules = messages
        .filter(({ severity }) => severity === 2)
        .map(({ ruleId }) => ruleId ?? 'parse error');
      reported.set(path.relative(ROOT, filePath), rules);
    }
  });

  it('have a violating fixture each', () => {
    const broken = new Set(fixtures.map(({ breaks }) => breaks).filter((rule) => rule !== 'nothing'));
    assert.deepEqual([...broken].sort(), RULES);
  });

  for (const { file, breaks } of fixtures) {
    it(breaks === 'nothing' ? `let ${file} pass` : `report ${breaks ?? '?'} in ${file}`, () => {
      assert.deepEqual(reported.get(file), breaks === 'nothing' ? [] : [breaks]);
    });
  }
});
