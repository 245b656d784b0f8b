// Writes XLSX workbooks from their raw XML, so that a test can have what no program would write. A cell is a
// text, a number, nothing, or XML of its own.
import { HEADINGS, penaltyRow } from '../../bench/penalty-rows.js';
import { AGENCY } from './penalties.js';
import { makeZip, writeZipFile, type StreamedEntry, type ZipEntrySpec, type ZipForm } from './zip-writer.js';

export type CellSpec =
  string | number | null | { readonly number: number | string; readonly style: number } | RawCell;

interface RawCell {
  /** All of the cell; `REF` becomes its reference. */
  readonly xml: string;
}

export interface SheetSpec {
  readonly name?: string;
  readonly state?: 'visible' | 'hidden' | 'veryHidden';
  readonly rows?: readonly (readonly CellSpec[])[];
  /** All that stands in `sheetData`, instead of `rows`. */
  readonly data?: string;
  /** All of the part, instead of the rest. */
  readonly xml?: string;
  readonly merged?: readonly string[];
  /** Type of its relationship; a chart sheet where it is `chartsheet`. */
  readonly kind?: string;
  /** How the relationship leads to it. */
  readonly target?: string;
  /** Named in the workbook, but not there. */
  readonly isMissing?: boolean;
}

export interface WorkbookSpec {
  readonly sheets?: readonly SheetSpec[];
  readonly strings?: 'shared' | 'inline';
  /** Content of `sst`, instead of the texts of the cells. */
  readonly sst?: string;
  readonly isStrict?: boolean;
  readonly prefix?: string;
  readonly date1904?: boolean;
  /** Format of each cell style: an id or a code. */
  readonly formats?: readonly (number | string)[];
  readonly contentType?: string;
  /** Further entries; one of a name that is there replaces it. */
  readonly entries?: readonly ZipEntrySpec[];
  readonly zip?: ZipForm;
}

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const WORKBOOK_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml';

/** Makes a workbook in memory. */
export function makeWorkbook(spec: WorkbookSpec = {}): Buffer {
  const own = new Map(workbookParts(spec).map((entry) => [entry.name, entry]));
  for (const entry of spec.entries ?? []) own.set(entry.name, entry);
  return makeZip([...own.values()], spec.zip);
}

/** The parts of a workbook, which a test may change before it zips them. */
export function workbookParts(spec: WorkbookSpec = {}): ZipEntrySpec[] {
  const sheets = spec.sheets ?? [{}];
  const strings = createStrings();
  const written = sheets.map((sheet, i) => ({ name: sheetPath(i), content: sheetXml(sheet, spec, strings) }));
  const sst = spec.sst ?? strings.xml();
  return [
    { name: '[Content_Types].xml', content: contentTypes(spec) },
    {
      name: '_rels/.rels',
      content: relationships([['rId1', office(spec, 'officeDocument'), 'xl/workbook.xml']]),
    },
    { name: 'xl/workbook.xml', content: workbookXml(sheets, spec) },
    { name: 'xl/_rels/workbook.xml.rels', content: workbookRelationships(sheets, spec) },
    { name: 'xl/styles.xml', content: stylesXml(spec) },
    { name: 'xl/sharedStrings.xml', content: `${HEAD}${element(spec, 'sst', sst, ns(spec))}` },
    ...written.filter((_, i) => sheets[i]?.isMissing !== true),
  ];
}

/** Rows of clean penalties below their headings. */
export function penaltyRows(count: number): string[][] {
  return [[...HEADINGS], ...Array.from({ length: count }, (_, n) => penaltyRow(n, AGENCY))];
}

/** Gives the letters of a column, from 0. */
export function columnLetters(column: number): string {
  const last = String.fromCharCode(65 + (column % 26));
  return column < 26 ? last : columnLetters(Math.floor(column / 26) - 1) + last;
}

interface Strings {
  indexOf(text: string): number;
  xml(): string;
}

function createStrings(): Strings {
  const indexes = new Map<string, number>();
  return {
    indexOf: (text) => {
      const index = indexes.get(text) ?? indexes.size;
      indexes.set(text, index);
      return index;
    },
    xml: () => [...indexes.keys()].map(sharedString).join(''),
  };
}

const sharedString = (text: string): string => `<si><t xml:space="preserve">${escapeXml(text)}</t></si>`;

/** Makes text safe for XML. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

const sheetPath = (index: number): string => `xl/worksheets/sheet${index + 1}.xml`;

const main = ({ isStrict = false }: WorkbookSpec): string =>
  isStrict
    ? 'http://purl.oclc.org/ooxml/spreadsheetml/main'
    : 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';

const office = ({ isStrict = false }: WorkbookSpec, kind: string): string =>
  isStrict
    ? `http://purl.oclc.org/ooxml/officeDocument/relationships${kind && `/${kind}`}`
    : `http://schemas.openxmlformats.org/officeDocument/2006/relationships${kind && `/${kind}`}`;

const ns = (spec: WorkbookSpec): string =>
  `xmlns${spec.prefix === undefined ? '' : `:${spec.prefix}`}="${main(spec)}"`;

/** Writes an element and, where the workbook has a prefix, gives it to all elements in it. */
function element({ prefix }: WorkbookSpec, name: string, content: string, attributes = ''): string {
  const xml = `<${name}${attributes && ` ${attributes}`}>${content}</${name}>`;
  return prefix === undefined ? xml : xml.replaceAll(/<(\/?)(?=[A-Za-z])/g, `<$1${prefix}:`);
}

function sheetXml(sheet: SheetSpec, spec: WorkbookSpec, strings: Strings): string {
  if (sheet.xml !== undefined) return sheet.xml;
  const rows = sheet.rows ?? penaltyRows(3);
  const data = sheet.data ?? rows.map((cells, i) => rowXml(cells, i + 1, { spec, strings })).join('');
  const merged = (sheet.merged ?? []).map((ref) => `<mergeCell ref="${ref}"/>`).join('');
  const merges = merged && `<mergeCells>${merged}</mergeCells>`;
  return `${HEAD}${element(spec, 'worksheet', `<sheetData>${data}</sheetData>${merges}`, ns(spec))}`;
}

function rowXml(
  cells: readonly CellSpec[],
  row: number,
  { spec, strings }: { spec: Pick<WorkbookSpec, 'strings'>; strings: Strings },
): string {
  const written = cells.map((cell, column) => {
    const ref = `${columnLetters(column)}${row}`;
    if (cell === null || cell === '') return '';
    if (typeof cell === 'number') return `<c r="${ref}"><v>${cell}</v></c>`;
    if (typeof cell === 'string')
      return spec.strings === 'inline'
        ? `<c r="${ref}" t="inlineStr"><is><t xml:space="preserve">${escapeXml(cell)}</t></is></c>`
        : `<c r="${ref}" t="s"><v>${strings.indexOf(cell)}</v></c>`;
    if ('xml' in cell) return cell.xml.replaceAll('REF', ref);
    return `<c r="${ref}" s="${cell.style}"><v>${cell.number}</v></c>`;
  });
  return `<row r="${row}" spans="1:${cells.length}">${written.join('')}</row>`;
}

function workbookXml(sheets: readonly SheetSpec[], spec: WorkbookSpec): string {
  const list = sheets.map(({ name, state }, i) => {
    const shown = state === undefined ? '' : ` state="${state}"`;
    return `<sheet name="${escapeXml(name ?? `Sheet${i + 1}`)}" sheetId="${i + 1}"${shown} r:id="rId${i + 1}"/>`;
  });
  const settings = spec.date1904 === true ? '<workbookPr date1904="1"/>' : '<workbookPr/>';
  const attributes = `${ns(spec)} xmlns:r="${office(spec, '')}"`;
  return `${HEAD}${element(spec, 'workbook', `${settings}<sheets>${list.join('')}</sheets>`, attributes)}`;
}

function workbookRelationships(sheets: readonly SheetSpec[], spec: WorkbookSpec): string {
  return relationships([
    ...sheets.map(
      (sheet, i) =>
        [
          `rId${i + 1}`,
          office(spec, sheet.kind ?? 'worksheet'),
          sheet.target ?? `worksheets/sheet${i + 1}.xml`,
        ] as const,
    ),
    ['rIdStyles', office(spec, 'styles'), 'styles.xml'],
    ['rIdStrings', office(spec, 'sharedStrings'), '/xl/sharedStrings.xml'],
  ]);
}

function relationships(list: readonly (readonly [id: string, type: string, target: string])[]): string {
  const entries = list.map(
    ([id, type, target]) => `<Relationship Id="${id}" Type="${type}" Target="${target}"/>`,
  );
  return `${HEAD}<Relationships xmlns="${PACKAGE}/relationships">${entries.join('')}</Relationships>`;
}

function contentTypes({ contentType = WORKBOOK_TYPE }: WorkbookSpec): string {
  return `${HEAD}<Types xmlns="${PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${contentType}"/></Types>`;
}

function stylesXml(spec: WorkbookSpec): string {
  const formats = spec.formats ?? [0];
  const codes = formats.flatMap((format, i) =>
    typeof format === 'string' ? [`<numFmt numFmtId="${200 + i}" formatCode="${escapeXml(format)}"/>`] : [],
  );
  const styles = formats.map(
    (format, i) => `<xf numFmtId="${typeof format === 'string' ? 200 + i : format}" applyNumberFormat="1"/>`,
  );
  const content = `<numFmts>${codes.join('')}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>${styles.join('')}</cellXfs>`;
  return `${HEAD}${element(spec, 'styleSheet', content, ns(spec))}`;
}

export interface BigWorkbook {
  readonly strings: 'shared' | 'inline';
  /** Cells of a row, by its place from 0. */
  readonly row: (n: number) => readonly string[];
}

/** Streams a workbook of many rows to a file, the first row its headings; shared strings are not looked for twice. */
export async function writeBigWorkbook(path: string, rows: number, form: BigWorkbook): Promise<void> {
  const spec: WorkbookSpec = { sheets: [{ xml: '' }], strings: form.strings };
  const parts = workbookParts(spec).filter(({ name }) => !/sharedStrings|sheet1/.test(name));
  const big: StreamedEntry[] = [
    ...parts.map(({ name, content }) => ({ name, pieces: [String(content)] })),
    { name: sheetPath(0), pieces: sheetPieces(rows, form) },
    { name: 'xl/sharedStrings.xml', pieces: stringPieces(rows, form) },
  ];
  await writeZipFile(path, big);
}

function* sheetPieces(rows: number, form: BigWorkbook): Generator<string> {
  let next = 0;
  const strings: Strings = { indexOf: () => next++, xml: () => '' };
  yield `${HEAD}<worksheet ${ns({})}><sheetData>`;
  for (let n = 0; n < rows; n += 1) yield rowXml(form.row(n), n + 1, { spec: form, strings });
  yield '</sheetData></worksheet>';
}

function* stringPieces(rows: number, form: BigWorkbook): Generator<string> {
  yield `${HEAD}<sst ${ns({})}>`;
  if (form.strings === 'shared')
    for (let n = 0; n < rows; n += 1)
      yield form
        .row(n)
        .filter((cell) => cell !== '')
        .map(sharedString)
        .join('');
  yield '</sst>';
}
