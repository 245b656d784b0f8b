// What an upload says it is. The bytes decide in the end; what is not known here is refused unread.
import { GatewayError } from '../core/errors.js';
import type { Format } from '../core/words.js';

export interface MediaType {
  /** Undefined where nothing is claimed. */
  readonly format: Format | undefined;
  readonly charset: string | undefined;
}

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const ANY = 'application/octet-stream';
const FORMAT_OF: Readonly<Record<string, Format | 'any'>> = {
  'text/csv': 'csv',
  [XLSX]: 'xlsx',
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'application/ndjson': 'ndjson',
  'application/xml': 'xml',
  'text/xml': 'xml',
  [ANY]: 'any',
};
// What browsers and programs send with a file of which they know nothing; a CSV where Excel is installed.
const NO_CLAIM = ['', 'text/plain', 'application/vnd.ms-excel'];
const SUPPORTED = ['multipart/form-data', ...Object.keys(FORMAT_OF)];
const CHARSETS = ['utf-8', 'gb18030', 'gbk', 'gb2312', 'utf-16le', 'utf-16be'];

/** Reads a `Content-Type`; throws `upload.type-not-supported`. */
export function readMediaType(header: string, isCharset: (name: string) => boolean): MediaType {
  const [type = '', ...parameters] = header.split(';').map((part) => part.trim());
  const format = FORMAT_OF[type.toLowerCase()];
  if (format === undefined)
    throw new GatewayError(
      'upload.type-not-supported',
      `Send one of ${SUPPORTED.join(', ')}, not compressed.`,
      {
        details: { supported: SUPPORTED },
        detailZh: `请以下列类型之一上传，不要压缩：${SUPPORTED.join('、')}。`,
      },
    );
  const charset = parameters
    .map((parameter) => /^charset="?([^"]*)"?$/i.exec(parameter)?.[1])
    .find((value) => value !== undefined && value !== '');
  if (charset !== undefined && !isCharset(charset))
    throw new GatewayError(
      'upload.type-not-supported',
      'This charset is not supported; use utf-8 or gb18030.',
      { details: { supported: CHARSETS }, detailZh: '不支持该字符编码，请使用 utf-8 或 gb18030。' },
    );
  return { format: format === 'any' ? undefined : format, charset };
}

/** Reads the `Content-Type` of a part, which claims less than that of a request: its sender is a browser. */
export function readPartType(header: string | undefined, isCharset: (name: string) => boolean): MediaType {
  const type = (header ?? '').split(';', 1)[0] ?? '';
  const isClaim = !NO_CLAIM.includes(type.trim().toLowerCase());
  return readMediaType(isClaim ? (header ?? '') : `${ANY}${(header ?? '').slice(type.length)}`, isCharset);
}

/** Tells whether a body comes in parts, as a form sends it. */
export function isMultipart(header: string): boolean {
  return /^multipart\/form-data\s*(;|$)/i.test(header);
}

/** Throws `upload.type-not-supported` for a body that is compressed. */
export function refuseEncoded(contentEncoding: string | undefined): void {
  if ((contentEncoding ?? 'identity').toLowerCase() === 'identity') return;
  throw new GatewayError('upload.type-not-supported', 'Send the body without Content-Encoding.', {
    details: { supported: ['identity'] },
    detailZh: '请勿压缩请求体。',
  });
}
