// Deciding about a held batch: `POST /v1/batches/{id}/release` and `/drop`. The reason is shown with the batch.
import type { RequestHandler } from 'express';
import { GatewayError } from '../core/errors.js';
import { ANY_DAY, maskPersonalNumbersIn } from '../core/mask.js';
import { callerOf } from './authenticate.js';
import { ownBatch } from './batches.js';
import type { Decision, HttpDeps } from './deps.js';
import { readMembers } from './json-body.js';

const MAX_REASON = 1000;
/** What no column of text can hold, and what no person writes. */
const NO_TEXT = /(?![\t\n\r])[\p{Cc}\p{Cs}]/u;

/** Makes the handler for one of the two decisions. */
export function decideHeld(
  deps: HttpDeps,
  decide: (decision: Decision) => Promise<object>,
): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const { id } = await ownBatch(request.params.id, response, deps);
    const { role, keyId } = callerOf(response);
    response.json(await decide({ batchId: id, role, keyId, reason: readReason(request.body) }));
  };
}

/** Reads the reason of a decision, personal numbers masked; undefined where none is given. Throws `request.malformed`. */
export function readReason(body: unknown): string | undefined {
  const { reason } = readMembers(body, ['reason']);
  if (reason === undefined) return undefined;
  if (typeof reason === 'string' && [...reason].length <= MAX_REASON && !NO_TEXT.test(reason))
    return maskPersonalNumbersIn(reason, ANY_DAY);
  throw new GatewayError(
    'request.malformed',
    `The reason must be a text of at most ${MAX_REASON} characters.`,
    { detailZh: `原因应为不超过 ${MAX_REASON} 个字符的文本。` },
  );
}

/** Reads the reason of an act that must have one; throws `request.malformed`. */
export function mustGiveReason(body: unknown): string {
  const reason = readReason(body)?.trim() ?? '';
  if (reason !== '') return reason;
  throw new GatewayError('request.malformed', 'Give a reason.', { detailZh: '请填写原因。' });
}
