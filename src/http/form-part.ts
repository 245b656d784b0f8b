// What the headers of a form and of its parts say (RFC 7578). The name that a client gives its file is for showing, and
// never a path.
import { GatewayError } from '../core/errors.js';
import { readFileName } from './file-name.js';
import { refuseEncoded } from './media-type.js';

/** The headers of a part by name in lower case; each may stand there several times. */
export type PartHeaders = Readonly<Record<string, readonly string[]>>;

export interface FilePart {
  /** `Content-Type` of the part; undefined where it has none. */
  readonly contentType: string | undefined;
  /** `Content-Digest` of the part, which is over its bytes alone. */
  readonly contentDigest: string | undefined;
  readonly fileName: string | undefined;
}

const MAX_HEADER_CHARACTERS = 8192;
// RFC 2046, 5.1.1, but for the blank.
const BOUNDARY =
  /;\s*boundary=(?:"([\w'()+,./:=? -]{0,69}[\w'()+,./:=?-])"|([\w'()+./:=?-]{1,70}))\s*(?:;|$)/i;
const PLAIN = /^(7bit|8bit|binary)$/i;

/** Reads the boundary of a form out of its `Content-Type`; throws `request.malformed`. */
export function readBoundary(contentType: string): string {
  const [, quoted, bare] = BOUNDARY.exec(contentType) ?? [];
  const boundary = quoted ?? bare;
  if (boundary !== undefined) return boundary;
  throw malformedForm('its Content-Type names no boundary of 1 to 70 characters');
}

/** Reads a part: a file where it has a file name, or bytes of no type; undefined for a field. Throws `request.malformed`. */
export function readPart(headers: PartHeaders): FilePart | undefined {
  const characters = Object.entries(headers).reduce(
    (sum, [name, values]) => sum + values.reduce((most, value) => most + name.length + value.length, 0),
    0,
  );
  if (characters > MAX_HEADER_CHARACTERS) throw malformedForm('the headers of a part are too long');
  const disposition = single(headers, 'content-disposition') ?? '';
  if (!/^form-data\s*(;|$)/i.test(disposition))
    throw malformedForm('a part lacks Content-Disposition: form-data');
  const contentType = single(headers, 'content-type');
  const isBytes = /^application\/octet-stream\s*(;|$)/i.test(contentType ?? '');
  if (!isBytes && !namesFile(disposition)) return undefined;
  refuseEncoded(single(headers, 'content-encoding'));
  const coding = single(headers, 'content-transfer-encoding') ?? 'binary';
  refuseEncoded(PLAIN.test(coding) ? undefined : coding);
  const contentDigest = single(headers, 'content-digest');
  return { contentType, contentDigest, fileName: readFileName(disposition) };
}

/** Makes the refusal of a form. */
export function malformedForm(why: string, cause?: unknown): GatewayError {
  return new GatewayError(
    'request.malformed',
    `The form cannot be taken: ${why}. Send multipart/form-data with exactly one file.`,
    { cause, detailZh: '表单无法受理：请以 multipart/form-data 发送且仅发送一个文件。' },
  );
}

function namesFile(disposition: string): boolean {
  // A field may have any name, one that looks like a parameter as well.
  return /;\s*filename\*?\s*=/i.test(disposition.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""'));
}

function single(headers: PartHeaders, name: string): string | undefined {
  const [value, ...more] = headers[name] ?? [];
  if (more.length > 0) throw malformedForm(`a part has ${name} twice`);
  return value?.trim();
}
