// Each kind of quality rule, as data of a small type.
import assert from 'node:assert/strict';
import type { CodeList, QualityRule } from '../../../src/core/definitions.js';
import { judgeSmall } from '../../helpers/small-type.js';
import { startProcessorWatch } from '../../helpers/processor-time.js';

const AMOUNT = { normalise: 'amount', format: 'amount-yuan' } as const;
const DATE = { normalise: 'date', format: 'date' } as const;

describe('a quality rule', () => {
  const one = (rule: QualityRule, fields: Record<string, object>, row: Record<string, string>) =>
    judgeSmall({ fields, rules: { rule } }, row);

  it('expects a field where another has a value, or a list that holds it', () => {
    const rule = {
      kind: 'expected',
      field: 'fine',
      when: { field: 'other', is: '罚款' },
      code: 'value.expected',
    } as const;
    assert.deepEqual(one(rule, { fine: {} }, { other: '罚款' }).codes, ['value.expected']);
    assert.deepEqual(one(rule, { fine: {} }, { other: '罚款', fine: '1' }).codes, []);
    assert.deepEqual(one(rule, { fine: {} }, { other: '警告' }).codes, []);
  });

  it('warns of a value without a note', () => {
    const rule = {
      kind: 'bare-value',
      field: 'other',
      value: '其他',
      code: 'licence.kind-not-annotated',
    } as const;
    assert.deepEqual(one(rule, {}, { other: '其他' }).codes, ['licence.kind-not-annotated']);
    assert.deepEqual(one(rule, {}, { other: '其他-补发' }).codes, []);
  });

  it('holds a code against that of the agency', () => {
    const rule = { kind: 'agency-code', field: 'other', code: 'record.other-source-unit' } as const;
    assert.deepEqual(one(rule, {}, { other: '12120116MB0CCC122Q' }).codes, []);
    assert.deepEqual(one(rule, {}, { other: '91120116MA05AAA15W' }).codes, ['record.other-source-unit']);
  });

  it('holds the kind of a counterpart against its code, and looks at the organisation code within', () => {
    const kinds = {
      kind: 'kind-and-code',
      field: 'other',
      codeField: 'code',
      code: 'subject.kind-and-code',
    } as const;
    const fits = (other: string, code: string) => one(kinds, { code: {} }, { other, code }).codes;
    assert.deepEqual(fits('个体工商户', '92120116MA05BBB28Q'), []);
    assert.deepEqual(fits('个体工商户', '91120116MA05AAA15W'), ['subject.kind-and-code']);
    assert.deepEqual(fits('法人及非法人组织', '92120116MA05BBB28Q'), ['subject.kind-and-code']);
    assert.deepEqual(fits('个体工商户', '00000000000000000X'), []);
    const part = { kind: 'organisation-part', field: 'other', code: 'code.organisation-part' } as const;
    assert.deepEqual(one(part, {}, { other: '91310000MA1K000006' }).codes, ['code.organisation-part']);
    assert.deepEqual(one(part, {}, { other: '91120116MA05AAA15W' }).codes, []);
  });

  it('is set to error or off by its source', () => {
    const rules = {
      bare: { kind: 'bare-value', field: 'other', value: '其他', code: 'licence.kind-not-annotated' },
    } as const;
    const rejected = judgeSmall({ rules, context: { quality: { bare: 'error' } } }, { other: '其他' });
    assert.deepEqual([rejected.print, rejected.problems[0]?.severity], [undefined, 'error']);
    assert.deepEqual(
      judgeSmall({ rules, context: { quality: { bare: 'off' } } }, { other: '其他' }).codes,
      [],
    );
  });
});

describe('the amount in a text', () => {
  const codes = (text: string, fine: string): readonly string[] =>
    judgeSmall(
      {
        fields: { fine: AMOUNT },
        rules: {
          rule: {
            kind: 'amount-in-text',
            field: 'fine',
            text: 'other',
            after: '罚款',
            code: 'amount.differs-from-text',
          },
        },
      },
      { other: text, fine },
    ).codes;

  it('is held against the column, in yuan and in 万元', () => {
    for (const text of ['罚款5万元', '警告，并处罚款人民币50,000元整', '罚款5.0万元', '罚款50000元'])
      assert.deepEqual(codes(text, '50000'), [], text);
    for (const text of ['罚款5元', '罚款6万元', '罚款人民币50,001元'])
      assert.deepEqual(codes(text, '50000'), ['amount.differs-from-text'], text);
  });

  it('says nothing where it is not plain which amount is meant', () => {
    for (const text of ['罚款', '罚款伍万元', '对甲罚款1万元，对乙罚款4万元', '没收5元'])
      assert.deepEqual(codes(text, '50000'), [], text);
    assert.deepEqual(codes('罚款5万元', ''), []);
  });

  it('is found in linear time', () => {
    const processorMs = startProcessorWatch();
    codes(`${'罚款1,'.repeat(30)}${'罚款9'.repeat(20)}`, '1');
    assert.ok(processorMs() < 500);
  });
});

const KINDS = { type: 'array', normalise: 'multi-list', codeList: 'kinds' } as const;

describe('a list by date', () => {
  const version = (
    id: string,
    from: string | undefined,
    values: readonly string[],
  ): CodeList['versions'][number] => ({
    id,
    ...(from === undefined ? {} : { from }),
    values: values.map((value) => ({ value, codes: [], spellings: [] })),
  });
  const kinds: CodeList = {
    id: 'kinds',
    title: 'Kinds',
    titleZh: '种类',
    versions: [version('old', undefined, ['警告', '旧类']), version('new', '2021-07-15', ['警告', '新类'])],
  };
  const judge = (value: string, day: string) =>
    judgeSmall(
      {
        fields: {
          kinds: KINDS,
          day: DATE,
        },
        root: {},
        codeLists: [kinds],
        rules: {
          rule: {
            kind: 'list-by-date',
            field: 'kinds',
            codeList: 'kinds',
            date: 'day',
            code: 'value.not-in-force',
          },
        },
      },
      { kinds: value, day },
    );

  it('takes the version in force on the day, from its first day on', () => {
    assert.deepEqual(judge('警告;旧类', '2021-07-14').codes, []);
    assert.deepEqual(judge('警告;新类', '2021-07-15').codes, []);
    assert.deepEqual(
      judge('警告;旧类', '2021-07-15').problems.map(({ details }) => details),
      [{ values: '旧类' }],
    );
    assert.deepEqual(judge('新类', '2021-07-14').codes, ['value.not-in-force']);
    assert.deepEqual(judge('新类', '').codes, []);
    assert.deepEqual(judge('不是种类', '2026-01-01').codes, ['value.not-in-list']);
    assert.deepEqual(judge('新类', '01/02/2021').codes, ['date.ambiguous']);
  });
});
