// What an agency does with an incoming Standard Webhook: signature and timestamp are verified, an id that
// was taken before is answered again and not acted on again.
import { Webhook } from 'standardwebhooks';

export interface IncomingWebhook {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface TakenNotice {
  readonly deliveryId: string;
  readonly noticeId: string;
  readonly measure: string;
}

export type WebhookVerdict =
  | { readonly kind: 'new'; readonly notice: TakenNotice }
  | { readonly kind: 'repeated' }
  /** A reminder: for a person to read, with nothing to answer. */
  | { readonly kind: 'reminded' }
  | { readonly kind: 'not-genuine' }
  | { readonly kind: 'not-understood' };

/** Builds the receiver of one agency; `taken` remembers the ids that were taken. */
export function createWebhookReceiver(
  secret: string,
  taken: Set<string>,
): (incoming: IncomingWebhook) => WebhookVerdict {
  const webhook = new Webhook(secret);
  return ({ headers, body }) => {
    const flat = Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    );
    let payload: unknown;
    try {
      payload = webhook.verify(body, flat);
    } catch {
      return { kind: 'not-genuine' };
    }
    const id = flat['webhook-id'] as string;
    if (taken.has(id)) return { kind: 'repeated' };
    if (isReminder(payload)) return { kind: 'reminded' };
    const notice = readNotice(payload, id);
    if (notice === undefined) return { kind: 'not-understood' };
    taken.add(id);
    return { kind: 'new', notice };
  };
}

function isReminder(payload: unknown): boolean {
  return (payload as { type?: unknown } | null)?.type === 'source.silent';
}

function readNotice(payload: unknown, deliveryId: string): TakenNotice | undefined {
  const { type, data } = (payload ?? {}) as { type?: unknown; data?: unknown };
  const { noticeId, measure } = (data ?? {}) as { noticeId?: unknown; measure?: unknown };
  return type === 'notice.issued' && typeof noticeId === 'string' && typeof measure === 'string'
    ? { deliveryId, noticeId, measure }
    : undefined;
}
