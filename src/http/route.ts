// A line of the table of routes.
import type { RequestHandler } from 'express';
import type { Role } from '../core/words.js';

export interface Route {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly callers: readonly Role[] | 'anybody';
  /** Whether a JSON body has to be there, or may be; other bodies are read by the handler itself. */
  readonly json?: 'required' | 'optional';
  /** Where it may be longer than usual. */
  readonly maxJsonBytes?: number;
  /** Whether programs on this machine need no key. */
  readonly isOpenToThisMachine?: boolean;
  readonly handler: RequestHandler<never>;
}
