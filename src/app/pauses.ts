// Stops a source and lets it go on. While it is stopped its schedules go on noting what is due, and nothing of it
// is pulled or processed; what is under way comes to its end, and uploads are taken and wait.
import { actorOf } from '../core/audit-entry.js';
import { GatewayError } from '../core/errors.js';
import { deletePause, insertPause } from '../db/source-pauses.js';
import type { HttpDeps } from '../http/deps.js';
import type { Foundation } from './gateway.js';
import { wakeQueue } from './notice-binding.js';
import { carryOut } from './recorded-order.js';

/** Binds stopping and going on; throws `source.paused` and `source.not-paused` where that is how it stands already. */
export function bindPauses(foundation: Foundation): Pick<HttpDeps, 'pauseSource' | 'resumeSource'> {
  const wake = wakeQueue(foundation);
  return {
    pauseSource: async (source, { reason, caller }) => {
      const at = foundation.clock();
      const by = actorOf(caller);
      await carryOut(
        { object: source, at, caller, reason, action: 'source.paused' },
        foundation,
        async (sql) => {
          if (!(await insertPause(sql, { source, at, by, reason }))) throw alreadyPaused();
        },
      );
      return { since: at.toISOString(), by, reason };
    },
    resumeSource: async (source, { reason, caller }) => {
      const at = foundation.clock();
      await carryOut(
        { object: source, at, caller, reason, action: 'source.resumed' },
        foundation,
        async (sql) => {
          if (!(await deletePause(sql, source))) throw notPaused();
        },
      );
      await wake('process-source', source);
      await wake('pull-source', source);
    },
  };
}

/** Throws `source.paused`. */
export function alreadyPaused(): GatewayError {
  return new GatewayError('source.paused', 'This source is paused; resume it first.', {
    detailZh: '该来源已暂停，请先恢复。',
  });
}

function notPaused(): GatewayError {
  return new GatewayError('source.not-paused', 'This source is not paused.', {
    detailZh: '该来源未暂停。',
  });
}
