// A gateway as it is served, in a process of its own, for the scenarios that measure what comes behind the intake.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { SandboxFile } from '../src/sandbox/sandbox-file.js';
import { readSandboxFile } from '../src/sandbox/sandbox-file.js';

export interface Served {
  readonly sandbox: SandboxFile;
  /** Pauses the city, or lets it go on. */
  order(act: 'pause' | 'resume'): Promise<void>;
  /** Uploads a CSV file and gives the path of its batch. */
  upload(file: string, source: string): Promise<string>;
  /** Waits until a batch has settled. */
  settled(batch: string): Promise<void>;
  stop(): Promise<void>;
}

const LOOK_MS = 200;
const AGENCY = 'market-regulation';

/** Starts `serve --sandbox` on an empty folder, forwarding to `cityUrl`. */
export async function serveGateway(dataDir: string, cityUrl: string): Promise<Served> {
  const program = join(import.meta.dirname, '../src/main.js');
  const child = spawn(process.execPath, [program, 'serve', '--sandbox'], {
    env: { PATH: process.env['PATH'], DATA_DIR: dataDir, PORT: '0', CITY_URL: cityUrl, LOG_LEVEL: 'error' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const gone = once(child, 'exit');
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()));
  const sandbox = await eventually(() => {
    if (child.exitCode !== null) throw new Error(`The gateway ended: ${said}`);
    return said.includes('Listening on') ? readSandboxFile(dataDir) : undefined;
  });
  const call = async (
    path: string,
    init: RequestInit & { headers: Record<string, string> },
  ): Promise<unknown> => {
    const answer = await fetch(new URL(path, sandbox.url), init);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? undefined : answer.json();
  };
  const bearer = (key = ''): { authorization: string } => ({ authorization: `Bearer ${key}` });
  const agency = bearer(sandbox.agencies[AGENCY]?.key);
  return {
    sandbox,
    order: async (act) => {
      const headers = { ...bearer(sandbox.operator.key), 'content-type': 'application/json' };
      await call(`/v1/destinations/city/${act}`, { method: 'POST', headers, body: '{"reason":"bench"}' });
    },
    upload: async (file, source) => {
      const body = Readable.toWeb(createReadStream(file)) as ReadableStream;
      const headers = { ...agency, 'content-type': 'text/csv' };
      const answer = await call(`/v1/sources/${source}/batches`, {
        method: 'POST',
        headers,
        body,
        duplex: 'half',
      });
      return `/v1/batches/${(answer as { id: string }).id}`;
    },
    settled: async (batch) => {
      await eventually(async () => {
        const { finishedAt } = (await call(batch, { headers: agency })) as { finishedAt: string | null };
        return finishedAt ?? undefined;
      });
    },
    stop: async () => {
      child.kill('SIGTERM');
      await gone;
    },
  };
}

/** Looks again and again until there is something. */
export async function eventually<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
