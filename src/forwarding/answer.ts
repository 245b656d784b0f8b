// Reads the city's answer as a value: taken (with single refusals), to be tried again under the same id, denied
// because the city does not know us, or refused as a whole. An answer that cannot be understood is no answer.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { shanghaiDay } from '../core/clock.js';
import { maskPersonalNumbersIn } from '../core/mask.js';
import { readRetryAfter } from '../core/retry-after.js';
import type { HttpAnswer } from '../platform/http-client.js';
import type { Answer } from './adapter.js';

interface AnswerBody {
  readonly errorCode: string | number;
  readonly errorMsg?: string | null;
  readonly receiptId?: string | null;
  readonly receivedAt?: string | null;
  readonly totalSize?: number | null;
  readonly successSize?: number | null;
  readonly failSize?: number | null;
  readonly failures?:
    readonly { readonly index: number; readonly code: string | number; readonly message: string }[] | null;
}

const size = { type: ['integer', 'null'], minimum: 0 };
const code = { type: ['string', 'integer'] };
const text = { type: ['string', 'null'] };

const isAnswerBody = new Ajv2020({ strictTypes: false }).compile<AnswerBody>({
  type: 'object',
  required: ['errorCode'],
  properties: {
    errorCode: code,
    errorMsg: text,
    receiptId: text,
    receivedAt: text,
    totalSize: size,
    successSize: size,
    failSize: size,
    failures: {
      type: ['array', 'null'],
      items: {
        type: 'object',
        required: ['index', 'code', 'message'],
        properties: { index: { type: 'integer', minimum: 0 }, code, message: { type: 'string' } },
      },
    },
  },
});

const AGAIN_STATUSES = [408, 425, 429];
const DENIED = ['401', '403'];
/** What nginx answers where it misses our certificate or does not accept it, in a page of its own. */
const CERTIFICATE_STATUSES = [400, 495, 496];
const MAX_WORDS = 500;
const MAX_CODE = 64;

/** Reads an answer to a message of `size` records. */
export function readCityAnswer(answer: HttpAnswer, size: number, now: Date): Answer {
  const { status } = answer;
  const again = (reason: string): Answer => ({
    kind: 'again',
    reason,
    retryAfterMs: readRetryAfter(answer.headers['retry-after'], now),
  });
  if (status >= 500 || AGAIN_STATUSES.includes(status)) return again(`http-${status}`);
  const body = parseBody(answer.body);
  const errorCode = body === undefined ? undefined : String(body.errorCode);
  if (errorCode === '500') return again('error-500');
  const isOk = status >= 200 && status <= 299;
  if (DENIED.includes(String(status))) return { kind: 'denied', reason: `http-${status}` };
  if (isOk && errorCode !== undefined && DENIED.includes(errorCode))
    return { kind: 'denied', reason: `error-${errorCode}` };
  if (body === undefined && CERTIFICATE_STATUSES.includes(status) && /SSL certificate/i.test(answer.body))
    return { kind: 'denied', reason: `http-${status}-certificate` };
  if (isOk && body === undefined) return again('unreadable-answer');
  if (!isOk || errorCode !== '200')
    return {
      kind: 'refused',
      code: words(errorCode === undefined || errorCode === '200' ? `http-${status}` : errorCode, now).slice(
        0,
        MAX_CODE,
      ),
      message: words(body?.errorMsg ?? `HTTP ${status}`, now),
    };
  return body === undefined || isContradictory(body, size) ? again('unreadable-answer') : taken(body, now);
}

function taken(body: AnswerBody, now: Date): Answer {
  return {
    kind: 'taken',
    receiptId: body.receiptId == null ? null : words(body.receiptId, now),
    receivedAt: readMoment(body.receivedAt),
    failures: (body.failures ?? []).map((failure) => ({
      index: failure.index,
      code: words(String(failure.code), now).slice(0, MAX_CODE),
      message: words(failure.message, now),
    })),
  };
}

/** Its failures must name records of the message, each once, and the sizes must add up where they are given. */
function isContradictory(body: AnswerBody, size: number): boolean {
  const failures = body.failures ?? [];
  const indexes = new Set(failures.map(({ index }) => index));
  return (
    indexes.size !== failures.length ||
    failures.some(({ index }) => index >= size) ||
    (body.totalSize ?? size) !== size ||
    (body.failSize ?? failures.length) !== failures.length ||
    (body.successSize ?? size - failures.length) !== size - failures.length
  );
}

function parseBody(body: string): AnswerBody | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return isAnswerBody(parsed) ? parsed : undefined;
  } catch {
    // No JSON is no answer: the caller tries again.
    return undefined;
  }
}

/** The city's own words, fit to be stored and shown: bounded, without what PostgreSQL cannot hold, numbers masked. */
function words(said: string, now: Date): string {
  const storable = said.slice(0, 2 * MAX_WORDS).replace(/\u0000|\p{Surrogate}/gu, '\uFFFD');
  // Masked before it is cut: half a number would no longer be known as one.
  return maskPersonalNumbersIn(storable, shanghaiDay(now)).slice(0, MAX_WORDS);
}

const MOMENT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/;
const ZONE = /(Z|[+-]\d{2}:?\d{2})$/i;

/** A moment without a zone is the city's own time, Asia/Shanghai. */
function readMoment(said: string | null | undefined): Date | null {
  if (said == null || !MOMENT.test(said)) return null;
  const moment = new Date(ZONE.test(said) ? said : `${said.replace(' ', 'T')}+08:00`);
  return Number.isNaN(moment.getTime()) ? null : moment;
}
