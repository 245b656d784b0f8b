// Looks at a stored upload before it is answered: encoding, separator, headings, mapping and the parse
// of the first 1,000 rows. What it finds decides how the whole file is read; a fault refuses the file.
import type { Readable } from 'node:stream';
import type { Mapping, RecordSchema } from '../core/definitions.js';
import { GatewayError } from '../core/errors.js';
import { matchHeadings, missingFields, type HeadingMatch } from '../core/heading-match.js';
import type { BatchWarning, Reading } from '../db/batches.js';
import { decideCharset, type Charset, type CharsetDecision } from './charset.js';
import { parseSample, type CsvForm } from './parse-csv.js';
import { readRows } from './read-rows.js';
import { refuseBinary } from './binary-formats.js';

export interface Inspected {
  readonly mapping: Mapping;
  readonly reading: Reading;
  readonly warnings: readonly BatchWarning[];
}

export interface InspectNeeds {
  /** Opens the stored bytes from their beginning. */
  readonly open: () => Readable;
  readonly isUtf8: boolean;
  readonly declared: Charset | undefined;
  readonly schema: RecordSchema;
  readonly mappings: readonly Mapping[];
  readonly requiredFields: (mapping: Mapping) => readonly string[];
}

const SAMPLE_BYTES = 262_144;
const ROWS_READ = 1_000;
const DELIMITERS = [',', ';', '\t'] as const;

/** Inspects a CSV file; throws a `file.…` or `upload.…` error with what is wrong and where. */
export async function inspectCsv(needs: InspectNeeds): Promise<Inspected> {
  const sample = await readSample(needs.open());
  if (sample.length === 0) throw empty();
  refuseBinary(sample, needs.declared);
  const decision = decideCharset({ sample, isUtf8: needs.isUtf8, declared: needs.declared });
  const text = decodeSample(sample, decision.charset);
  const found = findHeadings(text, sample.length < SAMPLE_BYTES, needs);
  checkColumns(found.match, needs);
  const reading: Reading = {
    format: 'csv',
    charset: decision.charset,
    ...found.form,
    headingRow: found.headingRow,
    headings: found.headings,
  };
  await readFirstRows(needs.open(), reading);
  return { mapping: found.match.mapping, reading, warnings: warningsOf(decision, found) };
}

async function readSample(stream: Readable): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    pieces.push(piece);
    length += piece.length;
    if (length >= SAMPLE_BYTES) break;
  }
  return Buffer.concat(pieces).subarray(0, SAMPLE_BYTES);
}

function decodeSample(sample: Buffer, charset: Charset): string {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(sample, { stream: true });
  } catch (error) {
    throw new GatewayError('file.not-decodable', `The file holds bytes that are not ${charset}.`, {
      cause: error,
    });
  }
}

interface Found {
  readonly match: HeadingMatch;
  readonly form: CsvForm;
  readonly headingRow: number;
  readonly headings: readonly string[];
}

function findHeadings(text: string, isWhole: boolean, needs: InspectNeeds): Found {
  const newline = text.includes('\n') || !text.includes('\r') ? '\n' : '\r';
  let best: Found | undefined;
  for (const delimiter of DELIMITERS) {
    const rows = parseSample(text, { delimiter, newline }, isWhole);
    if (rows.length === 0 && isWhole) throw empty();
    const match = matchHeadings(
      rows.map((row) => row.cells),
      needs.mappings,
      needs.requiredFields,
    );
    if (match === undefined || (best !== undefined && match.columns.length <= best.match.columns.length))
      continue;
    const row = rows[match.index];
    best = {
      match,
      form: { delimiter, newline },
      headingRow: row?.row ?? 1,
      headings: trimmed(row?.cells ?? []),
    };
  }
  if (best === undefined) throw headingsNotFound(needs.mappings);
  return best;
}

function trimmed(cells: readonly string[]): string[] {
  return cells.map((cell) => cell.trim());
}

function checkColumns(match: HeadingMatch, needs: InspectNeeds): void {
  if (match.repeated.length > 0)
    throw new GatewayError(
      'file.headings-repeated',
      `These columns stand twice: ${match.repeated.join(', ')}.`,
      {
        details: { columns: match.repeated },
        detailZh: `以下列重复：${match.repeated.join('、')}。`,
      },
    );
  const missing = missingFields(match, needs.requiredFields(match.mapping));
  if (missing.length === 0) return;
  const columns = missing.map((field) => match.mapping.columns[field]?.official ?? field);
  const titlesZh = missing.map((field) => needs.schema.properties[field]?.titleZh ?? field);
  throw new GatewayError(
    'file.columns-missing',
    `The file lacks required columns: ${columns.map((column, i) => `${column} (${titlesZh[i]})`).join(', ')}.`,
    { details: { columns, mapping: match.mapping.id }, detailZh: `缺少必需的列：${titlesZh.join('、')}。` },
  );
}

async function readFirstRows(stream: Readable, reading: Reading): Promise<void> {
  let seen = 0;
  for await (const rows of readRows(stream, reading)) {
    seen += rows.length;
    if (seen >= ROWS_READ) break;
  }
  if (seen === 0) throw empty();
}

function warningsOf(decision: CharsetDecision, found: Found): BatchWarning[] {
  const warnings: BatchWarning[] = [];
  if (decision.overridden !== undefined)
    warnings.push({
      code: 'batch.charset-overridden',
      message: `The file was declared as ${decision.overridden.declared}, but its bytes are ${decision.charset}; it was read as ${decision.charset}.`,
      messageZh: `文件声明的编码为 ${decision.overridden.declared}，实际为 ${decision.charset}，已按实际编码读取。`,
    });
  const known = new Set(found.match.columns.map((column) => column.column));
  const ignored = found.headings.filter(
    (heading, i) =>
      heading !== '' &&
      !known.has(i) &&
      i !== found.match.operationColumn &&
      i !== found.match.versionTimeColumn,
  );
  if (ignored.length > 0)
    warnings.push({
      code: 'batch.columns-ignored',
      message: `These columns are not known and were not read: ${ignored.join(', ')}.`,
      messageZh: `以下列无法识别，未读取：${ignored.join('、')}。`,
    });
  return warnings;
}

function empty(): GatewayError {
  return new GatewayError('file.empty', 'The file has no data rows below its headings.', {
    detailZh: '文件没有数据行，请确认导出内容。',
  });
}

function headingsNotFound(mappings: readonly Mapping[]): GatewayError {
  const expected = Object.values(mappings[0]?.columns ?? {}).map((rule) => rule.official);
  return new GatewayError(
    'file.headings-not-found',
    'None of the first ten rows holds the headings of a known template; download the template and compare.',
    { details: { expected }, detailZh: '前十行中没有找到可识别的表头，请下载模板对照。' },
  );
}
