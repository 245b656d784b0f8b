// `npm run bench -- --type TYPE`: what a row of this type costs, in its pure stages alone and in the whole intake.
import { join } from 'node:path';
import type { Site } from '../src/app/site.js';
import type { Storage } from '../src/app/storage.js';
import type { Source } from '../src/core/configuration.js';
import { matchHeadings } from '../src/core/heading-match.js';
import type { BatchView } from '../src/app/batch-view.js';
import { newestMapping } from '../src/reports/template-columns.js';
import { compileStages } from '../src/records/pipeline.js';
import { planFile } from '../src/records/plan-file.js';
import { runFloor } from './floor.js';
import { typeRows, writeTypeRows, type TypeRows } from './type-rows.js';

export interface TypeCostNeeds {
  readonly site: Site;
  readonly storage: Storage;
  readonly folder: string;
  readonly rows: number;
  readonly ingest: (file: string, source: string) => Promise<BatchView>;
}

const STAGED_ROWS = 50_000;
const MEASURED_RUNS = 5;

/** Measures a type; throws where no source delivers it. */
export async function measureType(type: string, needs: TypeCostNeeds): Promise<object> {
  const { site, rows } = needs;
  const source = site.configuration.sources.find((entry) => entry.type === type);
  if (source === undefined) throw new Error(`No source of config/sources.yaml delivers ${type}.`);
  const made = typeRows(type, site.definitions);
  const microsecondsStages = measureStages(made, source, needs);
  const file = join(needs.folder, 'type.csv');
  const bytes = await writeTypeRows(file, rows, made);
  const start = process.hrtime.bigint();
  const { counts } = await needs.ingest(file, source.id);
  const secondsIntake = Number(process.hrtime.bigint() - start) / 1e9;
  const secondsFloor = await runFloor(needs.storage.database);
  return {
    type,
    rows,
    bytesPerRow: Math.round(bytes / rows),
    microsecondsStages,
    microsecondsIntake: round((secondsIntake / rows) * 1e6),
    ratioToFloor: round(secondsIntake / secondsFloor),
    counts,
    node: process.version,
  };
}

/** The best of several runs: what else the machine does only ever adds. */
function measureStages(made: TypeRows, source: Source, { site, storage }: TypeCostNeeds): number {
  const mapping = newestMapping(source.type, site.definitions);
  if (mapping === undefined) throw new Error(`${source.type} has no mapping.`);
  const headings = [...made.headings];
  if (matchHeadings([headings], [mapping], () => []) === undefined)
    throw new Error(`The template of ${source.type} does not fit its mapping.`);
  const facts = { source, mapping, headings, receivedAt: new Date() };
  const stages = compileStages(planFile(facts, { ...site, index: storage.sealer.index }));
  const cells = Array.from({ length: STAGED_ROWS }, (_, n) => ({ row: n + 2, cells: made.row(n) }));
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < MEASURED_RUNS; run += 1) {
    const start = process.hrtime.bigint();
    for (const row of cells) stages(row);
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e3 / STAGED_ROWS);
  }
  return round(best);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
