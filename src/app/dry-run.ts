// What intake would say about a delivery, without storing a row of it: the same inspection and the same
// stages, up to where a record would be looked for.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../core/clock.js';
import type { Source } from '../core/configuration.js';
import { describeProblem, type ProblemText } from '../core/problem-text.js';
import type { Problem } from '../core/problems.js';
import type { FingerprintedRow, ParsedRow } from '../core/rows.js';
import type { Format } from '../core/words.js';
import type { BatchWarning } from '../db/batches.js';
import type { Charset } from '../intake/charset.js';
import { inspectDelivery } from '../intake/inspect.js';
import { readRows } from '../intake/read-rows.js';
import { createSealer } from '../platform/sealing.js';
import type { StoredBytes } from '../platform/stored-bytes.js';
import { compileStages } from '../records/pipeline.js';
import { planFile } from '../records/plan-file.js';
import { recordType } from '../records/record-type.js';
import type { Site } from './site.js';

export interface DryRun {
  readonly source: Source;
  readonly bytes: StoredBytes;
  readonly isUtf8: boolean;
  readonly declaredCharset: Charset | undefined;
  readonly declaredFormat: Format | undefined;
}

export interface ValidationReport {
  readonly source: string;
  readonly mapping: string;
  readonly format: Format;
  readonly received: number;
  readonly rejected: number;
  readonly warnings: readonly BatchWarning[];
  /** At most 1,000; `total` counts all. */
  readonly problems: readonly (Problem & ProblemText)[];
  readonly total: number;
}

const SHOWN_PROBLEMS = 1000;

/** Validates a delivery; throws the `file.…` and `upload.…` errors with which intake would refuse it. */
export async function validateDelivery(
  run: DryRun,
  needs: { site: Site; clock: Clock },
): Promise<ValidationReport> {
  const { source, bytes } = run;
  const { definitions, configuration, requiredFields } = needs.site;
  const limits = { ...configuration.gateway.limits, ...source.limits };
  const { mapping, reading, warnings } = await inspectDelivery({
    ...run,
    declared: run.declaredCharset,
    schema: recordType(source.type, definitions).schema,
    mappings: source.mappings.flatMap((name) => definitions.mappings.get(name) ?? []),
    requiredFields,
    limits,
  });
  // Nothing is stored: a key of the moment serves the fingerprints.
  const sealer = createSealer({ id: '00000000', encryption: randomBytes(32), index: randomBytes(32) });
  const file = { source, mapping, headings: reading.headings, receivedAt: needs.clock() };
  const stages = compileStages(planFile(file, { ...needs.site, index: sealer.index }));
  const counted = await countProblems(readRows(bytes, reading, { mapping, limits }), stages);
  return { source: source.id, mapping: mapping.id, format: reading.format, warnings, ...counted };
}

async function countProblems(
  pieces: AsyncIterable<readonly ParsedRow[]>,
  stages: (row: ParsedRow) => FingerprintedRow,
): Promise<Pick<ValidationReport, 'received' | 'rejected' | 'problems' | 'total'>> {
  const problems: (Problem & ProblemText)[] = [];
  let received = 0;
  let rejected = 0;
  let total = 0;
  for await (const piece of pieces) {
    const checked = piece.map(stages);
    const found = checked.flatMap((row) => row.problems);
    received += checked.length;
    rejected += checked.filter((row) => row.print === undefined).length;
    total += found.length;
    for (const problem of found.slice(0, SHOWN_PROBLEMS - problems.length))
      problems.push({ ...problem, ...describeProblem(problem) });
  }
  return { received, rejected, problems, total };
}
