// Commands as child processes: what a step of `npm test` runs, shown when it ends or at once. Rule: each is a group
// of its own, so that all that it started can be ended with it.
import { spawn } from 'node:child_process';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../..');

const bin = (file) => [process.execPath, path.join(ROOT, 'node_modules', file)];
export const TSC = bin('typescript/bin/tsc');
export const MOCHA = bin('mocha/bin/mocha.js');
export const C8 = bin('c8/bin/c8.js');
export const ESLINT = bin('eslint/bin/eslint.js');
export const PRETTIER = bin('prettier/bin/prettier.cjs');

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Says what comes next. */
export const heading = (text) => console.log(`\n▸ ${text}`);

/** Sends a signal to a child and all that it started. */
export function endGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Runs a command to its end and resolves with `{code, output}`; with `live` the output is shown at once instead. */
export function runCommand([command, ...args], { env = {}, live = false, started } = {}) {
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
    for (const signal of SIGNALS) process.on(signal, pass);
    child.on('error', (error) => resolve({ code: 1, output: String(error) }));
    child.on('close', (code) => {
      for (const signal of SIGNALS) process.off(signal, pass);
      if (interrupted) reject(new Error('Interrupted.'));
      resolve({ code: code ?? 1, output: Buffer.concat(output).toString() });
    });
    started?.(child);
  });
}

/** Runs a command, says whether it passed and how long it took, and resolves with the number of failures, 0 or 1. */
export async function check(name, command) {
  const startedAt = Date.now();
  const { code, output } = await runCommand(command);
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  console.log(`  ${code === 0 ? '✔' : '✖'} ${name} (${seconds} s)`);
  if (code !== 0 && output.trim() !== '') console.log(output.trimEnd().replace(/^/gm, '    '));
  return code === 0 ? 0 : 1;
}
