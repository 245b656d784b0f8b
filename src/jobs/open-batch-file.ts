// Opens the bytes of a batch for its processing: the rows as they stand in the file, and the pure stages by the mapping
// of the batch. A replay reads the original of the batch that it is of, on the day on which that came.
import type { Configuration, Source } from '../core/configuration.js';
import type { Definitions, Mapping } from '../core/definitions.js';
import { GatewayError } from '../core/errors.js';
import type { FingerprintedRow, ParsedRow } from '../core/rows.js';
import type { Batch } from '../db/batches.js';
import { readRows } from '../intake/read-rows.js';
import type { Originals } from '../platform/originals.js';
import type { Sealer } from '../platform/sealing.js';
import { compileStages } from '../records/pipeline.js';
import { planFile } from '../records/plan-file.js';
import type { ValidatorOf } from '../records/validate.js';

export interface OpenNeeds {
  readonly originals: Originals;
  readonly configuration: Configuration;
  readonly definitions: Definitions;
  readonly validatorOf: ValidatorOf;
  readonly sealer: Pick<Sealer, 'index'>;
}

export interface OpenedFile {
  readonly source: Source;
  readonly rows: AsyncIterable<ParsedRow[]>;
  readonly stages: (row: ParsedRow) => FingerprintedRow;
}

export type OpenedBatch = Pick<Batch, 'id' | 'source' | 'mapping' | 'reading' | 'orderedAt' | 'replayOf'>;

/** Opens a batch; throws `source.unknown` or `config.invalid` where its source or mapping is gone. */
export async function openBatchFile(batch: OpenedBatch, needs: OpenNeeds): Promise<OpenedFile> {
  const source = sourceOf(needs.configuration, batch.source);
  const mapping = mappingOf(needs.definitions, batch.mapping);
  const { headings } = batch.reading;
  const bytes = await needs.originals.open(batch.replayOf ?? batch.id);
  const limits = { ...needs.configuration.gateway.limits, ...source.limits };
  const file = { source, mapping, headings, receivedAt: batch.orderedAt };
  return {
    source,
    rows: readRows(bytes, batch.reading, { mapping, limits }),
    stages: compileStages(planFile(file, { ...needs, index: needs.sealer.index })),
  };
}

/** Gives the source of a batch; throws `source.unknown`. */
export function sourceOf(configuration: Configuration, id: string): Source {
  const source = configuration.sources.find((entry) => entry.id === id);
  if (source === undefined)
    throw new GatewayError('source.unknown', `The source ${id} is no longer configured.`);
  return source;
}

/** Gives the mapping of a batch; throws `config.invalid`. */
export function mappingOf(definitions: Definitions, id: string): Mapping {
  const mapping = definitions.mappings.get(id);
  if (mapping === undefined)
    throw new GatewayError('config.invalid', `The mapping ${id} of this batch is no longer there.`);
  return mapping;
}
