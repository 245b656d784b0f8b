// One column for the numbers of persons and the codes of organisations: each row decides whose number it holds.
import assert from 'node:assert/strict';
import type { Source } from '../../../src/core/configuration.js';
import type { ColumnRule } from '../../../src/core/definitions.js';
import { planPull } from '../../../src/intake/front-end/pull-plan.js';
import { loadDefinitions } from '../../../src/platform/definitions.js';
import type { Column } from '../../../src/platform/front-end/front-end.js';
import { compileOfficial } from '../../../src/records/official-columns.js';
import { officialText } from '../../helpers/official-text.js';
import { judgeSmall } from '../../helpers/small-type.js';

const PERSON = '120116190001010010';
const CODE = '91120116MA05AAA15W';
const DIGITS_ALONE = '911100001000044477';
const KINDS = {
  id: 'kinds',
  title: 'Kinds',
  titleZh: '类别',
  versions: [
    {
      id: '1',
      values: [
        { value: '法人及非法人组织', codes: ['02'], spellings: [] },
        { value: '自然人', codes: ['01'], spellings: [] },
      ],
    },
  ],
};
const own = (official: string): ColumnRule => ({ official, headings: [] });
const columns: Readonly<Record<string, ColumnRule>> = {
  ...Object.fromEntries(['number', 'counterpartName', 'other', 'counterpartKind'].map((f) => [f, own(f)])),
  organisationCode: own('organisationCode'),
  creditCode: {
    official: 'CODE',
    headings: [],
    instead: [
      { field: 'counterpartIdNumber', when: 'natural-person' },
      { field: 'organisationCode', when: 'organisation-code' },
    ],
  },
};
const small = {
  fields: {
    counterpartKind: { normalise: 'list', codeList: 'kinds' },
    creditCode: { normalise: 'code', format: 'unified-social-credit-code' },
    organisationCode: { normalise: 'code', format: 'organisation-code' },
    counterpartIdNumber: { normalise: 'id-number', personal: true, maxLength: 18 },
  },
  codeLists: [KINDS],
  mapping: { columns },
} as const;

function placed(row: Readonly<Record<string, string>>): unknown[] {
  const { data } = judgeSmall(small, row);
  return [data['creditCode'], data['organisationCode'], data['counterpartIdNumber']];
}

describe('a column that stands for several fields', () => {
  it('gives its value to the person where the kind says so, also as a code', () => {
    for (const counterpartKind of ['自然人', '01'])
      assert.deepEqual(placed({ counterpartKind, CODE: PERSON }), [
        undefined,
        undefined,
        '120*************10',
      ]);
  });

  it('keeps it where the kind is another, and lets it be judged there', () => {
    assert.deepEqual(placed({ counterpartKind: '法人及非法人组织', CODE }), [CODE, undefined, undefined]);
    const { problems } = judgeSmall(small, { counterpartKind: '法人及非法人组织', CODE: PERSON });
    assert.deepEqual(
      problems.map(({ code, column }) => [code, column]),
      [['code.unified-social-credit', 'CODE']],
    );
  });

  it('tells an ID number by its form where there is no kind', () => {
    assert.deepEqual(placed({ CODE: PERSON }), [undefined, undefined, '120*************10']);
    assert.deepEqual(placed({ CODE: DIGITS_ALONE }), [DIGITS_ALONE, undefined, undefined]);
  });

  it('gives nine characters, with hyphen or without, to the organisation code', () => {
    for (const text of ['M000100Y4', 'm000100y-4', 'Ｍ０００１００Ｙ４'])
      assert.deepEqual(placed({ CODE: text }), [undefined, 'M000100Y4', undefined], text);
  });

  it('takes nothing away from a field that has a value of its own', () => {
    const { codes } = judgeSmall(small, { CODE: 'M000100Y4', organisationCode: 'D2143569X' });
    assert.deepEqual(codes, ['code.unified-social-credit']);
  });

  it('names its own heading in a problem of the other field', () => {
    const { problems } = judgeSmall(small, { counterpartKind: '自然人', CODE: `${PERSON}0` });
    assert.deepEqual(
      problems.map(({ code, column }) => [code, column]),
      [['value.too-long', 'CODE']],
    );
  });
});

describe('the column of twenty that holds who gives a commitment', () => {
  const definitions = loadDefinitions();

  it('holds the number of a person on the way out as well', () => {
    const record = { counterpartKind: '自然人', counterpartIdType: '身份证', counterpartIdNumber: PERSON };
    const official = officialText(compileOfficial(definitions)('credit-commitment', '2026'), record);
    assert.deepEqual(JSON.parse(official), { CN_CNR_LB: '自然人', CN_CNR_DM: PERSON });
  });

  it('is part of the identity by which a row of a front-end database is withdrawn', () => {
    const names = ['id', 'updated', 'CN_CNBM', 'CN_CNR_MC', 'CN_CNR_LB', 'CN_CNR_DM'];
    const all = names.map((name) => ({ name, kind: name === 'updated' ? 'time' : 'text' }) as Column);
    const source: Source = {
      id: 'cases',
      agency: 'cases',
      type: 'credit-commitment',
      mappings: ['credit-commitment-2026'],
      databasePull: {
        kind: 'postgres',
        urlFile: '/none',
        table: 'commitments',
        keyColumns: ['id'],
        cursor: { column: 'updated', kind: 'time', overlap: 60 },
        schedule: '0 0 * * * *',
        withdrawsMissing: true,
      },
    };
    const { withdrawal } = planPull(source, all, definitions);
    assert.ok(withdrawal);
    assert.equal(withdrawal.idNumberCell, 5);
    assert.deepEqual([...withdrawal.sealedCells].sort(), [2, 3, 4, 5]);
  });
});
