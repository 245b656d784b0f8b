// Holds the columns of a file against what its mapping needs, and says which of them nobody reads.
import type { Mapping, RecordSchema } from '../core/definitions.js';
import { GatewayError } from '../core/errors.js';
import { maskDetails } from '../core/mask.js';
import { missingFields, type HeadingMatch } from '../core/heading-match.js';
import { identityFields } from '../core/identity.js';
import { normaliseCode } from '../core/normalise-text.js';
import { REPORT_HEADINGS } from '../core/report-headings.js';
import type { BatchWarning } from '../db/batches.js';

export interface ColumnNeeds {
  readonly schema: RecordSchema;
  readonly mappings: readonly Mapping[];
  readonly requiredFields: (mapping: Mapping) => readonly string[];
}

/** Throws `file.headings-repeated` where two columns stand for one field. */
export function refuseRepeated({ repeated }: HeadingMatch): void {
  if (repeated.length === 0) return;
  throw new GatewayError('file.headings-repeated', `These columns stand twice: ${repeated.join(', ')}.`, {
    details: { columns: repeated },
    detailZh: `以下列重复：${repeated.join('、')}。`,
  });
}

/** Throws `file.columns-missing`; a file of withdrawals alone needs the columns of the identity only. */
export function refuseMissing(
  match: HeadingMatch,
  firstRows: readonly (readonly string[])[],
  needs: ColumnNeeds,
): void {
  const { identity } = needs.schema;
  const required = withdrawsOnly(match, firstRows)
    ? identityFields(identity)
    : needs.requiredFields(match.mapping);
  const missing = missingFields(match, required);
  if (missing.length === 0) return;
  const columns = missing.map((field) => match.mapping.columns[field]?.official ?? field);
  const titlesZh = missing.map((field) => needs.schema.properties[field]?.titleZh ?? field);
  throw new GatewayError(
    'file.columns-missing',
    `The file lacks required columns: ${columns.map((column, i) => `${column} (${titlesZh[i]})`).join(', ')}.`,
    { details: { columns, mapping: match.mapping.id }, detailZh: `缺少必需的列：${titlesZh.join('、')}。` },
  );
}

function withdrawsOnly(match: HeadingMatch, firstRows: readonly (readonly string[])[]): boolean {
  const { operationColumn } = match;
  if (operationColumn === undefined || firstRows.length === 0) return false;
  const words = new Set(match.mapping.operation?.withdraw.map(normaliseCode));
  return firstRows.every((cells) => words.has(normaliseCode(cells[operationColumn] ?? '')));
}

/** Warns of columns that the mapping does not know; those that a report of ours has added are passed over. */
export function warnOfIgnored(match: HeadingMatch, headings: readonly string[]): BatchWarning[] {
  const known = new Set<number | undefined>(match.columns.map((column) => column.column));
  known.add(match.operationColumn).add(match.versionTimeColumn);
  const ours: readonly string[] = REPORT_HEADINGS;
  const ignored = headings.filter((heading, i) => heading !== '' && !known.has(i) && !ours.includes(heading));
  if (ignored.length === 0) return [];
  const named = maskDetails(ignored);
  return [
    {
      code: 'batch.columns-ignored',
      message: `These columns are not known and were not read: ${named.join(', ')}.`,
      messageZh: `以下列无法识别，未读取：${named.join('、')}。`,
    },
  ];
}

/** The failure of a file in which no heading is known. */
export function headingsNotFound(mappings: readonly Mapping[]): GatewayError {
  const expected = Object.values(mappings[0]?.columns ?? {}).map((rule) => rule.official);
  return new GatewayError(
    'file.headings-not-found',
    'None of the first ten rows holds the headings of a known template; download the template and compare.',
    { details: { expected }, detailZh: '前十行中没有找到可识别的表头，请下载模板对照。' },
  );
}

/** The failure of a file without data rows. */
export function noRows(): GatewayError {
  return new GatewayError('file.empty', 'The file has no data rows below its headings.', {
    detailZh: '文件没有数据行，请确认导出内容。',
  });
}
