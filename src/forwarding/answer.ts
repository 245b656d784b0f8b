// Reads the city's answer as a value: taken (with single refusals), to be tried again under the same id,
// or refused as a whole. An answer that cannot be understood is no answer.
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { HttpAnswer } from '../platform/http-client.js';

export type CityAnswer =
  | {
      readonly kind: 'taken';
      readonly receiptId: string | null;
      readonly receivedAt: string | null;
      readonly failures: readonly {
        readonly index: number;
        readonly code: string;
        readonly message: string;
      }[];
    }
  | { readonly kind: 'again'; readonly reason: string; readonly retryAfterMs: number | undefined }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

interface AnswerBody {
  readonly errorCode: string | number;
  readonly errorMsg?: string | null;
  readonly receiptId?: string | null;
  readonly receivedAt?: string | null;
  readonly failures?:
    readonly { readonly index: number; readonly code: string | number; readonly message: string }[] | null;
}

const isAnswerBody = new Ajv2020({ strictTypes: false }).compile<AnswerBody>({
  type: 'object',
  required: ['errorCode'],
  properties: {
    errorCode: { type: ['string', 'integer'] },
    errorMsg: { type: ['string', 'null'] },
    receiptId: { type: ['string', 'null'] },
    receivedAt: { type: ['string', 'null'] },
    failures: {
      type: ['array', 'null'],
      items: {
        type: 'object',
        required: ['index', 'code', 'message'],
        properties: {
          index: { type: 'integer', minimum: 0 },
          code: { type: ['string', 'integer'] },
          message: { type: 'string' },
        },
      },
    },
  },
});

const AGAIN_STATUSES = [408, 425, 429];
const MAX_WORDS = 500;

/** Reads an answer to a message of `size` records. */
export function readCityAnswer(answer: HttpAnswer, size: number, now: Date): CityAnswer {
  const retryAfterMs = readRetryAfter(answer.headers['retry-after'], now);
  if (answer.status >= 500 || AGAIN_STATUSES.includes(answer.status))
    return { kind: 'again', reason: `http-${answer.status}`, retryAfterMs };
  const body = parseBody(answer.body);
  if (answer.status < 200 || answer.status > 299)
    return {
      kind: 'refused',
      code: String(body?.errorCode ?? answer.status),
      message: words(body?.errorMsg ?? `HTTP ${answer.status}`),
    };
  if (body === undefined) return { kind: 'again', reason: 'unreadable-answer', retryAfterMs };
  const code = String(body.errorCode);
  if (code === '500') return { kind: 'again', reason: 'error-500', retryAfterMs };
  if (code !== '200') return { kind: 'refused', code, message: words(body.errorMsg ?? '') };
  const failures = (body.failures ?? []).map((failure) => ({
    index: failure.index,
    code: String(failure.code),
    message: words(failure.message),
  }));
  const indexes = new Set(failures.map((failure) => failure.index));
  if (indexes.size !== failures.length || failures.some((failure) => failure.index >= size))
    return { kind: 'again', reason: 'unreadable-answer', retryAfterMs };
  return {
    kind: 'taken',
    receiptId: body.receiptId ?? null,
    receivedAt: readMoment(body.receivedAt),
    failures,
  };
}

function parseBody(text: string): AnswerBody | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return isAnswerBody(body) ? body : undefined;
  } catch {
    // No JSON is no answer: the caller tries again.
    return undefined;
  }
}

function words(text: string): string {
  return text.slice(0, MAX_WORDS);
}

function readMoment(text: string | null | undefined): string | null {
  return text != null && !Number.isNaN(Date.parse(text)) ? text : null;
}

function readRetryAfter(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const moment = Date.parse(header);
  return Number.isNaN(moment) ? undefined : Math.max(0, moment - now.getTime());
}
