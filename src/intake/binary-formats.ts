// Tells by its first bytes what a file is that is no text: a ZIP file, which may be a workbook, or
// something that nobody reads here, with how to save it instead.
import { GatewayError } from '../core/errors.js';
import type { Charset } from './charset.js';
import { oleKind } from './xlsx/ole-kind.js';

interface BinaryFormat {
  readonly name: string;
  readonly nameZh: string;
  readonly bytes: readonly number[];
}

const ZIP: readonly (readonly number[])[] = [
  [0x50, 0x4b, 0x03, 0x04],
  [0x50, 0x4b, 0x05, 0x06],
];
const OLE = [0xd0, 0xcf, 0x11, 0xe0];

const FORMATS: readonly BinaryFormat[] = [
  { name: 'a PDF', nameZh: 'PDF 文件', bytes: [0x25, 0x50, 0x44, 0x46] },
  { name: 'a gzip archive', nameZh: 'gzip 压缩文件', bytes: [0x1f, 0x8b] },
  { name: 'a RAR archive', nameZh: 'RAR 压缩文件', bytes: [0x52, 0x61, 0x72, 0x21] },
  { name: 'a 7z archive', nameZh: '7z 压缩文件', bytes: [0x37, 0x7a, 0xbc, 0xaf] },
  { name: 'a PNG picture', nameZh: 'PNG 图片', bytes: [0x89, 0x50, 0x4e, 0x47] },
  { name: 'a JPEG picture', nameZh: 'JPEG 图片', bytes: [0xff, 0xd8, 0xff] },
];

const OLE_NAMES = {
  'encrypted-workbook': ['an encrypted workbook', '加密的工作簿'],
  'legacy-excel': ['a legacy Excel file (.xls)', '旧版 Excel 文件（.xls）'],
  'legacy-word': ['a legacy Word file (.doc)', '旧版 Word 文件（.doc）'],
  other: ['a legacy Office file', '旧版 Office 文件'],
} as const;

const startsWith = (sample: Buffer, bytes: readonly number[]): boolean =>
  bytes.every((byte, i) => sample[i] === byte);

/** Tells whether the bytes begin as a ZIP file does. */
export function isZip(sample: Buffer): boolean {
  return ZIP.some((bytes) => startsWith(sample, bytes));
}

/** Throws `upload.type-not-supported` where the bytes are of a known binary format or hold NUL bytes and are not UTF-16. */
export function refuseBinary(sample: Buffer, declared: Charset | undefined): void {
  if (startsWith(sample, OLE)) throw oleRefusal(sample);
  const format = FORMATS.find(({ bytes }) => startsWith(sample, bytes));
  if (format !== undefined) throw notRead(format.name, format.nameZh);
  const isUtf16 =
    declared?.startsWith('utf-16') === true ||
    (sample[0] === 0xff && sample[1] === 0xfe) ||
    (sample[0] === 0xfe && sample[1] === 0xff);
  if (!isUtf16 && sample.includes(0)) throw notRead('binary data', '二进制数据');
}

function oleRefusal(sample: Buffer): GatewayError {
  const kind = oleKind(sample);
  const advice =
    kind === 'encrypted-workbook'
      ? (['remove its password and upload it again', '请取消密码保护后重新上传'] as const)
      : SAVE_AS;
  const [name, nameZh] = OLE_NAMES[kind];
  return notRead(name, nameZh, advice);
}

const SAVE_AS = [
  'save it as “Excel workbook (.xlsx)” or “CSV UTF-8” and upload that',
  '请另存为“Excel 工作簿（.xlsx）”或“CSV UTF-8”后上传',
] as const;

/** The refusal of a file by what it is, with how to save it instead. */
export function notRead(name: string, nameZh: string, [advice, adviceZh] = SAVE_AS as Advice): GatewayError {
  return new GatewayError('upload.type-not-supported', `This is ${name}; ${advice}.`, {
    detailZh: `该文件是${nameZh}，${adviceZh}。`,
  });
}

type Advice = readonly [advice: string, adviceZh: string];
