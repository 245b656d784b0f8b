// JSON bodies: at most 256 KiB where a route says no other, UTF-8, not compressed, and of the right type. A member that nobody knows is
// refused: it may be a misspelt one.
import express, { type RequestHandler } from 'express';
import { GatewayError } from '../core/errors.js';
import { hasBody } from './body-watch.js';
import { continueBody } from './expect-continue.js';

const MAX_BYTES = 256 * 1024;

/** Makes the handlers that read a JSON body; throws `request.type-not-supported` for any other. */
export function readJson(presence: 'required' | 'optional', maxBytes = MAX_BYTES): RequestHandler[] {
  return [refuseOthers(presence), continueBody(), express.json({ limit: maxBytes, inflate: false })];
}

/** Gives the members of a JSON object, of which none has to be there; throws `request.malformed` for any other body or member. */
export function readMembers<Name extends string>(
  body: unknown,
  names: readonly Name[],
): Readonly<Partial<Record<Name, unknown>>> {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  const known: readonly string[] = names;
  if (body === undefined || (isObject && Object.keys(body).every((name) => known.includes(name))))
    return (body ?? {}) as Partial<Record<Name, unknown>>;
  throw new GatewayError(
    'request.malformed',
    `The body may be a JSON object with ${names.join(' and ')}, and nothing else.`,
    { detailZh: `请求体只能是含有 ${names.join('、')} 的 JSON 对象。` },
  );
}

function refuseOthers(presence: 'required' | 'optional'): RequestHandler {
  return (request, _response, next) => {
    if (hasBody(request) ? request.is('application/json') === false : presence === 'required')
      throw new GatewayError(
        'request.type-not-supported',
        'Send application/json in UTF-8, not compressed.',
        { detailZh: '请以 UTF-8 编码的 application/json 发送，不要压缩。' },
      );
    next();
  };
}
