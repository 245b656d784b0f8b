// A client for flow tests that holds every answer against the OpenAPI document: an undocumented route,
// status, media type, header or shape fails the test.
import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readOpenapi } from '../../src/http/documentation.js';

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface Call {
  readonly key?: string | undefined;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export type Api = <T = Record<string, unknown>>(path: string, call?: Call) => Promise<Answer<T>>;

interface Media {
  readonly schema: object;
}
interface DocumentedAnswer {
  readonly $ref?: string;
  readonly headers?: Readonly<Record<string, { required?: boolean }>>;
  readonly content?: Readonly<Record<string, Media>>;
}
export interface OpenapiDocument {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { responses: Record<string, DocumentedAnswer> }>>>
  >;
  readonly components: { readonly responses: Readonly<Record<string, DocumentedAnswer>> };
}

/** Makes a client of the gateway at `url`. */
export function createApi(url: string): Api {
  const document = readOpenapi() as OpenapiDocument;
  const check = createCheck(document);
  return async <T>(path: string, call: Call = {}) => {
    const method = call.method ?? 'GET';
    const answer = await fetch(url + path, {
      method,
      headers: {
        ...(call.key === undefined ? {} : { authorization: `Bearer ${call.key}` }),
        ...call.headers,
      },
      ...(call.body === undefined ? {} : { body: call.body }),
    });
    const text = await answer.text();
    const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? '';
    const body: unknown = type.includes('json') ? JSON.parse(text) : text;
    check({
      method: method.toLowerCase(),
      path: path.split('?')[0] ?? '',
      status: answer.status,
      type,
      body,
      headers: answer.headers,
    });
    return { status: answer.status, headers: answer.headers, body: body as T };
  };
}

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly type: string;
  readonly body: unknown;
  readonly headers: Headers;
}

function createCheck(document: OpenapiDocument): (seen: Seen) => void {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'openapi', ...document });
  const compiled = new Map<Media, ValidateFunction>();
  return (seen) => {
    const at = `${seen.method} ${seen.path} ${seen.status}`;
    const path = Object.keys(document.paths).find((template) => pattern(template).test(seen.path));
    const operation = path === undefined ? undefined : document.paths[path]?.[seen.method];
    if (operation === undefined) {
      assert.ok(seen.status === 404 || seen.status === 401, `${at}: the route is not documented`);
      return;
    }
    const documented = resolve(document, operation.responses[String(seen.status)]);
    assert.ok(documented, `${at}: the status is not documented`);
    for (const [name, header] of Object.entries(documented.headers ?? {}))
      assert.ok(header.required !== true || seen.headers.has(name), `${at}: the header ${name} is missing`);
    const media = documented.content?.[seen.type];
    assert.ok(media, `${at}: the media type ${seen.type} is not documented`);
    const validate = compiled.get(media) ?? ajv.compile(rebased(media.schema));
    compiled.set(media, validate);
    assert.ok(
      validate(seen.body),
      `${at}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(seen.body).slice(0, 500)}`,
    );
  };
}

function resolve(
  document: OpenapiDocument,
  answer: DocumentedAnswer | undefined,
): DocumentedAnswer | undefined {
  const name = answer?.$ref?.split('/').at(-1);
  return name === undefined ? answer : document.components.responses[name];
}

/** Points references of a part at the whole document. */
function rebased(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"openapi#/components')) as object;
}

/** Turns a documented path into what it matches. */
export function pattern(template: string): RegExp {
  return new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`);
}
