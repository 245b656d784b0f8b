// Text to entries: the elements at the row path, with their children, or their attributes, as values. saxes
// knows no entities beyond XML's own, and a DOCTYPE ends the reading.
import { SaxesParser } from 'saxes';
import { GatewayError, isGatewayError } from '../core/errors.js';
import type { ReadingLimits } from '../core/reading-limits.js';
import type { KeyedRow } from '../core/rows.js';
import { truncated } from './entry-faults.js';
import { MAX_ROW_CHARACTERS, rowTooLong } from './row-length.js';
import { createXmlRows, type XmlRows } from './xml-rows.js';

export interface XmlForm {
  /** Path of the row elements besides the two that are always known. */
  readonly rowPath: string | undefined;
}

const KNOWN_PATHS = ['DATAS/DATA', 'ROWDATA/ROW'];
/** An & that no reference begins, and that is not cut off either. */
const STRAY_AMPERSAND = /&(?!#?\w+;|#?\w*$)/;
/** What saxes says where a document stops before its end. */
const CUT_OFF = /unexpected end|must contain a root element/;

/** Yields the entries of each piece of text; throws `file.…` where the file breaks, after the entries before it. */
export async function* parseXml(
  text: AsyncIterable<string>,
  { rowPath }: XmlForm,
  limits: ReadingLimits,
): AsyncGenerator<KeyedRow[]> {
  const paths = rowPath === undefined ? KNOWN_PATHS : [rowPath, ...KNOWN_PATHS];
  const rows = createXmlRows(paths, limits);
  const reader = createReader(rows);
  for await (const piece of text) {
    const error = reader.add(piece);
    const entries = rows.take();
    if (entries.length > 0) yield entries;
    if (error !== undefined) throw error;
  }
  const error = reader.end();
  if (error !== undefined) throw error;
  if (!rows.sawPlace()) throw rowsNotFound(paths);
}

interface Reader {
  /** Takes the next piece of text; gives what is wrong with it. */
  add(piece: string): Error | undefined;
  /** Ends the document; gives what it lacks. */
  end(): Error | undefined;
}

function createReader(rows: XmlRows): Reader {
  const parser = new SaxesParser({ xmlns: false, position: false });
  /** Of the document since an element last began or ended: saxes keeps texts, comments and tags until they end. */
  let rest = '';
  let isNew = false;
  parser.on('doctype', () => {
    throw doctype();
  });
  parser.on('opentag', ({ name, attributes }) => {
    isNew = true;
    rows.open(name, attributes);
  });
  parser.on('closetag', () => {
    isNew = true;
    rows.close();
  });
  parser.on('text', rows.text);
  parser.on('cdata', rows.text);
  return {
    add: (piece) => {
      isNew = false;
      return faultOf(rows, () => {
        parser.write(piece);
        rows.count(piece.length);
        rest = isNew ? piece : rest + piece;
        if (rest.length > MAX_ROW_CHARACTERS + piece.length) throw rowTooLong(rows.ended() + 1);
      });
    },
    end: () => {
      const row = rows.ended() + 1;
      if (!rows.isOpen()) return faultOf(rows, () => parser.close());
      // To saxes a name that follows & goes on up to the next semicolon, through all elements.
      return STRAY_AMPERSAND.test(rest) ? malformed(row) : truncated(row);
    },
  };
}

function faultOf(rows: XmlRows, work: () => void): Error | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (isGatewayError(error)) return error;
    const row = rows.ended() + 1;
    return error instanceof Error && CUT_OFF.test(error.message) ? truncated(row) : malformed(row, error);
  }
}

function rowsNotFound(paths: readonly string[]): GatewayError {
  return new GatewayError(
    'file.rows-not-found',
    `No row elements were found: they are expected at ${paths.join(' or ')}; the operator names others in rowPath of the source.`,
    { detailZh: `未找到数据行元素（${paths.join('、')}），其他路径请运维人员在来源的 rowPath 中指定。` },
  );
}

function doctype(): GatewayError {
  return new GatewayError('file.doctype', 'The file has a DOCTYPE; remove it and send the file again.', {
    detailZh: '文件含有 DOCTYPE 声明，请删除后重新上传。',
  });
}

function malformed(row: number, cause?: unknown): GatewayError {
  return new GatewayError('file.malformed', `The file is not well-formed XML in or before entry ${row}.`, {
    cause,
    details: { row },
    detailZh: `文件在第 ${row} 条记录处不是合法的 XML。`,
  });
}
