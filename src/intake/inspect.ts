// Looks at a stored delivery before it is answered: what its bytes are, encoding, headings, mapping and the
// parse of the first 1,000 rows. What it finds decides how the whole file is read; a fault refuses the file.
import type { Readable } from 'node:stream';
import { GatewayError } from '../core/errors.js';
import type { BatchWarning } from '../db/batches.js';
import { isZip, notRead, refuseBinary } from './binary-formats.js';
import { charsetNamed, decideCharset, type Charset, type CharsetDecision } from './charset.js';
import { noRows } from './check-columns.js';
import { inspectCsv } from './inspect-csv.js';
import { inspectEntries } from './inspect-entries.js';
import { inspectWorkbook } from './inspect-workbook.js';
import type { Inspected, InspectNeeds, TextSample } from './inspection.js';
import { declaredXmlEncoding, sniffText, xmlDialect } from './sniff-text.js';

const SAMPLE_BYTES = 262_144;

/** Inspects a delivery; throws a `file.…` or `upload.…` error with what is wrong and where. */
export async function inspectDelivery(needs: InspectNeeds): Promise<Inspected> {
  const bytes = await readSample(needs.bytes.read());
  if (bytes.length === 0) throw noRows();
  if (isZip(bytes)) return withTypeWarning(await inspectWorkbook(needs), needs);
  const declared = needs.declared ?? charsetNamed(declaredXmlEncoding(bytes) ?? '');
  refuseBinary(bytes, declared);
  const decision = decideCharset({ sample: bytes, isUtf8: needs.isUtf8, declared });
  const { charset } = decision;
  const sample = { text: decodeSample(bytes, charset), isWhole: bytes.length < SAMPLE_BYTES, charset };
  const inspected = withTypeWarning(await inspectText(sample, needs), needs);
  return { ...inspected, warnings: [...charsetWarning(decision), ...inspected.warnings] };
}

function inspectText(sample: TextSample, needs: InspectNeeds): Promise<Inspected> {
  const format = sniffText(sample.text, sample.isWhole);
  if (format === 'csv') return inspectCsv(sample, needs);
  if (format === 'xml') refuseDialect(sample.text);
  return inspectEntries(format, sample.charset, needs);
}

function refuseDialect(text: string): void {
  const dialect = xmlDialect(text);
  if (dialect === 'excel-2003') throw notRead('an Excel 2003 XML spreadsheet', 'Excel 2003 XML 表格');
  if (dialect === 'html') throw notRead('a web page (HTML)', '网页（HTML）文件');
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

function charsetWarning({ charset, overridden }: CharsetDecision): BatchWarning[] {
  if (overridden === undefined) return [];
  return [
    {
      code: 'batch.charset-overridden',
      message: `The file was declared as ${overridden.declared}, but its bytes are ${charset}; it was read as ${charset}.`,
      messageZh: `文件声明的编码为 ${overridden.declared}，实际为 ${charset}，已按实际编码读取。`,
    },
  ];
}

function withTypeWarning(inspected: Inspected, { declaredFormat }: InspectNeeds): Inspected {
  const found = inspected.reading.format;
  if (declaredFormat === undefined || declaredFormat === found) return inspected;
  const warning = {
    code: 'batch.type-overridden',
    message: `The delivery was declared as ${declaredFormat}, but it is ${found}; it was read as ${found}.`,
    messageZh: `声明的文件类型为 ${declaredFormat}，实际为 ${found}，已按实际类型读取。`,
  };
  return { ...inspected, warnings: [warning, ...inspected.warnings] };
}
