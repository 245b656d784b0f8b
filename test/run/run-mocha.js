// One process of mocha: runs some tests and resolves with what came of them. Rule: a process that breaks off, or
// does not end by itself after its last test, is one more failure.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { endGroup, MOCHA, ROOT, runCommand } from './run-command.js';

/** How long the process of the tests may take to end by itself after the last test. */
const LEAVE_MS = 20_000;
const NOTHING = { passed: 0, failed: 0, skipped: 0, failures: [], again: [], tests: [], files: [] };

/** Kills the process when it goes on for long after its counts are written; calls `stuck` then. */
function watchEnd(child, countsFile, stuck) {
  const watch = setInterval(() => {
    if (!existsSync(countsFile)) return;
    clearInterval(watch);
    const timer = setTimeout(() => {
      stuck();
      endGroup(child, 'SIGKILL');
    }, LEAVE_MS);
    child.on('close', () => clearTimeout(timer));
  }, 500);
  child.on('close', () => clearInterval(watch));
}

/** Runs mocha with `args`, showing its output at once with `live`, else when it has ended. */
export async function runMocha(args, { env, live }) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'gateway-test-'));
  const countsFile = path.join(folder, 'counts.json');
  const reporter = [
    '--reporter',
    path.join(ROOT, 'test/counting-reporter.cjs'),
    '--reporter-option',
    `counts=${countsFile}`,
    ...(process.stdout.isTTY ? ['--color'] : []),
  ];
  let isStuck = false;
  const started = (child) => watchEnd(child, countsFile, () => (isStuck = true));
  try {
    const { code, output } = await runCommand([...MOCHA, ...reporter, ...args], { env, live, started });
    if (output !== '') console.log(output.trimEnd());
    const counts = existsSync(countsFile) ? JSON.parse(readFileSync(countsFile, 'utf8')) : NOTHING;
    if (code === 0 || (counts.failed > 0 && !isStuck)) return counts;
    const message = isStuck
      ? 'Something keeps running after the last test: a server, a pool or a timer is left open.'
      : `The tests broke off with exit code ${code}.`;
    console.log(`  ✖ ${message}`);
    const failure = { title: args.join(' '), message };
    return { ...counts, failed: counts.failed + 1, failures: [...counts.failures, failure] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Adds up what several processes gave. */
export function sum(results) {
  const all = { ...NOTHING };
  for (const result of results)
    for (const [name, value] of Object.entries(result))
      all[name] = Array.isArray(value) ? [...all[name], ...value] : all[name] + value;
  return all;
}
