// Tells by its first characters what form of file a text has.

export type TextFormat = 'csv' | 'json' | 'ndjson' | 'xml';

/** JSON, or what its writer takes for it: single quotes, comments and bare keys are refused as JSON. */
const LIKE_OBJECT = /^\{\s*(?:["'}/]|\w+\s*:|$)/;
/** An array; a CSV may begin with a heading in brackets, but not with brackets around these. */
const LIKE_ARRAY = /^\[\s*(?:[{[\]"']|-?\d|true\b|false\b|null\b|$)/;
const BRACKETED_HEADING = /^\[[^[\]{\n]*\][ \t]*[,;\t]/;

/** Tells the form of a file by its decoded beginning; what is none of the others is CSV. */
export function sniffText(text: string, isWhole: boolean): TextFormat {
  const start = text.trimStart();
  switch (start[0]) {
    case '<':
      return 'xml';
    case '[':
      return LIKE_ARRAY.test(start) && !BRACKETED_HEADING.test(start) ? 'json' : 'csv';
    case '{':
      return LIKE_OBJECT.test(start) ? formOfObjects(start, isWhole) : 'csv';
    case undefined:
    default:
      return 'csv';
  }
}

interface FirstObject {
  /** Behind its last bracket; undefined where that is not in the text. */
  readonly end: number | undefined;
  /** A line ends within it. */
  readonly hasBreak: boolean;
  /** An array of objects, or an empty one, stands in it where an array of rows may stand. */
  readonly holdsRows: boolean;
}

/** Objects a line, or one object around the rows. */
function formOfObjects(start: string, isWhole: boolean): 'json' | 'ndjson' {
  const { end, hasBreak, holdsRows } = scanFirst(start);
  if (end === undefined) return !isWhole && !hasBreak && !holdsRows ? 'ndjson' : brokenForm(start, holdsRows);
  if (hasBreak) return 'json';
  const [, gap = '', next] = /^(\s*)([^]?)/.exec(start.slice(end)) ?? [];
  if (next === '') return holdsRows ? 'json' : 'ndjson';
  return next === '{' || gap.includes('\n') ? 'ndjson' : 'json';
}

/** Of an object that never ends: whether the next line begins another one. */
function brokenForm(start: string, holdsRows: boolean): 'json' | 'ndjson' {
  if (holdsRows) return 'json';
  const lineEnd = start.indexOf('\n');
  const next = lineEnd < 0 ? '' : start.slice(lineEnd).trimStart();
  return next === '' || next.startsWith('{') ? 'ndjson' : 'json';
}

const ROWS_BEGIN = /\[\s*[{\]]/y;
const MARKS = /["[\]{}\n]/g;
const STRING_END = /\\[^\n]|["\n]/g;
const DEEPEST_GUESS = 2;

function scanFirst(start: string): FirstObject {
  let depth = 0;
  /** Arrays that are open, and objects in them: rows are not looked for there. */
  let inLists = 0;
  let hasBreak = false;
  let holdsRows = false;
  let at = 0;
  for (;;) {
    MARKS.lastIndex = at;
    const mark = MARKS.exec(start)?.[0];
    if (mark === undefined) return { end: undefined, hasBreak, holdsRows };
    at = MARKS.lastIndex;
    if (mark === '\n') hasBreak = true;
    else if (mark === '"') {
      const end = endOfString(start, at);
      if (end === undefined) return { end, hasBreak, holdsRows };
      at = end;
    } else if (mark === '{' || mark === '[') {
      ROWS_BEGIN.lastIndex = at - 1;
      holdsRows ||= inLists === 0 && depth <= DEEPEST_GUESS && ROWS_BEGIN.test(start);
      depth += 1;
      if (mark === '[' || inLists > 0) inLists += 1;
    } else {
      depth -= 1;
      if (inLists > 0) inLists -= 1;
      if (depth === 0) return { end: at, hasBreak, holdsRows };
    }
  }
}

/** Gives what follows the string that begins at `from`; undefined where a line ends in it, or the text. */
function endOfString(start: string, from: number): number | undefined {
  STRING_END.lastIndex = from;
  for (;;) {
    const found = STRING_END.exec(start)?.[0];
    if (found === undefined || found === '\n') return undefined;
    if (found === '"') return STRING_END.lastIndex;
  }
}

const HEAD_CHARACTERS = 4096;
/** A comment or processing instruction, of which any number may stand before the root. */
const PASSED_OVER = /^\s*(?:<!--[^]*?-->|<\?[^]*?\?>)/;

/** Tells tables that call themselves something else: Excel's XML of 2003, and web pages. */
export function xmlDialect(text: string): 'excel-2003' | 'html' | 'other' {
  let head = text.slice(0, HEAD_CHARACTERS);
  if (/<\?mso-application|urn:schemas-microsoft-com:office:spreadsheet/i.test(head)) return 'excel-2003';
  for (let passed = PASSED_OVER.exec(head); passed !== null; passed = PASSED_OVER.exec(head))
    head = head.slice(passed[0].length);
  return /^\s*<(?:!doctype\s+html|html|table|head|body|meta)\b/i.test(head) ? 'html' : 'other';
}

/** Reads the encoding that an XML declaration names, of a file in any encoding that contains ASCII. */
export function declaredXmlEncoding(bytes: Buffer): string | undefined {
  const head = bytes.subarray(0, 400).toString('latin1').replaceAll('\0', '');
  return /^[^<]{0,4}<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']/.exec(head)?.[1];
}
