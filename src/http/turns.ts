// How many of a costly thing may be under way at once, in all and for one key.
import { GatewayError } from '../core/errors.js';

export interface Turns {
  /** Begins; the function that comes back ends it. Throws `gateway.overloaded`. */
  enter(key: string): () => void;
}

const RETRY_AFTER_SECONDS = 5;

/** Opens the count. */
export function openTurns({ atOnce, ofOneKey }: { atOnce: number; ofOneKey: number }): Turns {
  const running: string[] = [];
  return {
    enter: (key) => {
      const own = running.filter((each) => each === key).length;
      if (running.length >= atOnce || own >= ofOneKey) throw tooMany();
      running.push(key);
      return () => void running.splice(running.indexOf(key), 1);
    },
  };
}

function tooMany(): GatewayError {
  return new GatewayError(
    'gateway.overloaded',
    `Other reports are being written; try again in ${RETRY_AFTER_SECONDS} seconds.`,
    {
      details: { reason: 'reports', retryAfterSeconds: RETRY_AFTER_SECONDS },
      detailZh: `其他报告正在生成，请在 ${RETRY_AFTER_SECONDS} 秒后重试。`,
    },
  );
}
