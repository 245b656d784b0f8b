// Judging batches once more by the mapping of today: `POST /v1/batches/{id}/replay` and, for all that a source
// delivered in a stretch of time, `POST /v1/sources/{source}/replay`, which is worked off behind the request; with `preview=true` nothing is written.
import type { RequestHandler } from 'express';
import { GatewayError } from '../core/errors.js';
import { UUID } from '../core/uuid.js';
import { callerOf } from './authenticate.js';
import { ownBatch } from './batches.js';
import type { HttpDeps } from './deps.js';
import { mustGiveReason, readReason } from './held.js';
import { readMembers } from './json-body.js';
import { ownSource } from './read-upload.js';
import { isPreview } from './replays.js';
import { openTurns } from './turns.js';

/** A preview reads up to 200,000 rows and holds what they would change. */
const PREVIEWS = { atOnce: 2, ofOneKey: 1 };
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})$/;

export interface BatchReplayHandlers {
  readonly ofBatch: RequestHandler<{ id: string }>;
  readonly ofSource: RequestHandler<{ source: string }>;
}

/** Makes both handlers: 202 for a new replay, 200 for one that is under way and for a preview. */
export function replayBatches(deps: HttpDeps): BatchReplayHandlers {
  const turns = openTurns(PREVIEWS);
  const preview = async (keyId: string, work: () => Promise<object>): Promise<object> => {
    const leave = turns.enter(keyId);
    try {
      return await work();
    } finally {
      leave();
    }
  };
  return {
    ofBatch: async (request, response) => {
      const { id } = await ownBatch(request.params.id, response, deps);
      const caller = callerOf(response);
      if (isPreview(request)) {
        readReason(request.body);
        response.json(await preview(caller.keyId, () => deps.previewBatchReplay(id)));
        return;
      }
      const reason = mustGiveReason(request.body);
      const { isNew, batch } = await deps.replayBatch(id, { caller, reason });
      response
        .status(isNew ? 202 : 200)
        .location(`/v1/batches/${batch.id}`)
        .json(batch);
    },
    ofSource: async (request, response) => {
      const { id: source } = ownSource(request.params.source, response, deps);
      const caller = callerOf(response);
      const { reason, ...stretch } = readMembers(request.body, ['from', 'to', 'reason']);
      const of = { source, from: momentOf(stretch.from, 'from'), before: momentOf(stretch.to, 'to') };
      if (isPreview(request)) {
        response.json(await preview(caller.keyId, () => deps.previewSourceReplay(of)));
        return;
      }
      const order = { caller, reason: mustGiveReason({ reason }) };
      const { isNew, replay } = await deps.replaySource(of, order);
      response
        .status(isNew ? 202 : 200)
        .location(`/v1/sources/${source}/replays/${replay.id}`)
        .json(replay);
    },
  };
}

/** Makes the handler of `GET /v1/sources/{source}/replays/{replay}`. */
export function readSourceReplay(deps: HttpDeps): RequestHandler<{ source: string; replay: string }> {
  return async (request, response) => {
    const { id: source } = ownSource(request.params.source, response, deps);
    const { replay } = request.params;
    const found = UUID.test(replay) ? await deps.readSourceReplay(source, replay.toLowerCase()) : undefined;
    if (found === undefined) throw unknownReplay();
    response.json(found);
  };
}

function unknownReplay(): GatewayError {
  return new GatewayError('replay.unknown', 'There is no such replay of this source.', {
    detailZh: '该来源没有此重新处理任务。',
  });
}

function momentOf(value: unknown, name: string): Date {
  const moment = typeof value === 'string' && MOMENT.test(value) ? new Date(value) : undefined;
  if (moment !== undefined && !Number.isNaN(moment.getTime())) return moment;
  throw new GatewayError(
    'request.malformed',
    `Give ${name} as a moment with its zone, e.g. 2026-06-30T00:00:00+08:00.`,
    { details: { parameter: name }, detailZh: `${name} 应为带时区的时刻，例如 2026-06-30T00:00:00+08:00。` },
  );
}
