// Judges what the city answered to a feedback: taken, to be tried again, denied, or refused in the city's words. Pure.
import { maskPersonalNumbersIn } from '../core/mask.js';
import type { HttpAnswer } from '../platform/http-client.js';

export type CityAnswer =
  | { readonly kind: 'taken' }
  | { readonly kind: 'again'; readonly error: string }
  /** It does not know us, or does not let us give this answer. */
  | { readonly kind: 'denied'; readonly error: string }
  | { readonly kind: 'refused'; readonly error: string };

/** The city says nothing of the answer where it does not know us: also inside a 200. */
const DENIED = ['401', '403'];
const RETRIED = [408, 425, 429];
const MAX_WORDS = 500;

/** Judges an answer; a 2xx with an error code of the city's protocol in its body is none. */
export function judgeCityAnswer(answer: HttpAnswer, today: string): CityAnswer {
  const { status } = answer;
  const { errorCode, errorMsg } = readWords(answer.body);
  if (status >= 200 && status < 300) {
    if (errorCode === undefined || errorCode === '200') return { kind: 'taken' };
    if (DENIED.includes(errorCode)) return { kind: 'denied', error: `city-${errorCode}` };
    if (errorCode === '500') return { kind: 'again', error: 'city-500' };
  } else if (DENIED.includes(String(status))) {
    return { kind: 'denied', error: `http-${status}` };
  } else if (status < 400 || status >= 500 || RETRIED.includes(status)) {
    return { kind: 'again', error: `http-${status}` };
  }
  const code = errorCode ?? String(status);
  const said = `${code} ${errorMsg ?? answer.body}`.replace(/\u0000|\p{Surrogate}/gu, '\uFFFD');
  return { kind: 'refused', error: maskPersonalNumbersIn(said, today).slice(0, MAX_WORDS) };
}

function readWords(body: string): { errorCode: string | undefined; errorMsg: string | undefined } {
  const none = { errorCode: undefined, errorMsg: undefined };
  try {
    const parsed = (JSON.parse(body) ?? {}) as { errorCode?: unknown; errorMsg?: unknown };
    return {
      errorCode: ['string', 'number'].includes(typeof parsed.errorCode)
        ? String(parsed.errorCode)
        : undefined,
      errorMsg: typeof parsed.errorMsg === 'string' ? parsed.errorMsg : undefined,
    };
  } catch {
    // An answer without JSON has no words of the city's protocol: its status alone decides.
    return none;
  }
}
