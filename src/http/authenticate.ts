// Who calls: `Authorization: Bearer KEY`. A route names the roles that may call it; another agency's things
// are not forbidden but unknown.
import type { Request, RequestHandler, Response } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';
import { GatewayError } from '../core/errors.js';
import type { Role } from '../core/words.js';
import type { Caller, HttpDeps } from './deps.js';

const LOCAL = 'caller';
const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]{1,512})$/i;

/** Finds the caller by the key; throws `auth.key-required` without a known one. */
export function authenticate(deps: Pick<HttpDeps, 'authenticate'>): RequestHandler {
  return async (request, response, next) => {
    const key = BEARER.exec(request.get('authorization') ?? '')?.[1];
    const caller = key === undefined ? undefined : await deps.authenticate(key);
    if (caller === undefined)
      throw new GatewayError(
        'auth.key-required',
        'Send Authorization: Bearer KEY with a key that is in force.',
        {
          detailZh: '请在 Authorization: Bearer 中提供有效密钥。',
        },
      );
    response.locals[LOCAL] = caller;
    next();
  };
}

/** Lets only these roles pass; throws `auth.not-permitted`. */
export function permit(roles: readonly Role[]): RequestHandler {
  return (_request, response, next) => {
    const { role } = callerOf(response);
    if (!roles.includes(role))
      throw new GatewayError('auth.not-permitted', `A key of the role ${role} may not do this.`, {
        details: { roles },
        detailZh: `角色 ${role} 的密钥无权执行此操作。`,
      });
    next();
  };
}

/** Gives the caller that `authenticate` found. */
export function callerOf(response: Response): Caller {
  return response.locals[LOCAL] as Caller;
}

/** Tells whether a caller may see what belongs to an agency. */
export function maySee(caller: Caller, agency: string): boolean {
  return caller.role === 'agency'
    ? caller.agency === agency
    : caller.role === 'operator' || caller.role === 'auditor';
}

/** Gives the agency of a caller that must be one. */
export function agencyOf(response: Response): string {
  return callerOf(response).agency ?? '';
}

/** Names a caller for limits: its key, else its address. */
export function limitKey(request: Request): string {
  const key = BEARER.exec(request.get('authorization') ?? '')?.[1];
  return key === undefined ? `ip:${ipKeyGenerator(request.ip ?? '')}` : `key:${key}`;
}
