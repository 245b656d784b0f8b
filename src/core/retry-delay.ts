// How long to wait before a failed call is made again: doubling, with jitter, `Retry-After` within bounds.
import type { RetryPolicy } from './configuration.js';

export interface FailedTry {
  /** Number of the try that failed, from 1. */
  readonly attempt: number;
  readonly policy: RetryPolicy;
  /** Gives [0, 1). */
  readonly random: () => number;
  /** What the other side asked for. */
  readonly retryAfterMs?: number;
}

const MAX_DOUBLINGS = 30;

/** Gives a wait in milliseconds: half of it certain, half at random, never shorter than a bounded `Retry-After`. */
export function retryDelayMs({ attempt, policy, random, retryAfterMs }: FailedTry): number {
  const doublings = Math.min(Math.max(attempt - 1, 0), MAX_DOUBLINGS);
  const full = Math.min(policy.firstDelayMs * 2 ** doublings, policy.maxDelayMs);
  const jittered = Math.round(full / 2 + (full / 2) * random());
  return Math.max(jittered, Math.min(retryAfterMs ?? 0, policy.maxRetryAfterMs));
}
