// A command of the gateway as a person runs it: a process of its own, what it prints, and its exit code.
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { projectRoot } from '../../src/platform/project-root.js';

export interface Ran {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Command {
  readonly child: ChildProcess;
  readonly ended: Promise<Ran>;
}

/** Starts `gateway ARGS` with these variables and no others but the path. */
export function startCommand(args: readonly string[], variables: Readonly<Record<string, string>>): Command {
  const child = spawn(process.execPath, [path.join(projectRoot, 'dist/src/main.js'), ...args], {
    cwd: projectRoot,
    env: { PATH: process.env['PATH'], LOG_LEVEL: 'silent', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
  const ended = new Promise<Ran>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}
