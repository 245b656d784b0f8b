// The server of the API on functions in memory: what a test hands in replaces one of them.
import type { Caller, HttpDeps, Upload } from '../../src/http/deps.js';
import { createServer, type HttpServer } from '../../src/http/server.js';
import { GatewayError } from '../../src/core/errors.js';
import { createApi, type Api } from './api.js';
import { createCapturedLogger, type LogLine } from './captured-log.js';

export const BATCH_ID = '0b5e0c2e-6a52-4a3e-9c39-5f0a5d7f2c11';
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
    warnings: [],
    city: { pending: 2, delivered: 0, rejected: 0 },
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
