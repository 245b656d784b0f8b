// Decides what follows a try: delivered, another try after a wait, or the mailbox. Pure.
import type { GatewaySettings } from '../core/configuration.js';
import type { TryOutcome } from './webhook.js';

export type DeliveryFate =
  | { readonly state: 'delivered' }
  | { readonly state: 'mailbox'; readonly why: 'gone' | 'not-callable' | 'tries-used-up' }
  | { readonly state: 'due'; readonly waitMs: number };

type WebhookSettings = Pick<GatewaySettings['webhook'], 'waitsMs' | 'maxRetryAfterMs'>;

const GONE = 410;
const JITTER = 0.1;
const NOT_CALLABLE = ['address.not-allowed', 'config.invalid'];

/** Judges try number `attempt`; `random` gives [0, 1) and moves the wait by up to a tenth either way. */
export function decideDelivery(
  attempt: number,
  outcome: TryOutcome,
  how: { settings: WebhookSettings; random: () => number },
): DeliveryFate {
  const { status, error, retryAfterMs } = outcome;
  if (status !== null && status >= 200 && status < 300) return { state: 'delivered' };
  if (status === GONE) return { state: 'mailbox', why: 'gone' };
  if (error !== null && NOT_CALLABLE.includes(error)) return { state: 'mailbox', why: 'not-callable' };
  const wait = how.settings.waitsMs[attempt - 1];
  if (wait === undefined) return { state: 'mailbox', why: 'tries-used-up' };
  const jittered = Math.round(wait * (1 - JITTER + 2 * JITTER * how.random()));
  const asked = Math.min(retryAfterMs ?? 0, how.settings.maxRetryAfterMs);
  return { state: 'due', waitMs: Math.max(jittered, asked) };
}
