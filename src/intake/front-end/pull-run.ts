// One run of a pull, and how what it has read becomes a batch: the place, what is remembered of the rows and the
// order for their feedback move in the transaction that stores the batch.
import type { Readable } from 'node:stream';
import type { Definitions } from '../../core/definitions.js';
import type { Hold } from '../../db/batches.js';
import type { Connection } from '../../db/pool.js';
import { orderFeedback } from '../../db/pull-feedback.js';
import { advancePull, rememberStaged } from '../../db/pulled-rows.js';
import { readPlace, type PullOrder } from '../../db/source-pulls.js';
import type { FrontEnd } from '../../platform/front-end/front-end.js';
import { misconfigured } from '../../platform/front-end/front-end-fault.js';
import type { PullNeeds } from '../pull.js';
import type { Received } from '../receive.js';
import type { RowIndexer } from './index-row.js';
import { placeOf, type PullPlace } from './pull-place.js';
import type { PullPlan } from './pull-plan.js';

export interface DatabasePullNeeds extends PullNeeds {
  readonly definitions: Definitions;
  /** A sweep is held where it would withdraw more than this share of the rows known of its source. */
  readonly aboveWithdrawnShare: number;
  /** Reads a file that holds a secret. */
  readonly readSecret: (file: string) => Promise<string>;
  /** Rows after which a delivery ends and another begins; a million where it is absent. */
  readonly rowsADelivery?: number;
}

export interface PullRun {
  readonly needs: DatabasePullNeeds;
  readonly plan: PullPlan;
  readonly frontEnd: FrontEnd;
  readonly indexer: RowIndexer;
  /** What the order asks for; `isFull` in the first of several deliveries only. */
  readonly order: PullOrder;
}

/** A step of a run: what it reads is staged under `id`, and takes the place from `from` to `to`. */
export interface Step {
  readonly id: string;
  readonly from: unknown;
  /** Asked for once everything has been read. */
  readonly to: () => PullPlace;
}

export interface StepDelivery {
  /** Undefined where nothing is to be delivered: then the place alone moves. */
  readonly body: Readable | undefined;
  /** The staged rows that are delivered; asked for once the body has been read. */
  readonly delivered: () => number;
  readonly heldAs?: Hold;
  /** What else moves with the batch. */
  readonly alongside?: (sql: Connection, batchId: string) => Promise<void>;
}

/** Plans the next step of a source without moving its cursor. */
export async function nextStep({ needs, plan }: PullRun, id: string): Promise<Step> {
  const from = await readPlace(needs.database, plan.source.id);
  const place = placeOf(from, plan.settings);
  return { id, from, to: () => ({ ...place, step: place.step + 1 }) };
}

/** Ends a step: hands its rows on as one delivery, or moves the place where there are none. */
export async function endStep(
  run: PullRun,
  step: Step,
  delivery: StepDelivery,
): Promise<Received | undefined> {
  const { needs, plan } = run;
  const ids = { source: plan.source.id, run: step.id };
  const advance = (sql: Connection): Promise<void> =>
    advancePull(sql, ids, { from: step.from, to: step.to(), delivered: delivery.delivered() });
  if (delivery.body === undefined) {
    await needs.database.transaction(advance);
    return undefined;
  }
  return needs.receive({
    source: plan.source,
    body: delivery.body,
    declaredFormat: 'ndjson',
    // Equal bytes are no repetition here: a row may go back to what it was, or end a second time.
    skipsSettled: false,
    ...(delivery.heldAs === undefined ? {} : { heldAs: delivery.heldAs }),
    alongside: async (sql, batchId) => {
      await advance(sql);
      await remember(run, step, { sql, delivered: delivery.delivered() });
      await delivery.alongside?.(sql, batchId);
      if (plan.settings.feedbackTable !== undefined)
        await orderFeedback(sql, { id: batchId, source: plan.source.id });
    },
  });
}

async function remember(
  { plan, needs }: PullRun,
  { id }: Step,
  { sql, delivered }: { sql: Connection; delivered: number },
): Promise<void> {
  if (delivered === 0) return;
  const source = plan.source.id;
  const keys = await rememberStaged(
    sql,
    { source, run: id },
    { keepsGivenUp: plan.withdrawal !== undefined },
  );
  if (keys * 2 < delivered)
    throw misconfigured(
      `The key columns of ${plan.settings.table} do not tell its rows apart: ${delivered} rows have ${keys} keys.`,
      `表 ${plan.settings.table} 的主键列不能唯一标识记录。`,
    );
  if (keys < delivered)
    needs.log.warn(
      { source, rows: delivered, keys },
      'Rows of a front-end database share their key, so that they are taken again and again',
    );
}
