// `npm test`: builds, then checks types and lint beside the tests, then runs alone what measures. Closes with the
// line `N passed, N failed`; a step that fails counts as one failure. `npm test -- WORDS|FILES` builds and runs those
// tests alone. Rule: nothing has to be running; what a test needs is started here or by the test.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { EXTERNAL_TESTS, findPostgres } from './run/find-postgres.js';
import { findRedis } from './run/find-redis.js';
import { printFailures, printMeasuredAgain, printSlowest } from './run/report.js';
import { C8, check, ESLINT, heading, PRETTIER, ROOT, runCommand, TSC } from './run/run-command.js';
import { runMocha, sum } from './run/run-mocha.js';
import { findShards } from './run/shards.js';

const FOLDERS = ['unit', 'mappings', 'db', 'flow', 'faults', 'browser'];
const COVERAGE = path.join(ROOT, '.tmp/coverage');
/** Processes at once: tests wait for databases and for other processes, so that two suit a small machine too. */
const JOBS = Number(process.env.TEST_JOBS || Math.min(4, Math.max(2, os.availableParallelism())));

/** A bound of time or memory counts by the best of three: a neighbour of the machine is not the code's fault. */
const MEASURING = ['--retries', '2', '--forbid-only'];

/** Lets `work` have a Redis and a place for a PostgreSQL that all processes of the tests share. */
async function withServers(work) {
  const redis = await findRedis();
  if (redis.url === undefined)
    console.log(
      '  No Redis answers on 127.0.0.1:6379 and no redis-server is on the PATH: the tests of Bull are pending.',
    );
  const folder = mkdtempSync(path.join(os.tmpdir(), 'gateway-postgres-'));
  chmodSync(folder, 0o755);
  try {
    return await work({
      TEST_DATA_DIR: path.join(folder, 'data'),
      ...(redis.url === undefined ? {} : { TEST_REDIS_URL: redis.url }),
    });
  } finally {
    redis.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function selectTests(words) {
  const isFile = (word) => existsSync(path.resolve(ROOT, word));
  const files = words.filter(isFile);
  const grep = words.filter((word) => !isFile(word)).join(' ');
  const folders = FOLDERS.map((folder) => `test/${folder}`).filter((folder) =>
    existsSync(path.join(ROOT, folder)),
  );
  const globs = (files.length > 0 ? files : folders).map((file) =>
    /\.[cm]?ts$/.test(file) ? file : `${file}/**/*.test.ts`,
  );
  return [...globs, ...(grep === '' ? [] : ['--grep', grep])];
}

/** Runs tasks in their order, some at once, and resolves with their answers. */
async function runTogether(tasks, jobs) {
  const answers = [];
  const waiting = [...tasks];
  const lane = async () => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) answers.push(await task());
  };
  await Promise.all(Array.from({ length: jobs }, lane));
  return answers;
}

const STEPS = {
  eslint: [...ESLINT, '--max-warnings', '0', '.'],
  'tsc --noEmit': [...TSC, '--noEmit', '-p', '.'],
  prettier: [...PRETTIER, '--check', '--log-level', 'warn', '.'],
};

/** Runs every check and every test. */
async function runEverything(variables) {
  const { shards, alone } = findShards();
  const env = { ...variables, NODE_V8_COVERAGE: COVERAGE };
  let broken = 0;
  const steps = Object.entries(STEPS).map(([name, command]) => async () => {
    broken += await check(name, command);
    return undefined;
  });
  const tests = shards.map((files) => () => runMocha([...files, '--forbid-only'], { env, live: false }));
  const external = await findPostgres();
  if (external !== undefined)
    tests.push(() =>
      runMocha([...EXTERNAL_TESTS, '--forbid-only'], {
        env: { ...env, TEST_DATABASE_URL: external },
        live: false,
      }),
    );
  heading(`Types, lint and tests, ${JOBS} at once`);
  const results = (await runTogether([...steps, ...tests], JOBS)).filter((result) => result !== undefined);
  heading('Tests that measure, alone');
  results.push(await runMocha([...alone, ...MEASURING], { env, live: true }));
  heading('Coverage');
  await runCommand([...C8, 'report'], { live: true });
  const counts = sum(results);
  heading('Slowest');
  printSlowest(counts);
  printMeasuredAgain(counts.again);
  return { ...counts, failed: counts.failed + broken };
}

async function main(words) {
  const everything = words.length === 0;
  heading('Build');
  const broken = await check('tsc -p tsconfig.build.json', [...TSC, '-p', 'tsconfig.build.json']);
  rmSync(COVERAGE, { recursive: true, force: true });
  mkdirSync(COVERAGE, { recursive: true });
  const counts = await withServers((env) => {
    if (everything) return runEverything(env);
    heading('Tests');
    return runMocha(selectTests(words), { env, live: true });
  });
  if (everything && counts.failures.length > 0) {
    heading('Failed');
    printFailures(counts.failures);
  }
  const failed = counts.failed + broken;
  console.log(
    `\n${counts.passed} passed, ${failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`,
  );
  process.exitCode = failed > 0 || counts.passed === 0 ? 1 : 0;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
