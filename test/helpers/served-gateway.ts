// A real gateway process with its sandbox: started, killed and started again by a test.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../src/platform/project-root.js';
import { readSandboxFile, type SandboxFile } from '../../src/sandbox/sandbox-file.js';
import { until } from './until.js';

export interface ServedGateway {
  /** Starts the process and waits until it is ready. */
  start(): Promise<void>;
  /** Ends the process with SIGKILL, and others with it. */
  kill(alsoPids?: readonly number[]): Promise<void>;
  /** Ends the process with SIGTERM; gives its exit code and signal. */
  stop(): Promise<unknown[]>;
  readonly sandbox: SandboxFile;
  /** What the process has said since it was started. */
  readonly log: string;
  /** Process id of the embedded PostgreSQL. */
  postmaster(): number;
  /** Gets JSON; undefined where nobody answers, or not with 200. */
  get<T>(pathOrUrl: string, key: string): Promise<T | undefined>;
}

const READY_TIMEOUT_MS = 120_000;

/** Prepares a gateway on a folder; further variables name its database, its configuration and so on. */
export function prepareServedGateway(
  dataDir: string,
  variables: Readonly<Record<string, string>> = {},
): ServedGateway {
  const program = path.join(projectRoot, 'dist/src/main.js');
  assert.ok(existsSync(program), 'build first');
  let child: ChildProcess | undefined;
  let sandbox: SandboxFile | undefined;
  let log = '';

  const launch = (): Promise<string> => {
    log = '';
    const started = spawn(process.execPath, [program, 'serve', '--sandbox'], {
      env: { PATH: process.env['PATH'], DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'warn', ...variables },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child = started;
    return new Promise<string>((resolve, reject) => {
      started.stderr.on('data', (bytes: Buffer) => {
        log += bytes.toString();
        const url = /Listening on (\S+)/.exec(log.slice(log.lastIndexOf('Listening on')))?.[1];
        if (url !== undefined) resolve(url);
      });
      started.once('exit', () => reject(new Error(`The gateway ended: ${log.slice(-2000)}`)));
    });
  };
  const end = async (signal: NodeJS.Signals, alsoPids: readonly number[] = []): Promise<unknown[]> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return [];
    const gone = once(child, 'exit');
    for (const pid of [child.pid as number, ...alsoPids]) process.kill(pid, signal);
    return gone;
  };
  const get = async <T>(pathOrUrl: string, key: string): Promise<T | undefined> => {
    try {
      const answer = await fetch(new URL(pathOrUrl, sandbox?.url), {
        headers: { authorization: `Bearer ${key}` },
      });
      return answer.ok ? ((await answer.json()) as T) : undefined;
    } catch {
      // Nobody listens yet, or no longer: the caller looks again.
      return undefined;
    }
  };
  return {
    start: async () => {
      const url = await launch();
      await until(() => get(`${url}/readyz`, ''), { timeoutMs: READY_TIMEOUT_MS, what: 'readyz' });
      sandbox = await readSandboxFile(dataDir);
      assert.equal(sandbox?.url, url);
    },
    kill: async (alsoPids) => {
      await end('SIGKILL', alsoPids);
    },
    stop: () => end('SIGTERM'),
    get sandbox() {
      assert.ok(sandbox !== undefined, 'start first');
      return sandbox;
    },
    get log() {
      return log;
    },
    postmaster: () =>
      Number(readFileSync(path.join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]),
    get,
  };
}
