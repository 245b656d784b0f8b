// Tells by its first bytes what a file is that is no text, and how to save it instead.
import { GatewayError } from '../core/errors.js';
import type { Charset } from './charset.js';

interface BinaryFormat {
  readonly name: string;
  readonly nameZh: string;
  readonly bytes: readonly number[];
}

const FORMATS: readonly BinaryFormat[] = [
  {
    name: 'an Excel workbook (or another ZIP file)',
    nameZh: 'Excel 工作簿（或 ZIP 文件）',
    bytes: [0x50, 0x4b, 0x03, 0x04],
  },
  {
    name: 'a legacy Office file or an encrypted workbook',
    nameZh: '旧版 Office 文件或加密工作簿',
    bytes: [0xd0, 0xcf, 0x11, 0xe0],
  },
  { name: 'a PDF', nameZh: 'PDF 文件', bytes: [0x25, 0x50, 0x44, 0x46] },
  { name: 'a gzip archive', nameZh: 'gzip 压缩文件', bytes: [0x1f, 0x8b] },
];

/** Throws `upload.type-not-supported` where the bytes are of a known binary format or hold NUL bytes and is not UTF-16. */
export function refuseBinary(sample: Buffer, declared: Charset | undefined): void {
  const format = FORMATS.find(({ bytes }) => bytes.every((byte, i) => sample[i] === byte));
  if (format !== undefined) throw notText(format.name, format.nameZh);
  const isUtf16 =
    declared?.startsWith('utf-16') === true ||
    (sample[0] === 0xff && sample[1] === 0xfe) ||
    (sample[0] === 0xfe && sample[1] === 0xff);
  if (!isUtf16 && sample.includes(0)) throw notText('binary data', '二进制数据');
}

function notText(name: string, nameZh: string): GatewayError {
  return new GatewayError(
    'upload.type-not-supported',
    `This is ${name}, not CSV; save it as “CSV UTF-8” and upload that.`,
    {
      detailZh: `该文件是${nameZh}，不是 CSV；请另存为“CSV UTF-8”后上传。`,
    },
  );
}
