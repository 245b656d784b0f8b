// `npm run bench -- --scenario forwarding`: how fast what is stored goes to a city that only counts, in a process of its own.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { serveGateway, eventually } from './served.js';

export interface Counted {
  readonly records: number;
  readonly messages: number;
  readonly bytes: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

export interface CountingCity {
  readonly url: string;
  read(): Promise<Counted>;
  stop(): void;
}

export interface ScenarioNeeds {
  readonly folder: string;
  readonly csv: string;
  readonly source: string;
  readonly rows: number;
  readonly say: (text: string) => void;
}

/** Starts the city. */
export async function startCountingCity(): Promise<CountingCity> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'counting-city.js')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  return {
    url: await next(),
    read: async () => {
      child.stdin.write('\n');
      return JSON.parse(await next()) as Counted;
    },
    stop: () => child.stdin.end(),
  };
}

/** Stores everything while the city is paused, then resumes it and counts there. */
export async function measureForwarding({ folder, csv, source, rows, say }: ScenarioNeeds): Promise<object> {
  const city = await startCountingCity();
  const gateway = await serveGateway(folder, city.url);
  try {
    await gateway.order('pause');
    say('Intake …');
    await gateway.settled(await gateway.upload(csv, source));
    say('Forwarding …');
    const startMs = Date.now();
    await gateway.order('resume');
    const { messages, bytes, lastAtMs } = await eventually(async () => {
      const counted = await city.read();
      say(`  at the city ${counted.records}`);
      return counted.records >= rows ? counted : undefined;
    });
    const seconds = (lastAtMs - startMs) / 1000;
    return {
      rows,
      messages,
      bytes,
      secondsForwarding: seconds,
      recordsPerSecond: Math.round(rows / seconds),
    };
  } finally {
    await gateway.stop();
    city.stop();
  }
}
