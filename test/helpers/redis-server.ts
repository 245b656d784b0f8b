// Redis for tests: the one of the run by its address, and servers of a test's own, which it may flush and kill.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { createTemporaryFolder } from './temporary-folder.js';
import { until } from './until.js';

export interface RedisServer {
  readonly url: string;
  start(): Promise<void>;
  /** Kills the server; what it held is gone. */
  kill(): Promise<void>;
  /** Stops the process in its tracks: connections stay open and nothing answers. */
  freeze(): void;
  thaw(): void;
  /** Sends one command and resolves with the first line of the answer. */
  command(line: string): Promise<string>;
  remove(): Promise<void>;
}

/** Gives the address of a Redis that answers, or undefined. */
export async function findRedisUrl(): Promise<string | undefined> {
  const named = process.env.TEST_REDIS_URL ?? process.env.REDIS_URL;
  const url = named === undefined || named === '' ? 'redis://127.0.0.1:6379' : named;
  const { hostname, port } = new URL(url);
  const answer = await ask({ host: hostname, port: Number(port || 6379) }, 'PING').catch(() => '');
  return answer === '' ? undefined : url;
}

/** Starts a Redis on a free port, or gives undefined where there is no `redis-server` on the PATH. */
export async function startRedisServer(policy = 'noeviction'): Promise<RedisServer | undefined> {
  const folder = createTemporaryFolder();
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder.path];
  let child: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  const server: RedisServer = {
    url: `redis://127.0.0.1:${port}`,
    start: async () => {
      child = spawn('redis-server', [...args, '--maxmemory-policy', policy], { stdio: 'ignore' });
      await once(child, 'spawn');
      await until(() => server.command('PING').catch(() => false), { what: 'redis-server' });
    },
    kill,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    command: (line) => ask({ host: '127.0.0.1', port }, line),
    remove: async () => {
      await kill();
      folder.remove();
    },
  };
  try {
    await server.start();
    return server;
  } catch {
    folder.remove();
    return undefined;
  }
}

function ask(address: { host: string; port: number }, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(address, () => socket.write(`${line}\r\n`));
    socket.setTimeout(2_000, () => socket.destroy(new Error('No answer')));
    socket.on('error', reject);
    socket.on('data', (bytes) => {
      socket.destroy();
      resolve(bytes.toString().split('\r\n')[0] ?? '');
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
