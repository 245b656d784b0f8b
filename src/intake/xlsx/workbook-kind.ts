// What a ZIP file is: a workbook, or one of the many things that are ZIP files too, each refused with how to
// save it instead.
import { GatewayError } from '../../core/errors.js';

/** What `[Content_Types].xml` says. */
export interface ContentTypes {
  /** By part, lower-case, without the leading slash. */
  readonly parts: ReadonlyMap<string, string>;
  /** By extension, lower-case. */
  readonly extensions: ReadonlyMap<string, string>;
}

interface ForeignKind {
  readonly name: string;
  readonly nameZh: string;
  readonly advice: 'save' | 'unpack';
  readonly types: readonly string[];
}

const SPREADSHEET = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
const WORKBOOKS = [`${SPREADSHEET}.sheet.main+xml`, `${SPREADSHEET}.template.main+xml`];

const save = (name: string, nameZh: string, ...types: readonly string[]): ForeignKind => ({
  name,
  nameZh,
  advice: 'save',
  types,
});

const MACROS = save(
  'a macro-enabled workbook (.xlsm)',
  '启用宏的工作簿（.xlsm）',
  'vnd.ms-excel.sheet.macroenabled.main',
  'vnd.ms-excel.template.macroenabled.main',
  'vnd.ms-excel.addin.macroenabled.main',
);
const OPEN_DOCUMENT = save('an OpenDocument file (.ods)', 'OpenDocument 文件（.ods）');
const NUMBERS = save('an Apple Numbers, Pages or Keynote file', 'Apple Numbers、Pages 或 Keynote 文件');
const ARCHIVE: ForeignKind = { name: 'a ZIP archive', nameZh: 'ZIP 压缩文件', advice: 'unpack', types: [] };

/** Looked for in this order in the type of the main part, then in all of them. */
const KINDS: readonly ForeignKind[] = [
  save('a binary workbook (.xlsb)', '二进制工作簿（.xlsb）', 'vnd.ms-excel.sheet.binary'),
  MACROS,
  save('a Word document (.docx)', 'Word 文档（.docx）', 'wordprocessingml', 'vnd.ms-word'),
  save('a PowerPoint file (.pptx)', 'PowerPoint 演示文稿（.pptx）', 'presentationml', 'vnd.ms-powerpoint'),
  save('a Visio drawing (.vsdx)', 'Visio 绘图（.vsdx）', 'vnd.ms-visio'),
];

const ADVICE = {
  save: [
    'save it as “Excel workbook (.xlsx)” or “CSV UTF-8” and upload that',
    '请另存为“Excel 工作簿（.xlsx）”或“CSV UTF-8”后上传',
  ],
  unpack: ['unpack it and upload the file in it', '请解压后上传其中的文件'],
} as const;

/** Throws `upload.type-not-supported` unless the main part of the package is a workbook; says what it is. */
export function refuseForeignZip(
  names: readonly string[],
  types: ContentTypes | undefined,
  mainPart: string | undefined,
): void {
  if (types === undefined) throw notRead(kindWithoutTypes(names));
  const main = mainPart === undefined ? undefined : typeOf(types, mainPart);
  const all = [...types.parts.values(), ...types.extensions.values()].map((type) => type.toLowerCase());
  const isWorkbook = main !== undefined && WORKBOOKS.includes(main);
  if (isWorkbook && !all.some((type) => type.includes('vbaproject'))) return;
  if (isWorkbook) throw notRead(MACROS);
  throw notRead(kindNamed(main === undefined ? [] : [main]) ?? kindNamed(all) ?? ARCHIVE);
}

/** Gives the content type of a part, lower-case. */
export function typeOf({ parts, extensions }: ContentTypes, part: string): string | undefined {
  const name = part.toLowerCase();
  return (parts.get(name) ?? extensions.get(name.slice(name.lastIndexOf('.') + 1)))?.toLowerCase();
}

function kindNamed(types: readonly string[]): ForeignKind | undefined {
  return KINDS.find((kind) => kind.types.some((part) => types.some((type) => type.includes(part))));
}

function kindWithoutTypes(names: readonly string[]): ForeignKind {
  if (names.includes('META-INF/manifest.xml') && names.includes('content.xml')) return OPEN_DOCUMENT;
  return names.some((name) => name.endsWith('.iwa')) ? NUMBERS : ARCHIVE;
}

function notRead({ name, nameZh, advice }: ForeignKind): GatewayError {
  const [text, textZh] = ADVICE[advice];
  return new GatewayError('upload.type-not-supported', `This is ${name}; ${text}.`, {
    detailZh: `该文件是${nameZh}，${textZh}。`,
  });
}
