// Every route of the API in one table: method, path, who may call it, what answers. The OpenAPI document
// is held against it by a test, both ways.
import type { RequestHandler } from 'express';
import type { Role } from '../core/words.js';
import { readBatch, readBatchProblems } from './batches.js';
import type { HttpDeps } from './deps.js';
import { readFeed } from './feed.js';
import { acceptNotice, acknowledge, giveFeedback, listMailbox } from './notices.js';
import { csvTemplate } from './templates.js';
import { uploadBatch } from './upload.js';

export interface Route {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly roles: readonly Role[];
  /** True where the body is JSON; uploads read their body themselves. */
  readonly takesJson?: true;
  readonly handler: RequestHandler<never>;
}

const EVERYBODY: readonly Role[] = ['agency', 'city', 'operator', 'auditor'];
const READERS: readonly Role[] = ['agency', 'operator', 'auditor'];

/** Lists the routes behind a key. */
export function routes(deps: HttpDeps): readonly Route[] {
  return [
    { method: 'post', path: '/v1/sources/:source/batches', roles: ['agency'], handler: uploadBatch(deps) },
    { method: 'get', path: '/v1/batches/:id', roles: READERS, handler: readBatch(deps) },
    { method: 'get', path: '/v1/batches/:id/problems', roles: READERS, handler: readBatchProblems(deps) },
    { method: 'get', path: '/v1/templates/:type.csv', roles: EVERYBODY, handler: csvTemplate(deps) },
    { method: 'get', path: '/v1/feeds/records', roles: EVERYBODY, handler: readFeed(deps) },
    { method: 'post', path: '/v1/notices', roles: ['city'], takesJson: true, handler: acceptNotice(deps) },
    { method: 'get', path: '/v1/notices', roles: ['agency'], handler: listMailbox(deps) },
    {
      method: 'post',
      path: '/v1/notices/:id/acknowledgement',
      roles: ['agency'],
      takesJson: true,
      handler: acknowledge(deps),
    },
    {
      method: 'post',
      path: '/v1/notices/:id/feedback',
      roles: ['agency'],
      takesJson: true,
      handler: giveFeedback(deps),
    },
  ];
}
