// Says once that Redis is away and once that it is back, however many attempts, queues and connections notice.
import type { Logger } from './logger.js';

export interface RedisCondition {
  failed(err: unknown): void;
  worked(): void;
}

/** Builds the one condition that all connections of a dispatcher report to. */
export function createRedisCondition(log: Logger): RedisCondition {
  let isAway = false;
  return {
    failed(err) {
      if (isAway) return;
      isAway = true;
      log.error({ err }, 'Redis is not available; the sweep wakes what is due when it is back');
    },
    worked() {
      if (!isAway) return;
      isAway = false;
      log.info('Redis is available again');
    },
  };
}
