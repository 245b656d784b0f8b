// Gateways reduced to their embedded PostgreSQL, as processes of their own that a test may kill.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '../../src/platform/project-root.js';

export interface IdleGateway {
  readonly pid: number;
  /** What it said first: an address, or an error. */
  readonly said: { url?: string; adopted?: boolean; error?: string; code?: string };
  /** Ends it with SIGTERM and resolves when it has stopped. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
}

const SCRIPT = path.join(projectRoot, 'test/fixtures/postgres/start-and-idle.ts');

/** Starts a gateway on `dataDir` and resolves when it runs or has failed; `asUser` runs it without root's rights. */
export async function startIdleGateway(dataDir: string, asUser?: string): Promise<IdleGateway> {
  const node = [process.execPath, '--import', 'tsx', SCRIPT, dataDir];
  const drop = asUser === undefined ? [] : ['setpriv', `--reuid=${asUser}`, '--clear-groups'];
  const [program = '', ...args] = [...drop, ...node];
  const child = spawn(program, args, {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const exited = once(child, 'exit');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  return {
    pid: child.pid!,
    said: JSON.parse(line) as IdleGateway['said'],
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}
