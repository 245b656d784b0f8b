import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { ERRORS, type ErrorCode } from '../../../src/core/errors.js';
import type { HttpDeps } from '../../../src/http/deps.js';
import { routes } from '../../../src/http/routes.js';
import { projectRoot } from '../../../src/platform/project-root.js';
import { createOpenapiCheck, openapiDocument, resolve } from '../../helpers/openapi-check.js';

const document = openapiDocument();
const operations = Object.entries(document.paths).flatMap(([at, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ at, method, operation })),
);
const table = routes({} as HttpDeps, new AbortController().signal);
const templateOf = (route: string): string => route.replaceAll(/:(\w+)/g, '{$1}');

/** Walks through everything below a value, with the path to it. */
function walk(value: unknown, visit: (part: Record<string, unknown>, at: string) => void, at = '#'): void {
  if (typeof value !== 'object' || value === null) return;
  visit(value as Record<string, unknown>, at);
  for (const [key, part] of Object.entries(value)) walk(part, visit, `${at}/${key}`);
}

describe('the OpenAPI document', () => {
  it('describes every route of the table', () => {
    for (const { method, path: route } of table)
      assert.ok(document.paths[templateOf(route)]?.[method], `${method} ${route} is not described`);
  });

  it('describes no route that is not in the table', () => {
    const known = new Set(table.map(({ method, path: route }) => `${method} ${templateOf(route)}`));
    for (const { at, method } of operations) assert.ok(known.has(`${method} ${at}`), `${method} ${at}`);
    assert.equal(operations.length, table.length);
  });

  it('names the same callers as the table', () => {
    for (const { method, path: route, callers } of table) {
      const operation = document.paths[templateOf(route)]?.[method];
      assert.deepEqual(
        [operation?.['x-callers'] ?? []].flat().sort(),
        [callers].flat().sort(),
        `${method} ${route}`,
      );
      assert.equal(operation?.security?.length === 0, callers === 'anybody', `${method} ${route}`);
    }
  });

  it('describes a body exactly where the table or the upload takes one', () => {
    for (const { method, path: route, json } of table) {
      const operation = document.paths[templateOf(route)]?.[method] as
        { requestBody?: { required?: boolean; content: object } } | undefined;
      const isUpload = /\/(batches|validations)$/.test(route);
      const expected = isUpload || json === 'required' ? true : json === undefined ? undefined : false;
      assert.equal(operation?.requestBody?.required, expected, `${method} ${route}`);
    }
  });

  it('has an id of its own and a summary in both languages for each operation', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    assert.equal(new Set(ids).size, ids.length);
    for (const { operation } of operations)
      assert.match(operation.summary, /^[\x20-\x7e]+ · .*\p{Script=Han}/u, operation.operationId);
  });

  it('declares every parameter of a path', () => {
    for (const { at, operation } of operations) {
      const parameters = ((operation as { parameters?: object[] }).parameters ?? []).map((each) =>
        '$ref' in each ? resolve<{ name: string; in: string }>(document, each as { $ref: string }) : each,
      ) as { name: string; in: string }[];
      const declared = parameters.filter((each) => each.in === 'path').map(({ name }) => name);
      assert.deepEqual(
        declared,
        [...at.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
        at,
      );
    }
  });

  it('has no reference that leads nowhere, and no part that nothing refers to', () => {
    const referred = new Set<string>();
    walk(document, (part) => {
      if (typeof part['$ref'] !== 'string') return;
      resolve(document, { $ref: part['$ref'] });
      referred.add(part['$ref']);
    });
    // Answers of addresses and methods that are not there belong to no operation.
    for (const name of ['NotFound', 'MethodNotAllowed']) referred.add(`#/components/responses/${name}`);
    for (const [kind, parts] of Object.entries(document.components))
      for (const name of kind === 'securitySchemes' ? [] : Object.keys(parts))
        assert.ok(referred.has(`#/components/${kind}/${name}`), `${kind}/${name}`);
  });

  it('answers every call that needs a key with 401, one of some roles with 403, and one with a body with 408', () => {
    for (const { at, operation } of operations) {
      const needsKey = operation['x-callers'] !== 'anybody';
      assert.equal('401' in operation.responses, needsKey, at);
      assert.equal('403' in operation.responses, needsKey && operation['x-callers'].length < 4, at);
      assert.equal('408' in operation.responses, 'requestBody' in operation, at);
      assert.ok('429' in operation.responses, at);
    }
  });

  it('gives every failure a code of the table of errors, under the status of that code', () => {
    for (const { at, operation } of operations)
      for (const [status, response] of Object.entries(operation.responses)) {
        const { content } = '$ref' in response ? resolve(document, response) : response;
        const schema = content?.['application/problem+json']?.schema as
          { allOf: [object, { properties: { code: { enum?: string[]; const?: string } } }] } | undefined;
        if (schema === undefined) continue;
        const { code } = schema.allOf[1].properties;
        for (const each of code.enum ?? [code.const ?? ''])
          assert.equal(ERRORS[each as ErrorCode].status, Number(status), `${at}: ${each}`);
      }
  });

  it('has examples that fit their schemas', () => {
    const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, strictTypes: false });
    ajvFormats.default(ajv);
    ajv.addFormat('unified-social-credit-code', true);
    ajv.addVocabulary(['openapi', 'info', 'servers', 'security', 'tags', 'paths', 'components']);
    ajv.addSchema(document, 'openapi.json');
    let seen = 0;
    walk(document, (part, at) => {
      const named = Object.values((part['examples'] ?? {}) as Record<string, { value: unknown }>);
      const single = part['example'] === undefined ? [] : [part['example']];
      const examples = [...single, ...named.map(({ value }) => value)];
      if (examples.length === 0 || part['schema'] === undefined) return;
      const schema = JSON.parse(
        JSON.stringify(part['schema']).replaceAll('"#/', '"openapi.json#/'),
      ) as object;
      const validate = ajv.compile(schema);
      for (const example of examples)
        assert.ok(validate(example), `${at}: ${ajv.errorsText(validate.errors)}`);
      seen += examples.length;
    });
    assert.ok(seen > 40, `${seen} examples`);
  });

  for (const [name, file] of [
    ['Notice', 'notice'],
    ['Feedback', 'feedback'],
  ] as const)
    it(`shows the schema that a ${file} is checked against`, () => {
      const schema = JSON.parse(
        readFileSync(path.join(projectRoot, `schemas/${file}.schema.json`), 'utf8'),
      ) as Record<string, unknown>;
      const shown = document.components.schemas[name] as Record<string, unknown>;
      for (const key of ['properties', 'required', 'additionalProperties', 'if', 'then'])
        assert.deepEqual(shown[key], schema[key], key);
    });
});

describe('the check of answers', () => {
  const check = createOpenapiCheck();
  const batch = { method: 'GET', path: '/v1/batches/1', headers: new Headers() };
  const json = new Headers({ 'content-type': 'application/json' });

  it('refuses a status, a media type, a shape and a missing header that are not documented', () => {
    assert.throws(() => check({ ...batch, status: 418, text: '' }), /418 is not documented/);
    assert.throws(() => check({ ...batch, status: 200, text: '{}' }), /media type/);
    assert.throws(() => check({ ...batch, status: 200, headers: json, text: '{}' }), /required property/);
    const livez = { ...batch, path: '/livez', status: 200, headers: json };
    check({ ...livez, text: '{"status":"ok"}' });
    assert.throws(() => check({ ...livez, text: '{"status":"ok","more":1}' }), /additional properties/);
    assert.throws(() => check({ ...batch, status: 401, text: '{}' }), /WWW-Authenticate is missing/);
  });
});
