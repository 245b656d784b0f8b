// Holds an Idempotency-Key while its upload arrives, touching it so that nobody takes it over meanwhile.
import { randomUUID } from 'node:crypto';
import { shanghaiDay, type Clock } from '../core/clock.js';
import { GatewayError } from '../core/errors.js';
import { keyedText } from '../core/mask.js';
import { beginKey, releaseKey, touchKey } from '../db/idempotency-keys.js';
import type { Database } from '../db/pool.js';
import type { Sealer } from '../platform/sealing.js';

export interface EarlierAnswer {
  readonly sha256: string;
  readonly batchId: string;
}

export interface HeldKey {
  readonly key: string;
  /** Names this upload as the holder of the key. */
  readonly holder: string;
  /** Set where the key has an answer already. */
  readonly earlier: EarlierAnswer | undefined;
  /** Ends the holding, whatever became of the upload; frees the key unless it got its answer. */
  end(): Promise<void>;
}

const TOUCH_EVERY_MS = 15_000;

/** Takes the key of a delivery, where it has one; throws `idempotency.in-progress` while its upload still arrives. */
export async function holdKey(
  delivery: { readonly source: { readonly id: string }; readonly idempotencyKey: string | undefined },
  needs: {
    readonly database: Database;
    readonly clock: Clock;
    readonly sealer: Pick<Sealer, 'index'>;
  },
): Promise<HeldKey | undefined> {
  const given = delivery.idempotencyKey;
  if (given === undefined) return undefined;
  const { index } = needs.sealer;
  const key = keyedText(given, { today: shanghaiDay(needs.clock()), index });
  const entry = { source: delivery.source.id, key, holder: randomUUID() };
  const begun = await beginKey(needs.database, { ...entry, now: needs.clock() });
  if (begun === 'arriving')
    throw new GatewayError(
      'idempotency.in-progress',
      'A request with this Idempotency-Key is still arriving; wait for it.',
      { detailZh: '相同幂等键的请求仍在接收中，请稍候。' },
    );
  if (begun !== 'new') return { ...entry, earlier: begun, end: () => Promise.resolve() };
  // A touch that fails is made up by the next one; a key that is lost is found out when it is to be answered.
  const timer = setInterval(() => {
    touchKey(needs.database, { ...entry, now: needs.clock() }).catch(() => undefined);
  }, TOUCH_EVERY_MS);
  return {
    ...entry,
    earlier: undefined,
    end: () => {
      clearInterval(timer);
      return releaseKey(needs.database, entry);
    },
  };
}
