import assert from 'node:assert/strict';
import { readMembers, readTexts } from '../../../src/core/flat-json.js';
import type { Span } from '../../../src/core/growing-bytes.js';

const NAMES = ['a', 'name', '名称'];
const TEXTS = [
  '',
  'x',
  '文本',
  ',',
  ':',
  '[',
  ']',
  '{"a":"b"}',
  '","',
  '\\',
  '"',
  '\\"',
  '末\\',
  '\n',
  '\u2028',
  '𠮷',
];

describe('the members of a flat JSON object', () => {
  const byParsing = (json: string): [string, string][] =>
    Object.entries(JSON.parse(json) as object).map(([name, value]) => [
      JSON.stringify(name).slice(1, -1),
      JSON.stringify(value),
    ]);
  const cut = (text: string): [string, string][] => {
    const { json, members } = readMembers(Buffer.from(text));
    const said = ({ from, to }: Span): string => json.toString('utf8', from, to);
    return members.map(({ name, value }) => [said(name), said(value)]);
  };

  it('are those that parsing gives, whatever stands in the texts', () => {
    for (const first of TEXTS)
      for (const second of TEXTS)
        for (const value of [first, [], [first], [first, second], [second, '', first]]) {
          const json = JSON.stringify({ [NAMES[0]!]: value, [NAMES[1]!]: second, [NAMES[2]!]: [second] });
          assert.deepEqual(cut(json), byParsing(json), json);
        }
  });

  it('are those that parsing gives of names, numbers, spaces and depths that records do not have', () => {
    for (const json of [
      '{}',
      '{"a\\"b":"c"}',
      '{"a":1}',
      '{ "a": "b" }',
      '{"a":null,"b":"c"}',
      '{"a":{"b":"c"}}',
      '{"a":[1]}',
      '{"a":["b",["c"]]}',
    ])
      assert.deepEqual(cut(json), byParsing(json), json);
  });

  it('are refused where the text is no JSON', () => {
    for (const json of [
      '',
      '{',
      '{"a"',
      '{"a":',
      '{"a":"b',
      '{"a":["b"',
      '{"a":["b",}',
      '{"a":"b",',
      '{"a":"b"',
    ])
      assert.throws(() => cut(json), SyntaxError, json);
  });

  it('give the texts of a list, and nothing for what is no list of texts', () => {
    const textsOf = (value: unknown): unknown[] | undefined => {
      const { json, members } = readMembers(Buffer.from(JSON.stringify({ value })));
      const texts = readTexts(json, members[0]!.value);
      return texts?.map(({ from, to }) => JSON.parse(json.toString('utf8', from - 1, to + 1)) as unknown);
    };
    for (const first of TEXTS)
      for (const list of [[], [first], [first, ...TEXTS]]) assert.deepEqual(textsOf(list), list);
    for (const value of ['a', 1, null, { a: 'b' }, [1], ['a', 1], ['a', ['b']], [['a']]])
      assert.equal(textsOf(value), undefined, JSON.stringify(value));
  });
});
