// `npm run bench`: the intake of N generated rows against the floor and a hand-written pipeline, in one
// run on the same rows. Prints figures and ratios; with --json one object and nothing else.
import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { shanghaiDay } from '../src/core/clock.js';
import { loadSite } from '../src/app/site.js';
import { openStorage } from '../src/app/storage.js';
import { ingestFile } from '../src/cli/ingest.js';
import type { Database } from '../src/db/pool.js';
import { boundHeap } from '../src/platform/bound-heap.js';
import { readEnvironment } from '../src/platform/environment.js';
import { createLogger } from '../src/platform/logger.js';
import { createStopList } from '../src/platform/stop-list.js';
import { measureFeed, measureReaders } from './feed.js';
import { runFloor } from './floor.js';
import { measureForwarding } from './forwarding.js';
import { runHandWritten } from './hand-written.js';
import { watchMemory } from './peak-memory.js';
import { FORMATS, type Format } from './penalty-files.js';
import { measureType } from './type-cost.js';

const USAGE = `npm run --silent bench -- --rows N [--scenario S] [--format F] [--json]
npm run --silent bench -- --type TYPE [--rows N] [--json]
  --rows N        rows to generate (default 100000)
  --scenario new  every row is new (default); again: the same file a second time, every row unchanged
             forwarding: to a city that only counts, in another process; feed: one reader reads all of it;
             readers: a reader follows the feed while the batch goes in
  --format F      csv (default), xlsx, json, ndjson or xml; the same rows as CSV are the yardstick then
  --type TYPE     what a row of this record type costs, in its pure stages and in the whole intake
  --json          print one JSON object and nothing else`;

const SOURCE = 'market-regulation-penalty';
/** What is measured behind the intake, against a served gateway. */
const SERVED = { forwarding: measureForwarding, feed: measureFeed, readers: measureReaders };
const SCENARIOS = ['new', 'again', 'forwarding', 'feed', 'readers'] as const;

interface Options {
  readonly rows: number;
  readonly scenario: (typeof SCENARIOS)[number];
  readonly format: Format;
  readonly type: string | undefined;
  readonly isJson: boolean;
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '100000' },
      scenario: { type: 'string', default: 'new' },
      format: { type: 'string', default: 'csv' },
      type: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const rows = Number(values.rows);
  const scenario = SCENARIOS.find((name) => name === values.scenario);
  const format = FORMATS.find((name) => name === values.format);
  if (values.help || !Number.isInteger(rows) || rows < 1 || scenario === undefined || format === undefined)
    return undefined;
  return { rows, scenario, format, type: values.type, isJson: values.json };
}

async function timed<T>(work: () => Promise<T>): Promise<{ seconds: number; result: T }> {
  const start = process.hrtime.bigint();
  const result = await work();
  return { seconds: Number(process.hrtime.bigint() - start) / 1e9, result };
}

/** Measures a scenario against a gateway in a process of its own. */
async function runServed(
  scenario: keyof typeof SERVED,
  { rows, folder, say }: { rows: number; folder: string; say: (text: string) => void },
): Promise<object> {
  const site = loadSite(readEnvironment().configDir);
  const agency = site.configuration.agencies.find(({ id }) => id === 'market-regulation');
  if (agency === undefined) throw new Error('config/agencies.yaml has no market-regulation.');
  const csv = join(folder, 'rows.csv');
  writeFile(csv, 'csv', { rows, agency });
  const dataDir = join(folder, 'data');
  const figures = await SERVED[scenario]({ folder: dataDir, csv, source: SOURCE, rows, say });
  say('Floor …');
  const secondsFloor = round(await floorOf(dataDir));
  return { scenario, ...figures, secondsFloor, processors: cpus().length, node: process.version };
}

/** The yardstick on what a gateway that has stopped left behind. */
async function floorOf(dataDir: string): Promise<number> {
  const environment = { ...readEnvironment(undefined, { dataDir, logLevel: 'error' }), dataDir };
  const log = createLogger(environment.logLevel);
  const stops = createStopList(log, 60_000);
  try {
    return await runFloor((await openStorage(environment, stops, log)).database);
  } finally {
    await stops.stop();
  }
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
    const needs = { site, storage, clock: () => new Date(), log, signal: new AbortController().signal };
    const onProgress = (received: number): void => say(`  intake ${received}`);
    if (options.type !== undefined)
      return await measureType(options.type, {
        ...needs,
        folder,
        rows: options.rows,
        ingest: (path, source) => ingestFile(path, source, { ...needs, onProgress }),
      });
    const agency = site.configuration.agencies.find(({ id }) => id === 'market-regulation');
    if (agency === undefined) throw new Error('config/agencies.yaml has no market-regulation.');
    say(`Writing ${options.rows} rows …`);
    const file = join(folder, `rows.${options.format}`);
    const csv = join(folder, 'rows.csv');
    const bytes = writeFile(file, options.format, { rows: options.rows, agency });
    if (file !== csv) writeFile(csv, 'csv', { rows: options.rows, agency });
    const ingest = (path = file): ReturnType<typeof ingestFile> =>
      ingestFile(path, SOURCE, { ...needs, onProgress });
    if (options.scenario === 'again') await ingest();
    say('Intake …');
    const memory = watchMemory();
    const intake = await timed(() => ingest());
    const peakMemoryMb = memory.stop();
    const asCsv = file === csv ? undefined : await timedAsCsv(storage.database, () => ingest(csv));
    say('Floor …');
    const secondsFloor = await runFloor(storage.database);
    say('Hand-written pipeline …');
    const handWritten = await timed(() => runHandWritten(storage.database, csv));
    return {
      rows: options.rows,
      scenario: options.scenario,
      format: options.format,
      bytesPerRow: Math.round(bytes / options.rows),
      secondsIntake: round(intake.seconds),
      secondsFloor: round(secondsFloor),
      secondsHandWritten: round(handWritten.seconds),
      rowsPerSecond: Math.round(options.rows / intake.seconds),
      ratioToFloor: round(intake.seconds / secondsFloor),
      ratioToHandWritten: round(intake.seconds / handWritten.seconds),
      ...(asCsv === undefined
        ? {}
        : { secondsAsCsv: round(asCsv), rateToCsv: round(asCsv / intake.seconds) }),
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

/** The same rows as CSV into tables that are empty again. */
async function timedAsCsv(database: Database, ingest: () => Promise<unknown>): Promise<number> {
  await database.query('truncate record_versions, chunks, batches, row_problems, rejected_rows cascade');
  return (await timed(ingest)).seconds;
}

function writeFile(
  path: string,
  format: Format,
  { rows, agency }: { rows: number; agency: { nameZh: string; creditCode: string } },
): number {
  const program = join(import.meta.dirname, 'write-file.js');
  const written = execFileSync(process.execPath, [
    program,
    path,
    String(rows),
    format,
    agency.nameZh,
    agency.creditCode,
    // Decided today: what comes in time is the rule, and a row that comes late pays for its warning.
    shanghaiDay(new Date()).replaceAll('-', '/'),
  ]);
  return Number(written.toString());
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

// As the gateway itself does.
boundHeap();
const options = readOptions();
if (options === undefined) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  // As root, the embedded PostgreSQL runs as another user and must reach its folder.
  await chmod(folder, 0o755);
  try {
    const say = options.isJson ? (): undefined => undefined : console.error;
    const { scenario, rows } = options;
    const figures =
      scenario === 'new' || scenario === 'again'
        ? await runBench(options, folder, say)
        : await runServed(scenario, { rows, folder, say });
    console.log(JSON.stringify(figures, null, options.isJson ? undefined : 2));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
