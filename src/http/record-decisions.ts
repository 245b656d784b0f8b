// Deciding about one record: `POST /v1/records/{record}/withdrawal` and `/reinstatement`; the reason is kept with the
// change.
import type { RequestHandler } from 'express';
import { GatewayError } from '../core/errors.js';
import { UUID } from '../core/uuid.js';
import { callerOf } from './authenticate.js';
import type { RecordDecision } from './deps.js';
import { mustGiveReason } from './held.js';

/** Makes the handler for one of the two decisions; a reason is required. */
export function decideRecord(
  decide: (decision: RecordDecision) => Promise<object>,
): RequestHandler<{ record: string }> {
  return async (request, response) => {
    const { record } = request.params;
    const reason = mustGiveReason(request.body);
    if (!UUID.test(record)) throw recordUnknown();
    response.json(await decide({ recordId: record.toLowerCase(), caller: callerOf(response), reason }));
  };
}

/** What is not there and what belongs to another agency look the same. */
export function recordUnknown(): GatewayError {
  return new GatewayError('record.unknown', 'There is no such record for this key.', {
    detailZh: '该密钥没有此记录。',
  });
}
