// The keywords of the schemas and the ways of a mapping beyond columns, each on a small type.
import assert from 'node:assert/strict';
import { isMore } from '../../../src/core/record-vocabulary.js';
import { judgeSmall } from '../../helpers/small-type.js';

const DATE = { normalise: 'date', format: 'date' } as const;
const AMOUNT = { normalise: 'amount', format: 'amount-yuan' } as const;

describe('the record vocabulary', () => {
  it('holds dates against one another, both ways, and names the columns', () => {
    const fields = {
      begin: { ...DATE, notAfter: 'end' },
      end: { ...DATE, notBefore: 'middle' },
      middle: DATE,
    };
    const days = (begin: string, middle: string, end: string) =>
      judgeSmall({ fields }, { begin, middle, end }).problems.map(({ code, column, details }) => [
        code,
        column,
        details?.['other'],
      ]);
    assert.deepEqual(days('2026-01-01', '2026-01-01', '2026-01-01'), []);
    assert.deepEqual(days('2026-01-02', '', '2026-01-01'), [['date.after', 'begin', 'end']]);
    assert.deepEqual(days('', '2026-01-02', '2026-01-01'), [['date.before', 'end', 'middle']]);
    assert.deepEqual(days('2026-01-02', '', ''), []);
  });

  it('holds amounts against one another without floating point', () => {
    const fields = { part: { ...AMOUNT, notMoreThan: 'whole' }, whole: AMOUNT };
    const codes = (part: string, whole: string) => judgeSmall({ fields }, { part, whole }).codes;
    assert.deepEqual(codes('10', '9'), ['amount.more-than']);
    assert.deepEqual(codes('9', '10'), []);
    assert.deepEqual(codes('9007199254740993', '9007199254740992'), ['amount.more-than']);
    assert.deepEqual(
      [isMore('1.1', '1.09'), isMore('1.1', '1.1'), isMore('1', '1.01')],
      [true, false, false],
    );
  });

  it('knows named lists, and who is entitled to each', () => {
    const small = {
      fields: { list: { namedList: true } },
      context: {
        lists: new Map([
          ['甲名单', true],
          ['乙名单', false],
        ]),
      },
    };
    assert.deepEqual(judgeSmall(small, { list: '甲名单' }).codes, []);
    assert.deepEqual(judgeSmall(small, { list: '乙名单' }).codes, ['list.not-entitled']);
    assert.deepEqual(judgeSmall(small, { list: '丙名单' }).codes, ['list.not-named']);
  });

  it('rejects what must be empty beside another value', () => {
    const root = {
      if: { properties: { other: { const: '全部履行' } }, required: ['other'] },
      then: { properties: { rest: false } },
    };
    const judge = (other: string, rest: string) =>
      judgeSmall({ fields: { rest: {} }, root }, { other, rest });
    assert.deepEqual(judge('全部履行', '').codes, []);
    assert.deepEqual(judge('部分履行', '一半').codes, []);
    const [problem] = judge('全部履行', '一半').problems;
    assert.deepEqual([problem?.code, problem?.column], ['value.must-be-empty', 'rest']);
  });

  it('tells records apart by columns where a type has no document number', () => {
    const root = {
      identity: { columns: ['number', 'other'], name: 'counterpartName' },
      required: ['number', 'other', 'counterpartName'],
    };
    const id = (other: string) => judgeSmall({ root }, { other }).print?.recordId;
    assert.equal(id('一'), id('一'));
    assert.notEqual(id('一'), id('二'));
  });

  it('rejects a kind of counterpart that the catalogue does not allow', () => {
    const context = { counterpartKinds: ['法人及非法人组织'] };
    const list = {
      id: 'kinds',
      title: 'Kinds',
      titleZh: '类别',
      versions: [
        {
          id: '1',
          values: ['法人及非法人组织', '自然人'].map((value) => ({ value, codes: [], spellings: [] })),
        },
      ],
    };
    const withKind = {
      fields: { counterpartKind: { normalise: 'list', codeList: 'kinds' } as const },
      codeLists: [list],
      context,
    };
    assert.deepEqual(judgeSmall(withKind, { counterpartKind: '自然人' }).codes, ['subject.kind-not-allowed']);
    assert.deepEqual(judgeSmall(withKind, { counterpartKind: '法人及非法人组织' }).codes, []);
    const operation = { headings: ['操作'], withdraw: ['撤销'] };
    const withOperation = { ...withKind, mapping: { operation } };
    assert.deepEqual(judgeSmall(withOperation, { counterpartKind: '自然人', 操作: '撤销' }).codes, []);
    const without = { fields: { counterpartIdNumber: { personal: true } }, context };
    assert.deepEqual(judgeSmall(without, { counterpartIdNumber: 'E12345678' }).codes, [
      'subject.kind-not-allowed',
    ]);
    assert.deepEqual(judgeSmall(without, {}).codes, []);
  });
});

describe('a mapping', () => {
  const statuses = {
    id: 'statuses',
    title: 'Statuses',
    titleZh: '状态',
    versions: [
      { id: 'old', values: [{ value: '撤销', codes: ['1'], spellings: [] }] },
      { id: 'new', values: [{ value: '有效', codes: ['1'], spellings: [] }] },
    ],
  };
  const columns = (listVersion?: string) => ({
    number: { official: 'number', headings: [] },
    counterpartName: { official: 'counterpartName', headings: [] },
    other: { official: 'other', headings: [] },
    status: { official: 'status', headings: [], ...(listVersion === undefined ? {} : { listVersion }) },
  });
  const status = (listVersion?: string) =>
    judgeSmall(
      {
        fields: { status: { normalise: 'list', codeList: 'statuses' } },
        codeLists: [statuses],
        mapping: { columns: columns(listVersion) },
      },
      { status: '1' },
    ).data['status'];

  it('reads codes of the version of a list that its column is written in', () => {
    assert.deepEqual([status('old'), status('new')], ['撤销', '有效']);
  });

  it('does not ask for required fields that its column version lacks, and asks for all others', () => {
    const small = { fields: { late: {} }, root: { required: ['number', 'counterpartName', 'late'] } };
    assert.deepEqual(judgeSmall(small, {}).codes, ['value.required']);
    assert.deepEqual(judgeSmall({ ...small, mapping: { lacks: ['late'] } }, {}).codes, []);
    assert.deepEqual(judgeSmall({ ...small, mapping: { lacks: ['late'] } }, { number: '' }).codes, [
      'value.required',
    ]);
  });

  it('takes name and code of the agency where its column version has none', () => {
    const small = {
      fields: { unit: {}, unitCode: {} },
      mapping: { derived: { unit: 'agency-name', unitCode: 'agency-code' } as const },
    };
    const { data } = judgeSmall(small, {});
    assert.deepEqual([data['unit'], data['unitCode']], ['示例部门', '12120116MB0CCC122Q']);
    assert.equal(judgeSmall(small, { unit: '其他部门' }).data['unit'], '其他部门');
  });
});
