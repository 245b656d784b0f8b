import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import type { Measure, Route } from '../../../src/core/configuration.js';
import { recipientsOf } from '../../../src/notices/route.js';
import { projectRoot } from '../../../src/platform/project-root.js';

function load(name: string): unknown {
  const value: unknown = parse(readFileSync(path.join(projectRoot, `config/${name}.yaml`), 'utf8'));
  const schema = readFileSync(path.join(projectRoot, `schemas/config/${name}.schema.json`), 'utf8');
  const validate = new Ajv2020({ allErrors: true }).compile(JSON.parse(schema) as object);
  assert.ok(validate(value), JSON.stringify(validate.errors));
  return value;
}

describe('routing', () => {
  it('names each agency once, whichever routes lead to it', () => {
    const routes = [
      { measures: ['a', 'b'], agencies: ['x', 'y'] },
      { measures: ['b'], agencies: ['y', 'w'] },
    ];
    assert.deepEqual(recipientsOf('b', routes), ['w', 'x', 'y']);
    assert.deepEqual(recipientsOf('c', routes), []);
  });

  it('of the sample district leads every permitted measure to somebody, and no other', () => {
    const measures = (load('measures') as Measure[]).map((measure) => measure.id);
    const routes = load('routes') as Route[];
    for (const id of measures) assert.ok(recipientsOf(id, routes).length > 0, id);
    for (const id of routes.flatMap((route) => route.measures)) assert.ok(measures.includes(id), id);
    assert.equal(new Set(measures).size, measures.length);
  });
});
