// `POST /records` of the simulated city: behave as told ─▶ read ─▶ check ─▶ write to the ledger ─▶ answer.
import type { RequestHandler, Response } from 'express';
import { shanghaiDay, type Clock } from '../core/clock.js';
import { keptOf, refusalOf, type BehaviourSwitch, type CityBehaviour } from './city-behaviour.js';
import type { CityLedger, Failure, Receipt } from './city-ledger.js';
import { checkRecord, readMessage, type CityMessage, type Refusal } from './city-message.js';

export interface RecordsDeps {
  readonly ledger: CityLedger;
  readonly behaviour: BehaviourSwitch;
  readonly clock: Clock;
  /** Told of every message that is well-formed. */
  readonly onMessage: (message: CityMessage) => void;
}

/** Makes the handler of `POST /records`. */
export function receiveRecords(deps: RecordsDeps): RequestHandler {
  return async (request, response) => {
    const behaviour = deps.behaviour.next();
    if (misbehave(behaviour, response)) return;
    const message = readMessage(request.body, request.get('idempotency-key'));
    if ('code' in message) {
      refuse(response, message);
      return;
    }
    deps.onMessage(message);
    const whole = behaviour.mode === 'refuse-message' ? firstRefusal(message, behaviour) : undefined;
    if (whole !== undefined) {
      refuse(response, whole);
      return;
    }
    const failures = failuresOf(message, behaviour, deps.clock);
    const receipt = await deps.ledger.take(message, failures, (record) => keptOf(record, behaviour));
    if (behaviour.mode === 'lose-answer') response.destroy();
    else response.json(answerOf(receipt));
  };
}

/** Answers as told, or not at all; true where the message is dealt with. */
function misbehave(behaviour: CityBehaviour, response: Response): boolean {
  switch (behaviour.mode) {
    case 'deny':
      response.status(401).json({ errorCode: '401', errorMsg: '未授权' });
      return true;
    case 'error-500':
      response.status(500).json({ errorCode: '500', errorMsg: '系统异常' });
      return true;
    case 'error-code-500':
      response.json({ errorCode: '500', errorMsg: '系统异常' });
      return true;
    case 'too-many':
      if (behaviour.retryAfterSeconds !== undefined)
        response.set('retry-after', String(behaviour.retryAfterSeconds));
      response.status(429).json({ errorCode: '429', errorMsg: '请求过于频繁' });
      return true;
    case 'garble':
      response.type('html').send('<html>维护中</html>');
      return true;
    case 'hang':
      return true;
    case 'accept':
    case 'deny-feedback':
    case 'lose-answer':
    case 'lose-records':
    case 'alter-records':
    case 'refuse-records':
    case 'refuse-message':
      return false;
  }
}

function refuse(response: Response, { code, message }: Refusal): void {
  response.json({ errorCode: code, errorMsg: message });
}

function firstRefusal(message: CityMessage, behaviour: CityBehaviour): Refusal | undefined {
  for (const record of message.body) {
    const refusal = refusalOf(record, behaviour);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function failuresOf(message: CityMessage, behaviour: CityBehaviour, clock: Clock): Failure[] {
  const today = shanghaiDay(clock());
  return message.body.flatMap((record, index) => {
    const told = behaviour.mode === 'refuse-records' ? refusalOf(record, behaviour) : undefined;
    const refusal = told ?? checkRecord(record, today);
    return refusal === undefined ? [] : [{ index, ...refusal }];
  });
}

function answerOf({ receiptId, receivedAt, totalSize, failures }: Receipt): object {
  return {
    errorCode: '200',
    errorMsg: 'success',
    receiptId,
    receivedAt,
    totalSize,
    successSize: totalSize - failures.length,
    failSize: failures.length,
    failures,
  };
}
