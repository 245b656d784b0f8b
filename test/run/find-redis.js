// The Redis of a run of the tests, found or started. Rule: one that was not named is flushed only if it is our own.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

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
export async function findRedis() {
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
