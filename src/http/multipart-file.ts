// The one file of a `multipart/form-data` body, as a stream. It ends only when the whole form has been read
// and nothing speaks against it: a second file behind the first must not find the first taken in already.
import { createHash } from 'node:crypto';
import { PassThrough, Writable, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Dicer } from '@fastify/busboy';
import { GatewayError, isGatewayError } from '../core/errors.js';
import { malformedForm, readPart, type FilePart, type PartHeaders } from './form-part.js';

export interface MultipartFile extends FilePart {
  readonly body: Readable;
}

export interface FormNeeds {
  readonly boundary: string;
  /** Base64 by algorithm, of the whole form. */
  readonly expectedDigests: ReadonlyMap<string, string>;
}

/** What a form may be larger than its file: boundaries, headers, fields and what stands around the parts. */
export const FORM_BYTES = 1_048_576;
const MAX_PARTS = 21;
const LIMITS = { maxHeaderPairs: 50, maxHeaderSize: 16_384, partHwm: 65_536 };
const BUFFERED_BYTES = 262_144;
const HASHES: Readonly<Record<string, string>> = { 'sha-256': 'sha256', 'sha-512': 'sha512' };

/** Reads a form up to its file; throws `request.malformed` where it has none, or more than one. */
export function openMultipart(form: Readable, needs: FormNeeds): Promise<MultipartFile> {
  return new Promise((resolve, reject) => {
    const body = new PassThrough({ highWaterMark: BUFFERED_BYTES });
    // Who reads later finds the stream destroyed.
    body.on('error', () => undefined);
    const sink = splitForm(needs, { body, onFile: (part) => resolve({ ...part, body }) });
    // Who wants no more of the file wants no more of the form.
    body.once('close', () => sink.destroy());
    pipeline(form, sink).then(
      () => body.end(),
      (error: unknown) => {
        const told = isGatewayError(error) ? error : malformedForm('it is not well-formed', error);
        body.destroy(told);
        reject(told);
      },
    );
  });
}

/** Makes the sink of a form; it fails with what speaks against the form, and finishes when all of it is in. */
function splitForm(
  { boundary, expectedDigests }: FormNeeds,
  { body, onFile }: { body: Writable; onFile: (part: FilePart) => void },
): Writable {
  const digests = hashing(expectedDigests);
  const dicer = new Dicer({ ...LIMITS, boundary });
  let [total, ofFile, files, others] = [0, 0, 0, 0];
  let isWhole = false;
  let whenWhole = (): void => undefined;
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      digests.update(chunk);
      total += chunk.length;
      // Bytes of the file that have not come out of the splitter yet are counted as besides.
      if (total - ofFile > FORM_BYTES + BUFFERED_BYTES)
        done(malformedForm('too much stands beside its file'));
      else if (isWhole) done();
      else dicer.write(chunk, () => done());
    },
    final: (done) => {
      whenWhole = () => done(judge());
      if (isWhole) whenWhole();
      else dicer.end();
    },
  });
  const takePart = (part: Readable, file: FilePart | undefined): void => {
    if (file === undefined) others += 1;
    else files += 1;
    if (files > 1) throw malformedForm('it holds more than one file');
    if (file === undefined || sink.destroyed) {
      part.resume();
      return;
    }
    part.on('data', (chunk: Buffer) => (ofFile += chunk.length)).pipe(body, { end: false });
    onFile(file);
  };
  const countParts = watchParts(dicer, takePart, (error) => sink.destroy(error));
  const judge = (): GatewayError | null => {
    if (files === 0) return malformedForm('it holds no file');
    return countParts() > files + others
      ? malformedForm('a part has no end of its headers')
      : digests.check();
  };
  dicer.on('finish', () => {
    isWhole = true;
    whenWhole();
  });
  return sink;
}

/** Hands on each part once its headers are in; gives how many parts have begun. */
function watchParts(
  dicer: Dicer,
  take: (part: Readable, file: FilePart | undefined) => void,
  fail: (error: Error) => void,
): () => number {
  let parts = 0;
  dicer.on('error', fail);
  dicer.on('part', (part) => {
    // The splitter tells the same fault itself.
    part.on('error', () => undefined);
    parts += 1;
    if (parts > MAX_PARTS) fail(malformedForm(`it has more than ${MAX_PARTS} parts`));
    part.on('header', (headers) => {
      try {
        take(part, readPart(headers as PartHeaders));
      } catch (error) {
        fail(error as Error);
      }
    });
  });
  return () => parts;
}

interface Digests {
  update(chunk: Buffer): void;
  /** Gives what is wrong with what has come; null where nothing is. */
  check(): GatewayError | null;
}

function hashing(expected: ReadonlyMap<string, string>): Digests {
  const hashes = [...expected].flatMap(([name, digest]) => {
    const algorithm = HASHES[name];
    return algorithm === undefined ? [] : [{ name, digest, hash: createHash(algorithm) }];
  });
  return {
    update: (chunk) => {
      for (const { hash } of hashes) hash.update(chunk);
    },
    check: () => {
      const wrong = hashes.find(({ hash, digest }) => hash.digest('base64') !== digest);
      return wrong === undefined ? null : digestMismatch(wrong.name);
    },
  };
}

function digestMismatch(algorithm: string): GatewayError {
  return new GatewayError(
    'request.digest-mismatch',
    `The ${algorithm} of the form is not the one that was announced.`,
    { details: { algorithm }, detailZh: '收到的内容与声明的摘要不一致，请重新上传。' },
  );
}
