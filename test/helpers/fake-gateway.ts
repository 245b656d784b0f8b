// The server of the API on functions in memory: what a test hands in replaces one of them.
import { buffer } from 'node:stream/consumers';
import type { Caller, HttpDeps, MetricFigures, Upload } from '../../src/http/deps.js';
import { createServer, type HttpServer } from '../../src/http/server.js';
import { GatewayError } from '../../src/core/errors.js';
import { createApi, type Api } from './api.js';
import { createCapturedLogger, type LogLine } from './captured-log.js';

export const BATCH_ID = '0b5e0c2e-6a52-4a3e-9c39-5f0a5d7f2c11';
export const RECORD_ID = '3f2b0c52-7e61-8a40-9d0f-2f6d1c5f8a77';
export const KEYS = {
  agency: 'key-of-market-regulation',
  otherAgency: 'key-of-ecology-environment',
  city: 'key-of-city',
  operator: 'key-of-operator',
  auditor: 'key-of-auditor',
};

export interface FakeGateway {
  readonly url: string;
  readonly port: number;
  readonly api: Api;
  readonly server: HttpServer;
  readonly log: readonly LogLine[];
  /** What `receiveBatch` took in, whole bodies. */
  readonly received: readonly { upload: Upload; bytes: Buffer }[];
}

const CALLERS: Readonly<Record<string, Caller>> = {
  [KEYS.agency]: { keyId: '1', role: 'agency', agency: 'market-regulation' },
  [KEYS.otherAgency]: { keyId: '2', role: 'agency', agency: 'ecology-environment' },
  [KEYS.city]: { keyId: '3', role: 'city', agency: null },
  [KEYS.operator]: { keyId: '4', role: 'operator', agency: null },
  [KEYS.auditor]: { keyId: '5', role: 'auditor', agency: null },
};

/** A batch as it would be shown. */
export function batchView(): { id: string; agency: string } & Record<string, unknown> {
  const counts = {
    received: 2,
    new: 2,
    amended: 0,
    unchanged: 0,
    duplicate: 0,
    stale: 0,
    withdrawn: 0,
    rejected: 0,
  };
  return {
    id: BATCH_ID,
    source: 'market-regulation-penalty',
    agency: 'market-regulation',
    status: 'accepted',
    sha256: '5f8f04f6a3a892aaabbddb6cf273894493773960d4a325b105fee46eef4304f1',
    bytes: 2,
    receivedAt: '2026-06-30T04:00:00.000Z',
    finishedAt: null,
    counts,
    timeliness: { measured: 2, late: 0 },
    mapping: 'administrative-penalty-2020',
    mappingVersion: '5f8f04f6a3a892aa',
    replayOf: null,
    replayedBy: null,
    warnings: [],
    hold: null,
    city: { pending: 2, delivered: 0, rejected: 0 },
  };
}

/** A day as it would be listed. */
function reconciliationView(): object {
  return {
    date: '2026-06-29',
    state: 'agrees',
    orderedAt: new Date(0),
    orderedBy: 'gateway',
    failures: 0,
    error: null,
    nextTryAt: null,
    comparedAt: new Date(0),
    tables: [],
    differences: { open: 0, closed: 0 },
  };
}

/** How a record of `market-regulation` would stand after a decision. */
function recordStanding(id: string, { caller, reason }: { caller: Caller; reason: string }): object {
  if (caller.role === 'agency' && caller.agency !== 'market-regulation')
    throw new GatewayError('record.unknown', 'There is no such record for this key.');
  const [agency, recordType] = ['market-regulation', 'administrative-penalty'];
  const changedAt = new Date(0).toISOString();
  return { id, agency, recordType, version: 2, state: 'withdrawn', changedAt, reason };
}

/** What a replay of two rows would change. */
function replayPreview(): Record<string, unknown> {
  const { counts } = batchView();
  return {
    batch: BATCH_ID,
    comparedWith: BATCH_ID,
    mapping: 'administrative-penalty-2020',
    isSameMapping: false,
    rows: 2,
    maxRows: 200_000,
    isWhole: true,
    before: counts,
    after: counts,
    wouldPass: 0,
    wouldFail: 0,
    problems: [{ code: 'value.required', gone: 0, still: 1, added: 0 }],
  };
}

function sourceReplay(source: string): { id: string } & Record<string, unknown> {
  return {
    ...{
      id: RECORD_ID,
      source,
      from: new Date(0),
      to: new Date(1),
      state: 'pending',
      reason: 'x',
      by: 'operator:k',
    },
    ...{ orderedAt: new Date(2), finishedAt: null, batches: 2, failures: 0 },
    replays: [{ batch: BATCH_ID, replay: RECORD_ID, isNew: true }],
    skipped: [],
  };
}

/** A record without versions to show. */
function recordStory(): Record<string, unknown> {
  return {
    id: RECORD_ID,
    recordType: 'administrative-penalty',
    agency: 'market-regulation',
    version: 1,
    state: 'in-force',
    code: null,
    documentNumber: '津市监罚〔2026〕17号',
    endsOn: null,
    openness: null,
    versions: [],
    total: 1,
    next: null,
    notices: { total: 0, shown: [] },
    messagesKeptDays: 1825,
  };
}

/** A report as a dry run gives it. */
export function validationReport(): Record<string, unknown> {
  return {
    source: 'market-regulation-penalty',
    mapping: 'administrative-penalty-2020',
    format: 'csv',
    received: 1,
    rejected: 0,
    warnings: [],
    problems: [],
    total: 0,
  };
}

/** A source as it would be listed. */
export function sourceEntry(): { agency: string } & Record<string, unknown> {
  return {
    id: 'market-regulation-penalty',
    agency: 'market-regulation',
    type: 'administrative-penalty',
    title: 'Administrative penalty',
    titleZh: '行政处罚',
    formats: ['csv', 'xlsx', 'json', 'ndjson', 'xml'],
    limits: {
      maxUploadBytes: 1000,
      maxRows: 10,
      maxColumns: 10,
      maxCellCharacters: 10,
      maxEntries: 10,
      maxUnpackedBytes: 10,
      maxDepth: 10,
    },
    waysIn: ['upload', 'folder'],
    pull: null,
    lastRunAt: null,
    nextRunAt: null,
    lastSuccessAt: null,
    lastBatch: null,
    consecutiveFailures: 0,
    late: false,
    paused: null,
    expects: null,
    reminders: [],
  };
}

/** How a gateway stands where nothing is wrong. */
export function statusView(): Record<string, unknown> {
  return {
    ok: true,
    checkedAt: '2026-06-30T04:00:00.000Z',
    conditions: [],
    figures: {
      sources: { total: 1, late: 0, failing: 0, paused: 0 },
      batches: { received: 0, processing: 0, held: 0, failed: 0 },
      queues: [],
      destinations: [],
    },
  };
}

/** Figures as the tables would give them. */
export function metricFigures(): MetricFigures {
  return {
    now: new Date('2026-06-30T04:00:00Z'),
    sources: [
      { id: 'penalties', succeededAt: new Date('2026-06-30T03:00:00Z'), isPaused: true, failures: 2 },
    ],
    rows: [{ of: ['penalties', 'new'], count: 300 }],
    settled: [{ of: ['penalties', 'accepted'], count: 3 }],
    batches: [['held', 1]],
    queues: [{ queue: 'batches', waiting: 2, since: new Date('2026-06-30T03:59:30Z') }],
    destinations: [{ id: 'city', records: 7, since: new Date('2026-06-30T03:59:50Z') }],
    attempts: [{ of: ['city', 'taken'], count: 9 }],
    webhooks: [{ of: ['delivered'], count: 4 }],
    conditions: ['warning'],
  };
}

function replayView(): object {
  return {
    id: BATCH_ID,
    number: 1,
    destination: 'city',
    selection: { records: 3 },
    state: 'planned',
    reason: 'the city lost a day',
    by: 'operator:4',
    orderedAt: new Date(0),
    finishedAt: null,
    changes: 3,
    planned: 0,
    skipped: 0,
    superseded: 0,
    answered: 0,
  };
}

/** Starts the server on any free port. */
export async function startFakeGateway(replaced: Partial<HttpDeps> = {}): Promise<FakeGateway> {
  const { log, lines } = createCapturedLogger();
  const received: { upload: Upload; bytes: Buffer }[] = [];
  const deps: HttpDeps = {
    log,
    requestsPerSecond: 100_000,
    uploadIdleTimeoutMs: 10_000,
    feedLimit: 1000,
    authenticate: async (key) => CALLERS[key],
    source: (id) =>
      id.startsWith('market-regulation-')
        ? { id, agency: 'market-regulation', maxUploadBytes: 1000 }
        : undefined,
    isCharset: (name) => ['utf-8', 'gb18030', 'gbk'].includes(name.toLowerCase()),
    receiveBatch: async (upload) => {
      const pieces: Buffer[] = [];
      for await (const piece of upload.body) pieces.push(piece as Buffer);
      received.push({ upload, bytes: Buffer.concat(pieces) });
      return { id: BATCH_ID, status: 'received' };
    },
    validate: async ({ sourceId, body }) => {
      await buffer(body);
      return { ...validationReport(), source: sourceId };
    },
    pressure: async () => null,
    readStatus: async () => statusView(),
    readMetrics: async () => metricFigures(),
    areMetricsOpen: true,
    listSources: async (agency) =>
      [sourceEntry()].filter((entry) => agency === null || agency === entry.agency),
    runSource: async () => undefined,
    pauseSource: async (_id, { reason }) => ({ since: new Date(0).toISOString(), by: 'operator:4', reason }),
    resumeSource: async () => undefined,
    listDestinations: async () => [
      {
        id: 'city',
        pending: { records: 3, inFlight: 1, since: new Date(0) },
        waitingFeedback: 1,
        failures: 0,
        paused: null,
        parked: { since: new Date(0), reason: 'http-401' },
        setAside: { messages: 1, records: 2, since: new Date(0) },
      },
    ],
    listRefusals: async () => ({ refusals: [], byCode: [], next: null }),
    listSetAside: async () => ({ messages: [], next: null }),
    endSetAside: async () => undefined,
    pauseDestination: async (_id, { reason }) => ({
      since: new Date(0).toISOString(),
      by: 'operator:4',
      reason,
    }),
    resumeDestination: async () => undefined,
    previewReplay: async () => ({ changes: 7, superseded: 2 }),
    orderReplay: async () => ({ replay: replayView(), isNew: true }),
    listReplays: async () => ({ replays: [replayView()], next: null }),
    cancelReplay: async () => ({ ...replayView(), state: 'cancelled', finishedAt: new Date(0) }),
    orderReconciliation: async (_id, { date = '2026-06-29' }) => ({ ...reconciliationView(), date }),
    listReconciliations: async () => ({ reconciliations: [reconciliationView()], next: null }),
    listDifferences: async (_id, date) => ({ date, open: 0, closed: 0, differences: [], next: null }),
    repairDifferences: async (_id, date) => ({ date, records: 0, noted: 0, replays: [] }),
    readScorecard: async () => [],
    scorecardCsv: async () => '\ufeff部门\r\n',
    stateNoData: async ({ source, period }) => ({ source, period, statedAt: new Date(0) }),
    searchRecords: async ({ limit }) => ({ records: [], next: limit === 1 ? 17 : null, incomplete: null }),
    tellRecord: async ({ recordId, caller }) =>
      recordId === RECORD_ID && caller.agency !== 'ecology-environment' ? recordStory() : null,
    releaseBatch: async () => batchView(),
    dropBatch: async () => batchView(),
    withdrawRecord: async ({ recordId, caller, reason }) => recordStanding(recordId, { caller, reason }),
    reinstateRecord: async ({ recordId, caller, reason }) => recordStanding(recordId, { caller, reason }),
    previewBatchReplay: async () => replayPreview(),
    replayBatch: async () => ({ isNew: true, batch: batchView() }),
    previewSourceReplay: async () => ({
      ...{ previews: [replayPreview()], skipped: [], left: [] },
      ...{ maxRows: 200_000, maxBatches: 50 },
    }),
    replaySource: async (stretch) => ({ isNew: true, replay: sourceReplay(stretch.source) }),
    readSourceReplay: async (source) => sourceReplay(source),
    problemsCsv: async function* () {
      yield await Promise.resolve('\ufeff行号\r\n');
    },
    writeCorrection: async (_id, _options, out) => void out.end('PK'),
    signReceipt: async () => 'eyJhbGciOiJFZERTQSJ9.e30.c2ln',
    publicKeys: { keys: [] },
    writeTemplate: async (_type, out) => void out.end('PK'),
    readBatch: async (id) => {
      // As PostgreSQL does.
      if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) throw new Error(`${id} is no uuid`);
      return id === BATCH_ID ? batchView() : null;
    },
    readProblems: async () => ({ problems: [], total: 0, next: null }),
    csvTemplate: (type) => {
      if (type === 'administrative-penalty') return '\ufeff行政相对人名称\r\n';
      throw new GatewayError('catalogue.not-listed', `There is no record type ${type}.`, {
        details: { types: [] },
      });
    },
    readFeedDigest: async () => ({
      view: '0'.repeat(16),
      since: '0',
      lastEventId: '0',
      count: 0,
      digest: '0'.repeat(64),
    }),
    followFeed: async () => [],
    acceptNotice: async () => ({ noticeId: 'N-1', status: 'routed', isNew: true }),
    listMailbox: async () => ({ notices: [], next: null }),
    acknowledge: async ({ noticeId, agency }) => ({
      noticeId,
      agency,
      outcome: 'acknowledged',
      at: new Date(0),
    }),
    giveFeedback: async ({ noticeId, agency }) => ({ noticeId, agency, outcome: 'acted', at: new Date(0) }),
    isReady: async () => true,
    ...replaced,
  };
  const server = createServer(deps);
  const { url, port } = await server.listen('127.0.0.1', 0);
  return { url, port, api: createApi(url), server, log: lines, received };
}
