// `POST /v1/sources/{source}/batches`: source, media type and headers are judged, in this order, before a
// byte of the body is asked for.
import type { Request, RequestHandler, Response } from 'express';
import { GatewayError } from '../core/errors.js';
import { readContentDigest } from '../platform/content-digest.js';
import { callerOf, maySee } from './authenticate.js';
import { setDrainLimit } from './body-watch.js';
import type { HttpDeps, SourceView } from './deps.js';
import { uploadBody } from './upload-body.js';

const MAX_KEY_CHARACTERS = 255;
const CHARSETS = ['utf-8', 'gb18030', 'gbk', 'gb2312', 'utf-16le', 'utf-16be'];

/** Makes the handler. */
export function uploadBatch(deps: HttpDeps): RequestHandler<{ source: string }> {
  return async (request, response) => {
    const source = ownSource(request.params.source, response, deps);
    setDrainLimit(response, source.maxUploadBytes);
    const charset = readMediaType(request, deps);
    refuseByLength(request, source);
    const headers = {
      expectedDigests: readContentDigest(request.get('content-digest')),
      idempotencyKey: readIdempotencyKey(request),
    };
    const body = uploadBody(request, response);
    try {
      const { id, status } = await deps.receiveBatch({ sourceId: source.id, charset, ...headers, body });
      response.status(202).location(`/v1/batches/${id}`).json({ id, status });
    } finally {
      body.destroy();
    }
  };
}

function ownSource(id: string, response: Response, deps: HttpDeps): SourceView {
  const source = deps.source(id);
  if (source === undefined || !maySee(callerOf(response), source.agency))
    throw new GatewayError('source.unknown', 'There is no such source for this key.', {
      detailZh: '该密钥没有此来源。',
    });
  return source;
}

function readMediaType(request: Request, deps: HttpDeps): string | undefined {
  const [type = '', ...parameters] = (request.get('content-type') ?? '')
    .split(';')
    .map((part) => part.trim());
  const encoding = request.get('content-encoding') ?? 'identity';
  if (type.toLowerCase() !== 'text/csv' || encoding.toLowerCase() !== 'identity')
    throw new GatewayError(
      'upload.type-not-supported',
      'Send text/csv, with charset where it is known, not compressed.',
      { details: { supported: ['text/csv'] }, detailZh: '请以 text/csv 上传，可注明 charset，不要压缩。' },
    );
  const charset = parameters
    .map((parameter) => /^charset="?([^"]*)"?$/i.exec(parameter)?.[1])
    .find((value) => value !== undefined && value !== '');
  if (charset !== undefined && !deps.isCharset(charset))
    throw new GatewayError(
      'upload.type-not-supported',
      'This charset is not supported; use utf-8 or gb18030.',
      { details: { supported: CHARSETS }, detailZh: '不支持该字符编码，请使用 utf-8 或 gb18030。' },
    );
  return charset;
}

function refuseByLength(request: Request, source: SourceView): void {
  const { maxUploadBytes: maxBytes } = source;
  if (Number(request.get('content-length') ?? 0) <= maxBytes) return;
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
