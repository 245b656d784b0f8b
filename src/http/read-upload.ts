// An upload as its handler gets it: source, media type, pressure and headers are judged, in this order, before
// a byte of the body is asked for. Raw bodies and forms with one file come out the same.
import type { Request, Response } from 'express';
import { GatewayError } from '../core/errors.js';
import { readContentDigest } from '../platform/content-digest.js';
import { callerOf, maySee } from './authenticate.js';
import { setDrainLimit } from './body-watch.js';
import type { HttpDeps, SourceView, Upload } from './deps.js';
import { readFileName } from './file-name.js';
import { readBoundary } from './form-part.js';
import { isMultipart, readMediaType, readPartType, refuseEncoded, type MediaType } from './media-type.js';
import { FORM_BYTES, openMultipart } from './multipart-file.js';
import { uploadBody } from './upload-body.js';

const MAX_KEY_CHARACTERS = 255;

/** Reads the upload of a request, gives it to `work`, and lets go of its body whatever comes of it. */
export async function withUpload<T>(
  { request, response }: { request: Request<{ source: string }>; response: Response },
  deps: HttpDeps,
  work: (upload: Upload) => Promise<T>,
): Promise<T> {
  const source = ownSource(request.params.source, response, deps);
  setDrainLimit(response, source.maxUploadBytes);
  const declared = readDeclared(request, deps);
  const { boundary, media, expectedDigests } = declared;
  refuseByLength(request, source.maxUploadBytes + (boundary === undefined ? 0 : FORM_BYTES), source);
  const upload = {
    sourceId: source.id,
    caller: callerOf(response),
    idempotencyKey: readIdempotencyKey(request),
  };
  await refuseUnderPressure(deps);
  const body = uploadBody(request, response);
  try {
    if (boundary === undefined) {
      const named = asSent(readFileName(request.get('content-disposition')));
      return await work({ ...upload, ...named, ...media, expectedDigests, body });
    }
    const file = await openMultipart(body, { boundary, expectedDigests });
    const part = readPartType(file.contentType, deps.isCharset);
    const digests = readContentDigest(file.contentDigest);
    return await work({
      ...{ ...upload, ...asSent(file.fileName), ...part },
      ...{ expectedDigests: digests, body: file.body },
    });
  } finally {
    body.destroy();
  }
}

function asSent(fileName: string | undefined): { fileName?: string } {
  return fileName === undefined ? {} : { fileName };
}

interface Declared {
  readonly media: MediaType;
  /** Set for a form; its part says what the file is. */
  readonly boundary: string | undefined;
  readonly expectedDigests: ReadonlyMap<string, string>;
}

function readDeclared(request: Request, { isCharset }: Pick<HttpDeps, 'isCharset'>): Declared {
  const contentType = request.get('content-type') ?? '';
  refuseEncoded(request.get('content-encoding'));
  const boundary = isMultipart(contentType) ? readBoundary(contentType) : undefined;
  const media =
    boundary === undefined
      ? readMediaType(contentType, isCharset)
      : { format: undefined, charset: undefined };
  return { media, boundary, expectedDigests: readContentDigest(request.get('content-digest')) };
}

/** Gives a source of the caller; throws `source.unknown`. */
export function ownSource(id: string, response: Response, deps: Pick<HttpDeps, 'source'>): SourceView {
  const source = deps.source(id);
  if (source === undefined || !maySee(callerOf(response), source.agency))
    throw new GatewayError('source.unknown', 'There is no such source for this key.', {
      detailZh: '该密钥没有此来源。',
    });
  return source;
}

async function refuseUnderPressure(deps: Pick<HttpDeps, 'pressure'>): Promise<void> {
  const pressure = await deps.pressure();
  if (pressure === null) return;
  const why = pressure.reason === 'disk' ? 'The disk is nearly full' : 'Too many batches wait';
  const whyZh = pressure.reason === 'disk' ? '磁盘空间不足' : '待处理批次过多';
  throw new GatewayError(
    'gateway.overloaded',
    `${why}; try again in ${pressure.retryAfterSeconds} seconds.`,
    { details: { ...pressure }, detailZh: `${whyZh}，请在 ${pressure.retryAfterSeconds} 秒后重试。` },
  );
}

function refuseByLength(request: Request, most: number, { maxUploadBytes: maxBytes }: SourceView): void {
  if (Number(request.get('content-length') ?? 0) <= most) return;
  throw new GatewayError('upload.too-large', `The upload is larger than ${maxBytes} bytes; split the file.`, {
    details: { maxBytes },
    detailZh: `上传内容超过 ${maxBytes} 字节，请拆分文件。`,
  });
}

function readIdempotencyKey(request: Request): string | undefined {
  const key = request.get('idempotency-key');
  if (key === undefined) return undefined;
  if (key.length <= MAX_KEY_CHARACTERS && /^[\x21-\x7e]+$/.test(key)) return key;
  throw new GatewayError(
    'request.malformed',
    `Idempotency-Key must have 1 to ${MAX_KEY_CHARACTERS} visible ASCII characters.`,
    {
      details: { header: 'Idempotency-Key' },
      detailZh: `Idempotency-Key 应为 1 至 ${MAX_KEY_CHARACTERS} 个可见 ASCII 字符。`,
    },
  );
}
