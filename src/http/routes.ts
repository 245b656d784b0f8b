// Every route of the server in one table: method, path, who may call it, what answers. The OpenAPI document
// is held against it by a test, both ways.
import type { RequestHandler } from 'express';
import type { Role } from '../core/words.js';
import { readBatch, readBatchProblems } from './batches.js';
import type { HttpDeps } from './deps.js';
import { showDocument, showPage } from './documentation.js';
import { readFeed } from './feed.js';
import { tellAlive, tellReady } from './health.js';
import { acceptNotice, acknowledge, giveFeedback, listMailbox } from './notices.js';
import { csvTemplate } from './templates.js';
import { uploadBatch } from './upload.js';

export interface Route {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly callers: readonly Role[] | 'anybody';
  /** Whether a JSON body has to be there, or may be; other bodies are read by the handler itself. */
  readonly json?: 'required' | 'optional';
  readonly handler: RequestHandler<never>;
}

const EVERY_KEY: readonly Role[] = ['agency', 'city', 'operator', 'auditor'];
const READERS: readonly Role[] = ['agency', 'operator', 'auditor'];

/** Lists the routes; `stopping` aborts when waiting readers are to be sent home. */
export function routes(deps: HttpDeps, stopping: AbortSignal): readonly Route[] {
  return [
    { method: 'get', path: '/livez', callers: 'anybody', handler: tellAlive() },
    { method: 'get', path: '/readyz', callers: 'anybody', handler: tellReady(deps) },
    { method: 'get', path: '/openapi.json', callers: 'anybody', handler: showDocument() },
    { method: 'get', path: '/docs', callers: 'anybody', handler: showPage() },
    {
      method: 'post',
      path: '/v1/sources/:source/batches',
      callers: ['agency'],
      handler: uploadBatch(deps),
    },
    { method: 'get', path: '/v1/batches/:id', callers: READERS, handler: readBatch(deps) },
    { method: 'get', path: '/v1/batches/:id/problems', callers: READERS, handler: readBatchProblems(deps) },
    { method: 'get', path: '/v1/templates/:type.csv', callers: EVERY_KEY, handler: csvTemplate(deps) },
    { method: 'get', path: '/v1/feeds/records', callers: EVERY_KEY, handler: readFeed(deps, stopping) },
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
