// Forwarding from a fresh database to a simulated city over real HTTP, with a clock that the test moves and
// wake-ups and timers that the test makes.
import { canonicalJson } from '../../src/core/canonical-json.js';
import { addText } from '../../src/core/growing-bytes.js';
import type { Destination } from '../../src/core/configuration.js';
import type { Later } from '../../src/platform/later.js';
import { createForwarder, type Forwarder, type ForwarderNeeds } from '../../src/forwarding/forwarder.js';
import type { PersonReading } from '../../src/db/person-reading.js';
import type { SendNeeds } from '../../src/forwarding/send.js';
import { createHttpClient } from '../../src/platform/http-client.js';
import { createLogger } from '../../src/platform/logger.js';
import { startSandboxCity, type SandboxCity } from '../../src/sandbox/city.js';
import type { CityMessage } from '../../src/sandbox/city-message.js';
import { createCapturedLogger, type LogLine } from './captured-log.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { createTemporaryFolder } from './temporary-folder.js';

export const TOKEN = 'city-token';
export const WORDING = 'as-ever';
export const CREDIT_CODE = '12120116MB0CCC122Q';

export interface ForwardingBench {
  readonly test: TestDatabase;
  readonly city: SandboxCity;
  /** Every well-formed message that came to the city, in order. */
  readonly messages: CityMessage[];
  /** Every reading of personal numbers, in order. */
  readonly readings: PersonReading[];
  /** What its forwarders logged. */
  readonly lines: readonly LogLine[];
  now: Date;
  /** Told of each of them as it comes, before it is answered. */
  onMessage: (message: CityMessage) => void;
  /** Makes a forwarder of a process of its own. */
  forwarder(options?: Partial<Destination>, needs?: Partial<ForwarderNeeds>): Worker;
  /** What a process sends with, for a test that plays one that dies. */
  sendNeeds(): SendNeeds;
  query<R extends Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<R[]>;
  close(): Promise<void>;
}

export interface Worker extends Pick<Forwarder, 'forward'> {
  /** Forwards again and again until nothing is due now. */
  work(): Promise<void>;
  readonly stop: AbortController;
  drain(): Promise<void>;
}

export const DESTINATION: Destination = {
  id: 'city',
  adapter: 'city-http',
  gzip: false,
  tables: { 'administrative-penalty': { code: 'XZCF', version: '2020' } },
  showsPersonalNumbers: false,
  openness: 'authorised',
  messageSize: 1000,
  messagesInFlight: 4,
  timeoutMs: 5000,
  retry: { firstDelayMs: 500, maxDelayMs: 30_000, maxRetryAfterMs: 300_000 },
  breaker: { failures: 10, probeEveryMs: 5000 },
  parked: { probeEveryMs: 60_000 },
  maxFaults: 20,
};

/** Writes a record in columns of its own making. */
export const officialOfTests: SendNeeds['officialTable'] = () => (record, out) => {
  const entries = Object.entries(JSON.parse(record.toString()) as object);
  addText(
    out,
    canonicalJson(Object.fromEntries(entries.map(([field, value]) => [`X_${field}`, String(value)]))),
  );
};

/** Timers that fire only when real time matters to nobody: retries are driven by the test's clock. */
const never: Later = () => () => undefined;

/** Opens a bench, on a database of its own where none is given. */
export async function openForwardingBench(given?: TestDatabase): Promise<ForwardingBench> {
  const folder = createTemporaryFolder();
  const test = given ?? (await createTestDatabase());
  const messages: CityMessage[] = [];
  const http = createHttpClient({ maxAnswerBytes: 1 << 20 });
  const { log, lines } = createCapturedLogger();
  const workers: Worker[] = [];
  const clock = (): Date => bench.now;
  const city = await startSandboxCity({
    folder: folder.path,
    token: TOKEN,
    clock,
    log: createLogger('silent'),
    onMessage: (message) => {
      messages.push(message);
      bench.onMessage(message);
    },
  });
  const bench: ForwardingBench = {
    test,
    city,
    messages,
    readings: [],
    lines,
    now: new Date('2026-06-30T04:00:00Z'),
    onMessage: () => undefined,
    sendNeeds: () => ({
      database: test.database,
      clock,
      log,
      http,
      city: { url: city.url, token: TOKEN },
      officialTable: officialOfTests,
      open: (sealed) => sealed,
      personReading: (_sql, reading) => {
        bench.readings.push(reading);
        return Promise.resolve();
      },
      creditCodeOf: () => CREDIT_CODE,
      wordingOf: () => WORDING,
      random: () => 1,
      signal: new AbortController().signal,
    }),
    forwarder: (options = {}, needs = {}) => {
      const destination = { ...DESTINATION, ...options };
      const worker = openWorker({ ...bench.sendNeeds(), later: never, ...needs, destination });
      workers.push(worker);
      return worker;
    },
    query: async (text, values = []) => (await test.database.query(text, values)).rows as never,
    close: async () => {
      for (const worker of workers) worker.stop.abort();
      await Promise.all(workers.map((worker) => worker.drain()));
      http.close();
      await city.stop();
      await test.drop();
      folder.remove();
    },
  };
  return bench;
}

function openWorker(needs: Omit<ForwarderNeeds, 'wake'>): Worker {
  const stop = new AbortController();
  let wakes = 0;
  let turn: Promise<void> = Promise.resolve();
  // One at a time, as the dispatcher does it.
  const forward = (): Promise<void> => (turn = turn.catch(() => undefined).then(() => forwarder.forward()));
  const forwarder = createForwarder({
    ...needs,
    signal: stop.signal,
    wake: async () => {
      wakes += 1;
      await forward();
    },
  });
  const work = async (): Promise<void> => {
    for (;;) {
      const before = wakes;
      await forward();
      await forwarder.drain();
      await turn;
      if (wakes === before) return;
    }
  };
  return { forward, work, stop, drain: forwarder.drain };
}
