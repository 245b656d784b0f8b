// Who calls: `Authorization: Bearer KEY`. A route names the roles that may call it; another agency's things
// are not forbidden but unknown.
import type { RequestHandler, Response } from 'express';
import { GatewayError } from '../core/errors.js';
import type { Role } from '../core/words.js';
import type { Caller, HttpDeps } from './deps.js';

const LOCAL = 'caller';
const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]{1,512})$/i;

/** Looks for the caller by the key and lets everybody pass: limits come before refusals. */
export function identify(deps: Pick<HttpDeps, 'authenticate'>): RequestHandler {
  return async (request, response, next) => {
    const key = BEARER.exec(request.get('authorization') ?? '')?.[1];
    response.locals[LOCAL] = key === undefined ? undefined : await deps.authenticate(key);
    next();
  };
}

/** Lets only known callers pass; throws `auth.key-required`. */
export function requireCaller(): RequestHandler {
  return (_request, response, next) => {
    callerOf(response);
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

/** Gives the caller that `identify` found; undefined for a stranger. */
export function findCaller(response: Response): Caller | undefined {
  return response.locals[LOCAL] as Caller | undefined;
}

/** Gives the caller; throws `auth.key-required` for a stranger. */
export function callerOf(response: Response): Caller {
  const caller = findCaller(response);
  if (caller !== undefined) return caller;
  throw new GatewayError('auth.key-required', 'Send Authorization: Bearer KEY with a key that is in force.', {
    detailZh: '请在 Authorization: Bearer 中提供有效密钥。',
  });
}

/** Tells whether a caller may see what belongs to an agency. */
export function maySee(caller: Caller, agency: string): boolean {
  return caller.role === 'agency'
    ? caller.agency === agency
    : caller.role === 'operator' || caller.role === 'auditor';
}

/** Gives the agency of a caller that must be one; throws `auth.not-permitted`. */
export function agencyOf(response: Response): string {
  const { agency } = callerOf(response);
  if (agency !== null) return agency;
  throw new GatewayError('auth.not-permitted', 'Only a key of an agency may do this.');
}
