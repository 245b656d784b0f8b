// `POST /v1/sources/{source}/batches`: the headers are judged before a byte of the body is read. A refusal
// drains the rest of the body, up to the limit, so that the sender can read the answer.
import { Readable } from 'node:stream';
import type { Request, RequestHandler, Response } from 'express';
import { GatewayError } from '../core/errors.js';
import { readContentDigest } from '../platform/content-digest.js';
import { callerOf, maySee } from './authenticate.js';
import type { HttpDeps, SourceView } from './deps.js';

const MAX_KEY_CHARACTERS = 255;

/** Makes the handler. */
export function uploadBatch(deps: HttpDeps): RequestHandler<{ source: string }> {
  return async (request, response) => {
    const source = ownSource(request.params.source, response, deps);
    try {
      const charset = readMediaType(request, deps);
      refuseByLength(request, source);
      request.setTimeout(deps.uploadIdleTimeoutMs, () => request.destroy(idle()));
      const received = await deps.receiveBatch({
        sourceId: source.id,
        charset,
        // A pipeline destroys its source when it fails; the request has to live on to be drained.
        body: Readable.from(request.iterator({ destroyOnReturn: false }), { objectMode: false }),
        expectedDigests: readContentDigest(request.get('content-digest')),
        idempotencyKey: readIdempotencyKey(request),
      });
      response
        .status(202)
        .location(`/v1/batches/${received.id}`)
        .json({ id: received.id, status: received.status });
    } catch (error) {
      drain(request, source.maxUploadBytes);
      throw error;
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
  const header = request.get('content-type') ?? '';
  const [type = '', ...parameters] = header.split(';').map((part) => part.trim());
  const encoding = request.get('content-encoding') ?? 'identity';
  if (type.toLowerCase() !== 'text/csv' || encoding.toLowerCase() !== 'identity')
    throw new GatewayError(
      'upload.type-not-supported',
      'Send text/csv, with charset where it is known, not compressed.',
      {
        details: { supported: ['text/csv'] },
        detailZh: '请以 text/csv 上传，可注明 charset，不要压缩。',
      },
    );
  const charset = parameters
    .map((parameter) => /^charset="?([^"]*)"?$/i.exec(parameter)?.[1])
    .find((value) => value !== undefined && value !== '');
  if (charset !== undefined && !deps.isCharset(charset))
    throw new GatewayError(
      'upload.type-not-supported',
      'This charset is not supported; use utf-8 or gb18030.',
      {
        details: { supported: ['utf-8', 'gb18030', 'gbk', 'gb2312', 'utf-16le', 'utf-16be'] },
        detailZh: '不支持该字符编码，请使用 utf-8 或 gb18030。',
      },
    );
  return charset;
}

function refuseByLength(request: Request, source: SourceView): void {
  if (Number(request.get('content-length') ?? 0) <= source.maxUploadBytes) return;
  throw new GatewayError(
    'upload.too-large',
    `The upload is larger than ${source.maxUploadBytes} bytes; split the file.`,
    {
      details: { maxBytes: source.maxUploadBytes },
      detailZh: `上传内容超过 ${source.maxUploadBytes} 字节，请拆分文件。`,
    },
  );
}

function readIdempotencyKey(request: Request): string | undefined {
  const key = request.get('idempotency-key');
  if (key === undefined) return undefined;
  if (key !== '' && key.length <= MAX_KEY_CHARACTERS && /^[\x21-\x7e]+$/.test(key)) return key;
  throw new GatewayError(
    'request.malformed',
    `Idempotency-Key must have 1 to ${MAX_KEY_CHARACTERS} visible ASCII characters.`,
    {
      detailZh: `Idempotency-Key 应为 1 至 ${MAX_KEY_CHARACTERS} 个可见 ASCII 字符。`,
    },
  );
}

function drain(request: Request, maxBytes: number): void {
  if (request.readableEnded || request.destroyed) return;
  let left = maxBytes;
  request.unpipe();
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
  request.resume();
}

function idle(): GatewayError {
  return new GatewayError('upload.broken-off', 'No byte came for too long; send the upload again.');
}
