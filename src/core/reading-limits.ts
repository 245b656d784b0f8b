// How much one delivery may ask of its reader. Every bound is held while the file streams, so that a
// hostile file is refused before it costs anything.
import { GatewayError } from './errors.js';

export interface ReadingLimits {
  /** Data rows of one delivery. */
  readonly maxRows: number;
  /** Cells of one row. */
  readonly maxColumns: number;
  /** Characters (UTF-16 units) of one cell. */
  readonly maxCellCharacters: number;
  /** Entries of a workbook's ZIP directory. */
  readonly maxEntries: number;
  /** Bytes of all entries of a workbook together, unpacked. */
  readonly maxUnpackedBytes: number;
  /** Nesting of JSON and XML, counted from the root as 1. */
  readonly maxDepth: number;
}

export type LimitName = keyof ReadingLimits;

const WORDS: Readonly<Record<LimitName, readonly [string, string]>> = {
  maxRows: ['data rows', '数据行数'],
  maxColumns: ['columns', '列数'],
  maxCellCharacters: ['characters in one cell', '单元格字符数'],
  maxEntries: ['entries in the workbook', '工作簿内文件数'],
  maxUnpackedBytes: ['bytes of unpacked workbook', '工作簿解压后字节数'],
  maxDepth: ['levels of nesting', '嵌套层数'],
};

/** The failure of a file that goes beyond a limit; `row` where it is known. */
export function overLimit(limit: LimitName, most: number, row?: number): GatewayError {
  const [words, wordsZh] = WORDS[limit];
  const place = row === undefined ? '' : ` (row ${row})`;
  const placeZh = row === undefined ? '' : `（第 ${row} 行）`;
  return new GatewayError(
    limit === 'maxCellCharacters' || limit === 'maxDepth' ? 'file.limit-exceeded' : 'file.too-large',
    `The file has more than ${most} ${words}${place}; split it or ask the operator for a higher limit.`,
    {
      details: { limit, most, ...(row === undefined ? {} : { row }) },
      detailZh: `文件超过${wordsZh}上限 ${most}${placeZh}，请拆分文件或联系运维人员调整。`,
    },
  );
}
