// What is wrong with a workbook, as failures that tell an agency what to do. `part` is an entry of its ZIP
// file, `row` the row that Excel shows, where one is known.
import { GatewayError, type ErrorCode } from '../../core/errors.js';

export interface FaultPlace {
  readonly part?: string;
  readonly row?: number;
  readonly cause?: unknown;
}

const AGAIN = ['open it in Excel, save it again and upload that', '请用 Excel 打开并重新保存后上传'] as const;

/** The failure of a workbook that Excel did not write, or that was damaged since. */
export function malformed(what: string, place: FaultPlace = {}): GatewayError {
  return fault('file.malformed', `The workbook is damaged: ${what}`, place);
}

/** The failure of a workbook that ends too early. */
export function truncated(what: string, place: FaultPlace = {}): GatewayError {
  return fault('file.truncated', `The workbook is not complete: ${what}`, place);
}

/** The failure of a workbook one of whose parts declares a document type. */
export function hasDoctype(part: string): GatewayError {
  return new GatewayError('file.doctype', `The part ${part} of the workbook has a DOCTYPE; ${AGAIN[0]}.`, {
    details: { part },
    detailZh: `工作簿部件 ${part} 含有 DOCTYPE 声明，${AGAIN[1]}。`,
  });
}

function fault(code: ErrorCode, text: string, { part, row, cause }: FaultPlace): GatewayError {
  const details = { ...(part === undefined ? {} : { part }), ...(row === undefined ? {} : { row }) };
  const at = row === undefined ? '' : ` (row ${row})`;
  const within = part === undefined ? '' : ` in ${part}`;
  const atZh = row === undefined ? '' : `（第 ${row} 行）`;
  const withinZh = part === undefined ? '' : `部件 ${part} `;
  return new GatewayError(code, `${text}${within}${at}; ${AGAIN[0]}.`, {
    cause,
    details,
    detailZh: `工作簿${withinZh}${code === 'file.truncated' ? '不完整' : '已损坏'}${atZh}，${AGAIN[1]}。`,
  });
}
