// A pull from an agency's database into a fresh gateway database, with the real intake behind it.
import type { DatabasePullSettings, Source } from '../../../src/core/configuration.js';
import { createDatabasePull } from '../../../src/intake/front-end/database-pull.js';
import type { DatabasePullNeeds } from '../../../src/intake/front-end/pull-run.js';
import type { PulledDelivery } from '../../../src/intake/pull.js';
import { receiveDelivery, type Received } from '../../../src/intake/receive.js';
import type { PullOrder } from '../../../src/db/source-pulls.js';
import { createCapturedLogger, type LogLine } from '../../helpers/captured-log.js';
import { NOW, openIntakeBench, SOURCE, type IntakeBench } from '../../helpers/intake.js';
import { SETTINGS, type AgencyDatabase } from './agency-database.js';

export interface PullBench {
  readonly bench: IntakeBench;
  readonly lines: LogLine[];
  readonly needs: DatabasePullNeeds;
  source(settings?: Partial<DatabasePullSettings>): Source;
  /** Pulls once; `replaced` stands for needs of the pull. */
  pull(options?: {
    order?: Partial<PullOrder>;
    settings?: Partial<DatabasePullSettings>;
    replaced?: Partial<DatabasePullNeeds>;
  }): Promise<void>;
  receive(delivery: PulledDelivery): Promise<Received>;
  /** Works off what was received. */
  work(): Promise<void>;
  /** The batches in their order. */
  batches(): Promise<
    { id: string; status: string; received: number; withdrawn: number; unchanged: number }[]
  >;
  /** Counts the rows of all batches by verdict. */
  verdicts(): Promise<Record<string, number>>;
  /** The rows of a batch as they were delivered. */
  rowsOf(id: string): Promise<Record<string, string | null>[]>;
  known(): Promise<number>;
  close(): Promise<void>;
}

/** Opens one. */
export async function openPullBench(agency: AgencyDatabase): Promise<PullBench> {
  const bench = await openIntakeBench();
  const { log, lines } = createCapturedLogger();
  const { database } = bench.test;
  const base = { ...bench.site, database, originals: bench.originals, clock: () => NOW, log };
  const receive = (delivery: PulledDelivery): Promise<Received> =>
    receiveDelivery(
      {
        declaredCharset: undefined,
        expectedDigests: new Map(),
        idempotencyKey: undefined,
        maxBytes: 1 << 30,
        skipsSettled: true,
        ...delivery,
      },
      { ...base, sealer: bench.sealer, wake: () => Promise.resolve() },
    );
  const needs: DatabasePullNeeds = {
    ...base,
    sealer: bench.sealer,
    signal: new AbortController().signal,
    aboveWithdrawnShare: 0.05,
    readSecret: async () => `${agency.url}\n`,
    receive,
  };
  const query = async <T>(text: string): Promise<T[]> => (await database.query(text)).rows as T[];
  const self: PullBench = {
    bench,
    lines,
    needs,
    receive,
    source: (settings = {}) => {
      const configured = bench.site.configuration.sources.find(({ id }) => id === SOURCE)!;
      const databasePull = { ...SETTINGS, kind: agency.kind, urlFile: 'url', ...settings };
      return { ...configured, databasePull };
    },
    pull: ({ order = {}, settings = {}, replaced = {} } = {}) =>
      createDatabasePull({ ...needs, ...replaced })(self.source(settings), {
        isFull: false,
        isSweep: false,
        ...order,
      }),
    work: () => bench.work(),
    batches: () => query('select id, status, received, withdrawn, unchanged from batches order by number'),
    verdicts: async () => {
      const [sums] = await query<Record<string, number | null>>(
        `select sum(new)::int as new, sum(amended)::int as amended, sum(unchanged)::int as unchanged,
           sum(duplicate)::int as duplicate, sum(stale)::int as stale, sum(withdrawn)::int as withdrawn,
           sum(rejected)::int as rejected from batches`,
      );
      return Object.fromEntries(
        Object.entries(sums ?? {}).flatMap(([name, sum]) => (sum === null || sum === 0 ? [] : [[name, sum]])),
      );
    },
    rowsOf: async (id) => {
      const pieces: Buffer[] = [];
      for await (const piece of bench.originals.read(id)) pieces.push(piece as Buffer);
      const text = Buffer.concat(pieces).toString('utf8').trimEnd();
      return text.split('\n').map((line) => JSON.parse(line) as Record<string, string | null>);
    },
    known: async () => (await query('select from pulled_rows')).length,
    close: () => bench.close(),
  };
  return self;
}
