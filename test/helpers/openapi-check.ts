// Holds answers of the server against the OpenAPI document: path, status, headers, media type and shape must
// be documented. What is sent to an address or by a method that is not there has its documented refusals.
import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { readOpenapi } from '../../src/http/documentation.js';

export interface Exchange {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface Reference {
  readonly $ref: string;
}

interface HeaderObject {
  readonly required?: boolean;
  readonly schema: object;
}

interface ResponseObject {
  readonly headers?: Readonly<Record<string, HeaderObject | Reference>>;
  readonly content?: Readonly<Record<string, { readonly schema: object; readonly example?: unknown }>>;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly 'x-callers': readonly string[] | 'anybody';
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, ResponseObject | Reference>>;
}

export interface OpenapiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly responses: Readonly<Record<string, ResponseObject>>;
    readonly schemas: Readonly<Record<string, object>>;
  };
}

// Where there is no operation, and where Node could not read a request at all.
const ANYWHERE: Readonly<Record<number, string>> = {
  400: 'Malformed',
  401: 'KeyRequired',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  408: 'TimedOut',
  429: 'TooMany',
  431: 'HeadersTooLarge',
};
const ID = 'openapi.json';

/** Reads the document that the server shows. */
export function openapiDocument(): OpenapiDocument {
  return readOpenapi() as OpenapiDocument;
}

/** Compiles the check; it throws an AssertionError that says what is not documented. */
export function createOpenapiCheck(document = openapiDocument()): (exchange: Exchange) => void {
  const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, strictTypes: false });
  ajvFormats.default(ajv);
  ajv.addFormat('unified-social-credit-code', true);
  ajv.addVocabulary(['openapi', 'info', 'servers', 'security', 'tags', 'paths', 'components']);
  ajv.addSchema(document, ID);
  const compiled = new Map<string, ValidateFunction>();
  return (exchange) => {
    const said = `${exchange.method} ${exchange.path} → ${exchange.status}`;
    const place = findResponse(document, exchange);
    assert.ok(place !== undefined, `${said} is not documented: ${exchange.text.slice(0, 500)}`);
    const { pointer, response } = place;
    checkHeaders(document, response, { headers: exchange.headers, said });
    if (exchange.method === 'HEAD') return;
    const type = (exchange.headers.get('content-type') ?? '').split(';')[0] ?? '';
    assert.ok(response.content?.[type] !== undefined, `${said}: the media type ${type} is not documented`);
    const at = `${ID}#${pointer}/content/${escape(type)}/schema`;
    const validate = compiled.get(at) ?? ajv.compile({ $ref: at });
    compiled.set(at, validate);
    const body: unknown = type.includes('json') ? JSON.parse(exchange.text) : exchange.text;
    assert.ok(
      validate(body),
      `${said}: ${ajv.errorsText(validate.errors)} in ${exchange.text.slice(0, 500)}`,
    );
  };
}

function findResponse(
  document: OpenapiDocument,
  { method, path, status }: Exchange,
): { pointer: string; response: ResponseObject } | undefined {
  const template = Object.keys(document.paths).find((each) => toPattern(each).test(path.split('?')[0] ?? ''));
  const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
  const found = template === undefined ? undefined : document.paths[template]?.[verb]?.responses[status];
  if (template !== undefined && found !== undefined)
    return '$ref' in found
      ? { pointer: found.$ref.slice(1), response: resolve(document, found) }
      : { pointer: `/paths/${escape(template)}/${verb}/responses/${status}`, response: found };
  const isOperation = template !== undefined && document.paths[template]?.[verb] !== undefined;
  const name = isOperation ? undefined : ANYWHERE[status];
  const response = name === undefined ? undefined : document.components.responses[name];
  return name === undefined || response === undefined
    ? undefined
    : { pointer: `/components/responses/${name}`, response };
}

function checkHeaders(
  document: OpenapiDocument,
  response: ResponseObject,
  { headers, said }: { headers: Headers; said: string },
): void {
  for (const [name, header] of Object.entries(response.headers ?? {})) {
    const { required, schema } = '$ref' in header ? resolve<HeaderObject>(document, header) : header;
    const value = headers.get(name);
    assert.ok(value !== null || required !== true, `${said}: the header ${name} is missing`);
    const { pattern, const: only } = schema as { pattern?: string; const?: string };
    if (value !== null && pattern !== undefined)
      assert.match(value, new RegExp(pattern, 'u'), `${said}: ${name}`);
    if (value !== null && only !== undefined) assert.equal(value, only, `${said}: ${name}`);
  }
}

/** Follows a reference within the document. */
export function resolve<T = ResponseObject>(document: object, { $ref }: Reference): T {
  const steps = $ref.replace(/^#\//, '').split('/');
  const found = steps.reduce<unknown>(
    (at, step) =>
      (at as Record<string, unknown> | undefined)?.[step.replaceAll('~1', '/').replaceAll('~0', '~')],
    document,
  );
  assert.ok(found !== undefined, `${$ref} leads nowhere`);
  return found as T;
}

function toPattern(template: string): RegExp {
  const escaped = template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${escaped}/?$`);
}

function escape(step: string): string {
  return step.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D');
}
