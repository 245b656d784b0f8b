// What a replay of a batch would be: whether there may be one, and how its bytes are read today. The mapping is chosen
// afresh among those of the source, by the same look at the bytes as before a 202.
import { shanghaiDay } from '../core/clock.js';
import { GatewayError } from '../core/errors.js';
import type { Batch, BatchWarning, Reading } from '../db/batches.js';
import { charsetNamed } from '../intake/charset.js';
import { inspectDelivery } from '../intake/inspect.js';
import { maskedReading } from '../intake/masked-reading.js';
import { sourceOf } from '../jobs/open-batch-file.js';
import { recordType } from '../records/record-type.js';
import type { Foundation } from './gateway.js';
import { requireKept } from './kept.js';

export interface ReplayPlan {
  readonly mapping: string;
  readonly mappingVersion: string;
  readonly reading: Reading;
  readonly warnings: readonly BatchWarning[];
}

export type ReplayNeeds = Pick<Foundation, 'site' | 'clock'> & {
  readonly storage: Pick<Foundation['storage'], 'database' | 'originals' | 'sealer'>;
};

/** Throws why a batch cannot be judged once more: it has not settled, its original is gone, or it withdraws what nobody sent. */
export function mustBeReplayable(batch: Batch): void {
  const { status, hold, counts } = batch;
  if (batch.finishedAt === null || status === 'held')
    throw new GatewayError(
      'batch.not-settled',
      status === 'held'
        ? 'This batch is held; release or drop it first.'
        : 'This batch has not settled yet; ask again later.',
      {
        details: { status },
        detailZh:
          status === 'held' ? '该批次处于暂存状态，请先放行或放弃。' : '该批次尚未处理完毕，请稍后再试。',
      },
    );
  requireKept(batch, { original: true, problems: false });
  if (hold?.reason === 'withdrawn-share' && counts.received === 0)
    throw new GatewayError(
      'batch.not-replayable',
      'This batch would have withdrawn what was gone from a front-end database, and was dropped; run the sweep again instead.',
      { detailZh: '该批次为已放弃的批量撤销，请重新执行全量核对。' },
    );
}

/** Plans a replay; throws the `file.…` errors with which intake would refuse the bytes today. */
export async function planReplay(original: Batch, needs: ReplayNeeds): Promise<ReplayPlan> {
  const { site, storage } = needs;
  const { configuration, definitions, requiredFields, mappingVersionOf } = site;
  const source = sourceOf(configuration, original.source);
  if (source.type !== original.recordType || source.agency !== original.agency)
    throw new GatewayError(
      'batch.not-replayable',
      `The source ${source.id} is another one today: it delivers ${source.type} of ${source.agency}.`,
      { detailZh: `来源 ${source.id} 的信息类别或报送部门已变更。` },
    );
  const { reading } = original;
  const charset = 'charset' in reading ? charsetNamed(reading.charset) : undefined;
  const inspected = await inspectDelivery({
    bytes: await storage.originals.open(original.id),
    isUtf8: charset === 'utf-8',
    declared: charset,
    declaredFormat: undefined,
    source,
    schema: recordType(source.type, definitions).schema,
    mappings: source.mappings.flatMap((name) => definitions.mappings.get(name) ?? []),
    requiredFields,
    limits: { ...configuration.gateway.limits, ...source.limits },
  });
  const { mapping } = inspected;
  return {
    mapping: mapping.id,
    mappingVersion: mappingVersionOf(mapping, source),
    reading: maskedReading(inspected.reading, shanghaiDay(original.receivedAt)),
    warnings: inspected.warnings,
  };
}
