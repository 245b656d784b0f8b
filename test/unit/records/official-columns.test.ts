import assert from 'node:assert/strict';
import { canonicalJson } from '../../../src/core/canonical-json.js';
import { addText, growingBytes, writtenBytes } from '../../../src/core/growing-bytes.js';
import { loadDefinitions } from '../../../src/platform/definitions.js';
import { compileOfficial } from '../../../src/records/official-columns.js';
import { officialText } from '../../helpers/official-text.js';

describe('a record in official columns', () => {
  const official = compileOfficial(loadDefinitions());
  const toOfficial = (type: string, version: string, record: object): string =>
    officialText(official(type, version), record);
  const record = {
    decisionDocumentNumber: '津滨罚〔2026〕1号',
    counterpartName: '甲"乙\\丙\u0001\u2028𠮷',
    fineAmount: '20000.00',
    penaltyKinds: ['警告', '罚款'],
    decisionDate: '2026-07-01',
  };

  it('is JSON in the form of RFC 8785, whichever fields come first', () => {
    const forth = toOfficial('administrative-penalty', '2020', record);
    const back = Object.fromEntries(Object.entries(record).reverse());
    assert.equal(toOfficial('administrative-penalty', '2020', back), forth);
    assert.equal(forth, canonicalJson(JSON.parse(forth)));
  });

  it('says the same of a text whether or not it holds an escape', () => {
    const values = (given: object): unknown => {
      const text = toOfficial('administrative-penalty', '2020', { ...record, ...given });
      return Object.values(JSON.parse(text) as object).sort();
    };
    const plain = { counterpartName: '甲', penaltyKinds: ['警告', '罚款'] };
    assert.deepEqual(values(plain), ['2', '2026/07/01', '津滨罚〔2026〕1号', '甲', '警告;罚款'].sort());
    assert.deepEqual(
      values({ counterpartName: '甲\\', penaltyKinds: ['警"告', '罚款'] }),
      ['2', '2026/07/01', '津滨罚〔2026〕1号', '甲\\', '警"告;罚款'].sort(),
    );
  });

  it('has no column of a field that it lacks, though an earlier record had it', () => {
    const { decisionDocumentNumber } = record;
    assert.equal(
      Object.keys(
        JSON.parse(toOfficial('administrative-penalty', '2020', { decisionDocumentNumber })) as object,
      ).length,
      1,
    );
  });

  it('keeps canonical names where the version has no table, in any order of learning', () => {
    const names = ['z', 'a', 'é', '一', 'B'];
    for (const name of names) toOfficial('unknown', 'canonical', { [name]: '1' });
    const all = Object.fromEntries(names.map((name) => [name, name]));
    assert.equal(toOfficial('unknown', 'canonical', all), canonicalJson(all));
    assert.equal(toOfficial('unknown', 'canonical', {}), '{}');
  });

  it('goes behind what is written already, also where it is longer than the room', () => {
    const out = growingBytes(8);
    addText(out, '前');
    const write = official('administrative-penalty', '2020');
    const long = { ...record, counterpartName: '名'.repeat(500) };
    for (const each of [record, long]) write(Buffer.from(JSON.stringify(each)), out);
    assert.equal(
      writtenBytes(out).toString(),
      `前${[record, long].map((each) => officialText(write, each)).join('')}`,
    );
  });

  it('writes lists and values of every kind as parsing does, dates with strokes', () => {
    for (const kinds of [[], ['警告'], ['a', '"', '\\', '","'], [1, null], [['a']], 7, null])
      for (const [field, column] of [
        ['penaltyKinds', 'CF_CFLB'],
        ['decisionDate', 'CF_JDRQ'],
      ] as const) {
        const written = JSON.parse(
          toOfficial('administrative-penalty', '2020', { [field]: kinds }),
        ) as object;
        const joined = Array.isArray(kinds) ? kinds.join(';') : kinds;
        assert.deepEqual(written, { [column]: joined });
      }
  });
});
