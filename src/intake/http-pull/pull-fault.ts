// What can go wrong with a service that is asked: one sentence with source, page and status, and never a
// secret, an address with its parameters, or a body.
import { GatewayError } from '../../core/errors.js';

/** Where it went wrong, and what a machine may want to know about it. */
export interface PullPlace {
  readonly source: string;
  readonly page?: number;
  readonly httpStatus?: number;
  readonly retryAfterMs?: number | undefined;
  readonly reason?: string;
}

export interface PagePlace extends PullPlace {
  /** The ordinal of the page, from 1. */
  readonly page: number;
}

/** The failure of a whole pull. */
export function pullFailed(place: PullPlace, why: string, whyZh: string): GatewayError {
  return new GatewayError('pull.failed', `The service of the source ${place.source} ${why}.`, {
    details: { ...place },
    detailZh: `来源 ${place.source} 的服务${whyZh}。`,
  });
}

/** The failure of a pull that no retry can help. */
export function misconfigured(source: string, what: string, whatZh: string): GatewayError {
  return new GatewayError('pull.misconfigured', `The HTTP pull of the source ${source} ${what}.`, {
    details: { source },
    detailZh: `来源 ${source} 的接口采集${whatZh}。`,
  });
}
