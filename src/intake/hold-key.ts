// Holds an Idempotency-Key while its upload arrives, touching it so that nobody takes it over meanwhile.
import type { Clock } from '../core/clock.js';
import { GatewayError } from '../core/errors.js';
import { beginKey, releaseKey, touchKey } from '../db/idempotency-keys.js';
import type { Database } from '../db/pool.js';

export interface EarlierAnswer {
  readonly sha256: string;
  readonly batchId: string;
}

export interface HeldKey {
  readonly key: string;
  /** Set where the key has an answer already. */
  readonly earlier: EarlierAnswer | undefined;
  /** Frees the key of an upload that was refused. */
  release(): Promise<void>;
}

const TOUCH_EVERY_MS = 15_000;

/** Takes the key of a delivery, where it has one; throws `idempotency.in-progress` while its upload still arrives. */
export async function holdKey(
  delivery: {
    readonly source: { readonly id: string };
    readonly idempotencyKey: string | undefined;
    readonly body: NodeJS.EventEmitter;
  },
  needs: { readonly database: Database; readonly clock: Clock },
): Promise<HeldKey | undefined> {
  const key = delivery.idempotencyKey;
  if (key === undefined) return undefined;
  const entry = { source: delivery.source.id, key };
  const begun = await beginKey(needs.database, { ...entry, now: needs.clock() });
  if (begun === 'arriving')
    throw new GatewayError(
      'idempotency.in-progress',
      'A request with this Idempotency-Key is still arriving; wait for it.',
      {
        detailZh: '相同幂等键的请求仍在接收中，请稍候。',
      },
    );
  if (begun !== 'new') return { key, earlier: begun, release: () => Promise.resolve() };
  const timer = setInterval(() => {
    touchKey(needs.database, { ...entry, now: needs.clock() }).catch(() => {
      clearInterval(timer);
    });
  }, TOUCH_EVERY_MS);
  delivery.body.once('close', () => clearInterval(timer));
  return { key, earlier: undefined, release: () => releaseKey(needs.database, entry) };
}
