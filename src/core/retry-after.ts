// What a `Retry-After` header asks for (RFC 9110, 10.2.3): seconds or a date.

/** Gives milliseconds from `now`; undefined where the header is absent or says nothing. */
export function readRetryAfter(header: string | undefined, now: Date): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // Date.parse alone would take a bare number for a year.
  const moment = /[A-Za-z]/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(moment) ? undefined : Math.max(0, moment - now.getTime());
}
