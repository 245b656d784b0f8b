// Forms as bytes, well-formed or not.
export const BOUNDARY = 'frontier';
export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

export interface FileHeaders {
  /** `Content-Type` of the part; `text/csv` where it is absent. */
  readonly type?: string;
  readonly name?: string;
  readonly digest?: string;
  /** `Content-Transfer-Encoding`. */
  readonly coding?: string;
}

/** A part with these headers. */
export function part(headers: Readonly<Record<string, string>>, body: string | Buffer): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`--${BOUNDARY}\r\n${lines.join('')}\r\n`);
  return Buffer.concat([head, Buffer.from(body), Buffer.from('\r\n')]);
}

/** A part that is a file. */
export function file(body: string | Buffer, headers: FileHeaders = {}): Buffer {
  const { type = 'text/csv', name = 'a.csv', digest, coding } = headers;
  return part(
    {
      'Content-Disposition': `form-data; name="file"; filename="${name}"`,
      'Content-Type': type,
      ...(digest === undefined ? {} : { 'Content-Digest': digest }),
      ...(coding === undefined ? {} : { 'Content-Transfer-Encoding': coding }),
    },
    body,
  );
}

/** A part that is a field. */
export function field(name: string, value: string): Buffer {
  return part({ 'Content-Disposition': `form-data; name="${name}"` }, value);
}

/** The parts and the end behind them. */
export function form(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}
