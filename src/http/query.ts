// Query parameters, read strictly: what cannot be read is refused by name.
import type { Request } from 'express';
import { GatewayError } from '../core/errors.js';

export const MAX_LIMIT = 1000;

/** Reads one text parameter; undefined where it is absent. Throws `request.malformed` where it is given twice. */
export function readText(request: Request, name: string): string | undefined {
  const value: unknown = request.query[name];
  if (value === undefined) return undefined;
  if (typeof value === 'string') return value;
  throw malformed(name, 'must be given once');
}

/** Reads a whole number of at least `minimum`, held below 2^53; throws `request.malformed`. */
export function readWhole(request: Request, name: string, minimum: number): number | undefined {
  const text = readText(request, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < minimum)
    throw malformed(name, `must be a whole number from ${minimum} on`);
  return Math.min(value, Number.MAX_SAFE_INTEGER);
}

/** Reads `limit`, clamped to `most`. */
export function readLimit(request: Request, most: number): number {
  return Math.min(readWhole(request, 'limit', 1) ?? most, most);
}

function malformed(parameter: string, why: string): GatewayError {
  return new GatewayError('request.malformed', `The parameter ${parameter} ${why}.`, {
    details: { parameter },
    detailZh: `参数 ${parameter} 有误。`,
  });
}
