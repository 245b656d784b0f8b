// `npm run bench`: the intake of N generated rows against the floor and a hand-written pipeline, in one
// run on the same rows. Prints figures and ratios; with --json one object and nothing else.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadSite } from '../src/app/site.js';
import { openStorage } from '../src/app/storage.js';
import { ingestFile } from '../src/cli/ingest.js';
import { readEnvironment } from '../src/platform/environment.js';
import { createLogger } from '../src/platform/logger.js';
import { createStopList } from '../src/platform/stop-list.js';
import { runFloor } from './floor.js';
import { runHandWritten } from './hand-written.js';
import { watchMemory } from './peak-memory.js';
import { writePenalties } from './penalty-rows.js';

const USAGE = `npm run --silent bench -- --rows N [--scenario new|again] [--json]
  --rows N        rows to generate (default 100000)
  --scenario new  every row is new (default); again: the same file a second time, every row unchanged
  --json          print one JSON object and nothing else`;

const SOURCE = 'market-regulation-penalty';
const SCENARIOS = ['new', 'again'] as const;

interface Options {
  readonly rows: number;
  readonly scenario: (typeof SCENARIOS)[number];
  readonly isJson: boolean;
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '100000' },
      scenario: { type: 'string', default: 'new' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const rows = Number(values.rows);
  const scenario = SCENARIOS.find((name) => name === values.scenario);
  if (values.help || !Number.isInteger(rows) || rows < 1 || scenario === undefined) return undefined;
  return { rows, scenario, isJson: values.json };
}

async function timed<T>(work: () => Promise<T>): Promise<{ seconds: number; result: T }> {
  const start = process.hrtime.bigint();
  const result = await work();
  return { seconds: Number(process.hrtime.bigint() - start) / 1e9, result };
}

async function runBench(options: Options, folder: string, say: (text: string) => void): Promise<object> {
  const environment = {
    ...readEnvironment(undefined, { dataDir: folder, logLevel: 'error' }),
    dataDir: folder,
  };
  const log = createLogger(environment.logLevel);
  const stops = createStopList(log, 60_000);
  try {
    const site = loadSite(environment.configDir);
    const storage = await openStorage(environment, stops, log);
    const agency = site.configuration.agencies.find(({ id }) => id === 'market-regulation');
    if (agency === undefined) throw new Error('config/agencies.yaml has no market-regulation.');
    const file = join(folder, 'rows.csv');
    say(`Writing ${options.rows} rows …`);
    const bytes = await writePenalties(file, options.rows, agency);
    const ingest = (): ReturnType<typeof ingestFile> =>
      ingestFile(file, SOURCE, {
        site,
        storage,
        clock: () => new Date(),
        log,
        signal: new AbortController().signal,
        onProgress: (received) => say(`  intake ${received}`),
      });
    if (options.scenario === 'again') await ingest();
    say('Intake …');
    const memory = watchMemory();
    const intake = await timed(ingest);
    const peakMemoryMb = memory.stop();
    say('Floor …');
    const secondsFloor = await runFloor(storage.database);
    say('Hand-written pipeline …');
    const handWritten = await timed(() => runHandWritten(storage.database, file));
    return {
      rows: options.rows,
      scenario: options.scenario,
      bytesPerRow: Math.round(bytes / options.rows),
      secondsIntake: round(intake.seconds),
      secondsFloor: round(secondsFloor),
      secondsHandWritten: round(handWritten.seconds),
      rowsPerSecond: Math.round(options.rows / intake.seconds),
      ratioToFloor: round(intake.seconds / secondsFloor),
      ratioToHandWritten: round(intake.seconds / handWritten.seconds),
      peakMemoryMb,
      counts: intake.result.counts,
      processors: cpus().length,
      memoryGb: Math.round(totalmem() / 2 ** 30),
      node: process.version,
    };
  } finally {
    await stops.stop();
  }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

const options = readOptions();
if (options === undefined) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  // As root, the embedded PostgreSQL runs as another user and must reach its folder.
  await chmod(folder, 0o755);
  try {
    const figures = await runBench(options, folder, options.isJson ? () => undefined : console.error);
    console.log(JSON.stringify(figures, null, options.isJson ? undefined : 2));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
