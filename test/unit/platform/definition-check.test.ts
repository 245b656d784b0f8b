// Schemas, mappings and rules that contradict one another are told in one sentence each.
import assert from 'node:assert/strict';
import type { Definitions, Mapping, RecordSchema } from '../../../src/core/definitions.js';
import { contradictions } from '../../../src/platform/definition-check.js';
import { loadDefinitions } from '../../../src/platform/definitions.js';

const TYPE = 'administrative-penalty';

describe('the definitions', () => {
  const definitions = loadDefinitions();
  const schema = definitions.types.get(TYPE) as RecordSchema;
  const mapping = definitions.mappings.get(`${TYPE}-2020`) as Mapping;
  const withType = (change: Partial<RecordSchema>): string[] =>
    contradictions({ ...definitions, types: new Map(definitions.types).set(TYPE, { ...schema, ...change }) });
  const withMapping = (change: Partial<Mapping>): string[] =>
    contradictions({
      ...definitions,
      mappings: new Map(definitions.mappings).set(mapping.id, { ...mapping, ...change }),
    } satisfies Definitions);
  const withField = (change: object): string[] =>
    withType({
      properties: { ...schema.properties, remarks: { ...schema.properties['remarks'], ...change } as never },
    });

  it('of this package do not contradict one another', () => {
    assert.deepEqual(contradictions(definitions), []);
  });

  it('name fields, lists and rules that are there', () => {
    const at = `schemas/${TYPE}.schema.json`;
    assert.deepEqual(withField({ codeList: 'none' }), [`${at}, remarks: there is no code list none`]);
    for (const keyword of ['notBefore', 'notAfter', 'notMoreThan', 'idTypeField'])
      assert.deepEqual(withField({ [keyword]: 'none' }), [`${at}, remarks: there is no field none`], keyword);
    assert.deepEqual(withType({ required: [...schema.required, 'none'] }).slice(0, 1), [
      `${at}, required: there is no field none`,
    ]);
    assert.deepEqual(withType({ quality: { none: 'error' } }), [
      `${at}, quality: there is no rule none in quality-rules.json`,
    ]);
    assert.deepEqual(withType({ quality: { kindNotAnnotated: 'error' } }), [
      `${at}, quality: the rule kindNotAnnotated is about licenceKind, which the type has not`,
    ]);
    assert.deepEqual(withType({ identity: { columns: ['remarks'], name: 'counterpartName' } }), [
      `${at}, identity: remarks must be a required field`,
    ]);
  });

  it('say of every field what templates and the protection of persons need', () => {
    const at = `schemas/${TYPE}.schema.json, remarks`;
    assert.deepEqual(withField({ titleZh: '' }), [`${at}: it needs title and titleZh`]);
    assert.deepEqual(withField({ maxLength: undefined }), [`${at}: it needs a maxLength`]);
    const needed = [`${at}: an ID number needs personal: true and idTypeField`];
    assert.deepEqual(withField({ normalise: 'id-number' }), needed);
    assert.deepEqual(withField({ normalise: 'id-number', personal: true }), needed);
    const idTypeField = 'counterpartIdType';
    assert.deepEqual(withField({ normalise: 'id-number', personal: true, idTypeField }), []);
  });

  it('ask nothing of a value that can never be there', () => {
    const at = `schemas/${TYPE}.schema.json, allOf`;
    const when = (field: string, condition: object): string[] =>
      withType({ allOf: [{ if: { properties: { [field]: condition } } }] } as Partial<RecordSchema>);
    const kind = 'counterpartKind';
    assert.deepEqual(when(kind, { const: '自然人' }), []);
    assert.deepEqual(when(kind, { enum: ['自然人', '企业'] }), [
      `${at}: ${kind} is never 企业, which is not in counterpart-kinds`,
    ]);
    assert.deepEqual(when('none', { const: '自然人' }), [`${at}: there is no field none`]);
  });

  it('give every required field a column, a constant or a derivation, or say that it is lacking', () => {
    const columns = Object.fromEntries(
      Object.entries(mapping.columns).filter(([field]) => field !== 'decisionDate'),
    );
    const at = `mappings/${mapping.id}.yaml`;
    assert.deepEqual(withMapping({ columns }), [
      `${at}: the required field decisionDate has no column, constant or derivation`,
    ]);
    assert.deepEqual(withMapping({ columns, lacks: ['decisionDate'] }), []);
    assert.deepEqual(withMapping({ lacks: ['none'] }), [`${at}: ${TYPE} has no field none`]);
    const instead = [{ field: 'none', when: 'natural-person' }] as const;
    const shared = { official: 'CF_XDR_SHXYM', headings: [], instead };
    assert.deepEqual(withMapping({ columns: { ...mapping.columns, creditCode: shared } }), [
      `${at}: ${TYPE} has no field none`,
    ]);
    const kinds = { ...mapping.columns['penaltyKinds'], listVersion: '1999' } as never;
    assert.deepEqual(withMapping({ columns: { ...mapping.columns, penaltyKinds: kinds } }), [
      `${at}, penaltyKinds: its code list has no version 1999`,
    ]);
  });

  it('give every quality rule a problem that exists', () => {
    const rule = { kind: 'bare-value', field: 'remarks', value: 'x', code: 'none.such' } as never;
    assert.deepEqual(
      contradictions({ ...definitions, qualityRules: new Map(definitions.qualityRules).set('odd', rule) }),
      ['quality-rules.json, odd: there is no problem code none.such'],
    );
  });
});
