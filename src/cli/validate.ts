// `gateway validate FILE`: what intake would say about a file, without a database and without storing
// anything. Exit code 0 clean, 1 rows rejected, 2 unreadable.
import { createReadStream } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { Writable } from 'node:stream';
import { shanghaiDay, type Clock } from '../core/clock.js';
import { GatewayError } from '../core/errors.js';
import { matchHeadings } from '../core/heading-match.js';
import { describeProblem, type Problem } from '../core/problems.js';
import type { FingerprintedRow, ParsedRow } from '../core/rows.js';
import { loadSite, type Site } from '../app/site.js';
import { inspectCsv, type Inspected } from '../intake/inspect.js';
import { createMeter } from '../intake/meter.js';
import { readRows } from '../intake/read-rows.js';
import { createSealer } from '../platform/sealing.js';
import { compileStages } from '../records/pipeline.js';
import { recordType } from '../records/record-type.js';
import { print, reportText } from './output.js';
import { withSession } from './session.js';

export interface ValidationReport {
  readonly source: string;
  readonly mapping: string;
  readonly received: number;
  readonly rejected: number;
  readonly warnings: readonly {
    readonly code: string;
    readonly message: string;
    readonly messageZh: string;
  }[];
  /** At most 1,000; `total` counts all. */
  readonly problems: readonly (Problem & { message: string; messageZh: string; suggestion: string })[];
  readonly total: number;
}

const SHOWN_PROBLEMS = 1000;

/** Runs `gateway validate`. */
export function runValidate(file: string, options: { source: string; json: boolean }): Promise<void> {
  return withSession(async ({ environment }) => {
    const site = loadSite(environment.configDir);
    const report = await validateFile(file, options.source, { site, clock: () => new Date() });
    print(options.json ? JSON.stringify(report) : reportText(report));
    if (report.rejected > 0) process.exitCode = 1;
  });
}

/** Validates a file as the given source would deliver it; throws `file.…` and `upload.…` errors. */
export async function validateFile(
  path: string,
  sourceId: string,
  needs: { site: Site; clock: Clock },
): Promise<ValidationReport> {
  const source = needs.site.configuration.sources.find((entry) => entry.id === sourceId);
  if (source === undefined) throw unknownSource(sourceId, needs.site);
  const { definitions, requiredFields } = needs.site;
  const type = recordType(source.type, definitions);
  const meter = createMeter(source.maxUploadBytes ?? needs.site.configuration.gateway.maxUploadBytes, []);
  await pipeline(
    createReadStream(path),
    meter.stream,
    new Writable({ write: (_chunk, _encoding, done) => done() }),
  );
  const inspected = await inspectCsv({
    open: () => createReadStream(path),
    isUtf8: meter.result().isUtf8,
    declared: undefined,
    schema: type.schema,
    mappings: source.mappings.flatMap((name) => definitions.mappings.get(name) ?? []),
    requiredFields,
  });
  const rows = readRows(createReadStream(path), inspected.reading);
  const counted = await countProblems(rows, stagesFor(sourceId, inspected, needs));
  return { source: sourceId, mapping: inspected.mapping.id, warnings: inspected.warnings, ...counted };
}

function stagesFor(
  sourceId: string,
  inspected: Inspected,
  { site, clock }: { site: Site; clock: Clock },
): (row: ParsedRow) => FingerprintedRow {
  const { definitions, configuration, validators, requiredFields } = site;
  const source = configuration.sources.find((entry) => entry.id === sourceId);
  const agency = configuration.agencies.find((entry) => entry.id === source?.agency);
  const { mapping, reading } = inspected;
  const match = matchHeadings([reading.headings], [mapping], requiredFields);
  const validator = validators.get(mapping.type);
  if (match === undefined || validator === undefined || agency === undefined)
    throw unknownSource(sourceId, site);
  const now = clock();
  // Nothing is stored: a key of the moment serves the fingerprints.
  const sealer = createSealer({ id: '00000000', encryption: randomBytes(32), index: randomBytes(32) });
  return compileStages({
    type: recordType(mapping.type, definitions),
    validator,
    mapping,
    match,
    headings: reading.headings,
    context: {
      today: shanghaiDay(now),
      receivedAtMs: now.getTime(),
      agency: agency.id,
      agencyCode: agency.creditCode,
      quality: source?.quality ?? {},
    },
    index: sealer.index,
  });
}

async function countProblems(
  pieces: AsyncIterable<readonly ParsedRow[]>,
  stages: (row: ParsedRow) => FingerprintedRow,
): Promise<Pick<ValidationReport, 'received' | 'rejected' | 'problems' | 'total'>> {
  const problems: ValidationReport['problems'][number][] = [];
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

/** The error for a source that config/sources.yaml does not have. */
export function unknownSource(id: string, site: Site): GatewayError {
  const known = site.configuration.sources.map((source) => source.id);
  return new GatewayError('source.unknown', `There is no source ${id}. Known sources: ${known.join(', ')}.`, {
    detailZh: `没有来源 ${id}。`,
  });
}
