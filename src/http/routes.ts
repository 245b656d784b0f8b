// Every route of the server in one table: method, path, who may call it, what answers. The OpenAPI document
// is held against it by a test, both ways.
import type { Role } from '../core/words.js';
import { readSourceReplay, replayBatches } from './batch-replays.js';
import { readBatch } from './batches.js';
import type { HttpDeps } from './deps.js';
import { destinationRoutes } from './destination-routes.js';
import { showDocument, showPage } from './documentation.js';
import { readFeed, readFeedDigest } from './feed.js';
import { tellAlive, tellReady } from './health.js';
import { showMetrics } from './metrics.js';
import { acceptNotice, acknowledge, giveFeedback, listMailbox } from './notices.js';
import { decideHeld } from './held.js';
import { decideRecord } from './record-decisions.js';
import { readReceipt, showPublicKeys } from './receipts.js';
import { findRecords, searchRecords, tellRecord } from './records.js';
import { readBatchProblems, readCorrection, readProblemsCsv } from './reports.js';
import type { Route } from './route.js';
import { listSources, pauseSource, resumeSource, runSource } from './sources.js';
import { readStatus } from './status.js';
import { readScorecard, readScorecardCsv, stateNoData } from './supply.js';
import { csvTemplate, workbookTemplate } from './templates.js';
import { uploadBatch, validateUpload } from './upload.js';

const EVERY_KEY: readonly Role[] = ['agency', 'city', 'operator', 'auditor'];
const READERS: readonly Role[] = ['agency', 'operator', 'auditor'];

/** Lists the routes; `stopping` aborts when waiting readers are to be sent home. */
export function routes(deps: HttpDeps, stopping: AbortSignal): readonly Route[] {
  return [
    { method: 'get', path: '/livez', callers: 'anybody', handler: tellAlive() },
    { method: 'get', path: '/readyz', callers: 'anybody', handler: tellReady(deps) },
    {
      method: 'get',
      path: '/metrics',
      callers: ['operator', 'auditor'],
      isOpenToThisMachine: deps.areMetricsOpen,
      handler: showMetrics(deps),
    },
    { method: 'get', path: '/openapi.json', callers: 'anybody', handler: showDocument() },
    { method: 'get', path: '/docs', callers: 'anybody', handler: showPage() },
    { method: 'get', path: '/.well-known/jwks.json', callers: 'anybody', handler: showPublicKeys(deps) },
    { method: 'get', path: '/v1/status', callers: ['operator'], handler: readStatus(deps) },
    ...sourceRoutes(deps),
    ...destinationRoutes(deps),
    ...batchRoutes(deps),
    ...recordRoutes(deps),
    { method: 'get', path: '/v1/templates/:type.xlsx', callers: EVERY_KEY, handler: workbookTemplate(deps) },
    { method: 'get', path: '/v1/templates/:type.csv', callers: EVERY_KEY, handler: csvTemplate(deps) },
    { method: 'get', path: '/v1/feeds/records', callers: EVERY_KEY, handler: readFeed(deps, stopping) },
    {
      method: 'get',
      path: '/v1/feeds/records/digest',
      callers: ['city', 'operator', 'auditor'],
      handler: readFeedDigest(deps),
    },
    { method: 'post', path: '/v1/notices', callers: ['city'], json: 'required', handler: acceptNotice(deps) },
    { method: 'get', path: '/v1/notices', callers: ['agency'], handler: listMailbox(deps) },
    {
      method: 'post',
      path: '/v1/notices/:id/acknowledgement',
      callers: ['agency'],
      json: 'optional',
      handler: acknowledge(deps),
    },
    {
      method: 'post',
      path: '/v1/notices/:id/feedback',
      callers: ['agency'],
      json: 'required',
      handler: giveFeedback(deps),
    },
  ];
}

function sourceRoutes(deps: HttpDeps): readonly Route[] {
  return [
    {
      method: 'post',
      path: '/v1/sources/:source/batches',
      callers: ['agency'],
      handler: uploadBatch(deps),
    },
    {
      method: 'post',
      path: '/v1/sources/:source/validations',
      callers: ['agency'],
      handler: validateUpload(deps),
    },
    { method: 'get', path: '/v1/sources', callers: READERS, handler: listSources(deps) },
    {
      method: 'post',
      path: '/v1/sources/:source/run',
      callers: ['operator'],
      json: 'optional',
      handler: runSource(deps),
    },
    {
      method: 'post',
      path: '/v1/sources/:source/pause',
      callers: ['operator'],
      json: 'required',
      handler: pauseSource(deps),
    },
    {
      method: 'post',
      path: '/v1/sources/:source/resume',
      callers: ['operator'],
      json: 'optional',
      handler: resumeSource(deps),
    },
    {
      method: 'post',
      path: '/v1/sources/:source/no-data',
      callers: ['agency'],
      handler: stateNoData(deps),
    },
    { method: 'get', path: '/v1/scorecard', callers: READERS, handler: readScorecard(deps) },
    { method: 'get', path: '/v1/scorecard.csv', callers: READERS, handler: readScorecardCsv(deps) },
  ];
}

function recordRoutes(deps: HttpDeps): readonly Route[] {
  return [
    { method: 'get', path: '/v1/records', callers: READERS, handler: findRecords(deps) },
    {
      method: 'post',
      path: '/v1/records/search',
      callers: READERS,
      json: 'required',
      handler: searchRecords(deps),
    },
    { method: 'get', path: '/v1/records/:record', callers: READERS, handler: tellRecord(deps) },
    {
      method: 'post',
      path: '/v1/records/:record/withdrawal',
      callers: ['agency', 'operator'],
      json: 'required',
      handler: decideRecord((decision) => deps.withdrawRecord(decision)),
    },
    {
      method: 'post',
      path: '/v1/records/:record/reinstatement',
      callers: ['agency', 'operator'],
      json: 'required',
      handler: decideRecord((decision) => deps.reinstateRecord(decision)),
    },
  ];
}

function batchRoutes(deps: HttpDeps): readonly Route[] {
  const replays = replayBatches(deps);
  return [
    { method: 'get', path: '/v1/batches/:id', callers: READERS, handler: readBatch(deps) },
    { method: 'get', path: '/v1/batches/:id/problems', callers: READERS, handler: readBatchProblems(deps) },
    { method: 'get', path: '/v1/batches/:id/problems.csv', callers: READERS, handler: readProblemsCsv(deps) },
    {
      method: 'get',
      path: '/v1/batches/:id/correction.xlsx',
      callers: READERS,
      handler: readCorrection(deps),
    },
    { method: 'get', path: '/v1/batches/:id/receipt', callers: READERS, handler: readReceipt(deps) },
    {
      method: 'post',
      path: '/v1/batches/:id/replay',
      callers: ['operator'],
      json: 'optional',
      handler: replays.ofBatch,
    },
    {
      method: 'post',
      path: '/v1/sources/:source/replay',
      callers: ['operator'],
      json: 'required',
      handler: replays.ofSource,
    },
    {
      method: 'get',
      path: '/v1/sources/:source/replays/:replay',
      callers: ['operator', 'auditor'],
      handler: readSourceReplay(deps),
    },
    {
      method: 'post',
      path: '/v1/batches/:id/release',
      callers: ['agency', 'operator'],
      json: 'optional',
      handler: decideHeld(deps, (decision) => deps.releaseBatch(decision)),
    },
    {
      method: 'post',
      path: '/v1/batches/:id/drop',
      callers: ['agency', 'operator'],
      json: 'optional',
      handler: decideHeld(deps, (decision) => deps.dropBatch(decision)),
    },
  ];
}
