// `npm test`: builds, checks types, lints, and runs mocha over all tests with coverage. Closes with the line
// `N passed, N failed`; a step that fails counts as one failure. `npm test -- WORDS|FILES` builds and runs those
// tests alone. Rule: nothing has to be running; what a test needs is started here or by the test.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '..');
const FOLDERS = ['unit', 'mappings', 'db', 'flow', 'browser'];
const COVERAGE = path.join(ROOT, '.tmp/coverage');
/** How long the process of the tests may take to end by itself after the last test. */
const LEAVE_MS = 20_000;

const bin = (file) => [process.execPath, path.join(ROOT, 'node_modules', file)];
const TSC = bin('typescript/bin/tsc');
const MOCHA = bin('mocha/bin/mocha.js');
const C8 = bin('c8/bin/c8.js');

const heading = (text) => console.log(`\n▸ ${text}`);

function endGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/**
 * Runs a command to its end; output is shown when it ends, or at once with `live`. A group of its own lets all
 * that it started be ended with it.
 */
function run([command, ...args], { env = {}, live = false, started } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      detached: true,
      env: { ...process.env, ...env },
      stdio: ['ignore', live ? 'inherit' : 'pipe', live ? 'inherit' : 'pipe'],
    });
    const output = [];
    child.stdout?.on('data', (bytes) => output.push(bytes));
    child.stderr?.on('data', (bytes) => output.push(bytes));
    let interrupted = false;
    const pass = (signal) => {
      interrupted = true;
      endGroup(child, signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, pass);
    child.on('error', (error) => resolve({ code: 1, output: String(error) }));
    child.on('close', (code) => {
      for (const signal of signals) process.off(signal, pass);
      if (interrupted) reject(new Error('Interrupted.'));
      resolve({ code: code ?? 1, output: Buffer.concat(output).toString() });
    });
    started?.(child);
  });
}

/** Runs named commands side by side and tells how many of them failed. */
async function check(steps) {
  const codes = await Promise.all(
    Object.entries(steps).map(async ([name, command]) => {
      const startedAt = Date.now();
      const { code, output } = await run(command);
      const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
      console.log(`  ${code === 0 ? '✔' : '✖'} ${name} (${seconds} s)`);
      if (code !== 0 && output.trim() !== '') console.log(output.trimEnd().replace(/^/gm, '    '));
      return code;
    }),
  );
  return codes.filter((code) => code !== 0).length;
}

const answers = (port) =>
  new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port }, () => socket.write('PING\r\n'));
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2_000, () => end(false));
    socket.on('data', (bytes) => end(bytes.toString().startsWith('+PONG')));
    socket.on('error', () => end(false));
  });

const freePort = () =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/**
 * Finds a Redis for the tests of Bull: the one that TEST_REDIS_URL names, else one of our own where
 * `redis-server` is on the PATH (so that nobody's data is flushed), else the one that answers on 6379.
 */
async function findRedis() {
  const none = { stop: () => undefined };
  if (process.env.TEST_REDIS_URL) return { ...none, url: process.env.TEST_REDIS_URL };
  const port = await freePort();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'gateway-redis-'));
  const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const child = spawn('redis-server', [...args.map(String), '--maxmemory-policy', 'noeviction'], {
    stdio: 'ignore',
  });
  const stop = () => {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  const missing = new Promise((resolve) => {
    child.on('error', () => resolve('missing'));
    child.on('exit', () => resolve('missing'));
  });
  for (let attempt = 0; attempt < 50; attempt += 1) {
    if (await answers(port)) return { url: `redis://127.0.0.1:${port}`, stop };
    const pause = new Promise((resolve) => setTimeout(resolve, 100));
    if ((await Promise.race([missing, pause])) === 'missing') break;
  }
  stop();
  return (await answers(6379)) ? { ...none, url: 'redis://127.0.0.1:6379' } : none;
}

/** Runs mocha and returns its counts; a process that breaks off, or does not end by itself, is one more failure. */
async function runTests(args, coverage) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'gateway-test-'));
  const countsFile = path.join(folder, 'counts.json');
  const redis = await findRedis();
  if (redis.url === undefined) {
    console.log(
      '  No Redis answers on 127.0.0.1:6379 and no redis-server is on the PATH: the tests of Bull are pending.',
    );
  }
  const reporter = [
    '--reporter',
    path.join(ROOT, 'test/counting-reporter.cjs'),
    '--reporter-option',
    `counts=${countsFile}`,
  ];
  const env = {
    ...(redis.url === undefined ? {} : { TEST_REDIS_URL: redis.url }),
    ...(coverage ? { NODE_V8_COVERAGE: COVERAGE } : {}),
  };
  let stuck = false;
  const leave = (child) => {
    const watch = setInterval(() => {
      if (!existsSync(countsFile)) return;
      clearInterval(watch);
      const timer = setTimeout(() => {
        stuck = true;
        endGroup(child, 'SIGKILL');
      }, LEAVE_MS);
      child.on('close', () => clearTimeout(timer));
    }, 500);
    child.on('close', () => clearInterval(watch));
  };
  try {
    const { code } = await run([...MOCHA, ...reporter, ...args], { env, live: true, started: leave });
    if (stuck)
      console.log(
        '  ✖ Something keeps running after the last test: a server, a pool or a timer is left open.',
      );
    const counts = existsSync(countsFile)
      ? JSON.parse(readFileSync(countsFile, 'utf8'))
      : { passed: 0, failed: 0, skipped: 0 };
    const brokeOff = code !== 0 && counts.failed === 0;
    if (brokeOff && !stuck) console.log(`  ✖ The tests broke off with exit code ${code}.`);
    return { ...counts, failed: counts.failed + (brokeOff ? 1 : 0) };
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

async function main(words) {
  const everything = words.length === 0;
  heading('Build');
  let broken = await check({ 'tsc -p tsconfig.build.json': [...TSC, '-p', 'tsconfig.build.json'] });
  if (everything) {
    heading('Types and lint');
    broken += await check({
      'tsc --noEmit': [...TSC, '--noEmit', '-p', '.'],
      eslint: [...bin('eslint/bin/eslint.js'), '--max-warnings', '0', '.'],
      prettier: [...bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'],
    });
  }
  heading('Tests');
  rmSync(COVERAGE, { recursive: true, force: true });
  mkdirSync(COVERAGE, { recursive: true });
  const counts = await runTests(
    [...selectTests(words), ...(everything ? ['--forbid-only'] : [])],
    everything,
  );
  if (everything) {
    heading('Coverage');
    await run([...C8, 'report'], { live: true });
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
