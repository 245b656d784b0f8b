import assert from 'node:assert/strict';
import { readMembers } from '../../../src/core/flat-json.js';

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
    Object.entries(JSON.parse(json) as object).map(([name, value]) => [name, JSON.stringify(value)]);

  it('are those that parsing gives, whatever stands in the texts', () => {
    for (const first of TEXTS)
      for (const second of TEXTS)
        for (const value of [first, [], [first], [first, second], [second, '', first]]) {
          const json = JSON.stringify({ [NAMES[0]!]: value, [NAMES[1]!]: second, [NAMES[2]!]: [second] });
          assert.deepEqual(readMembers(json), byParsing(json), json);
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
      assert.deepEqual(readMembers(json), byParsing(json), json);
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
      assert.throws(() => readMembers(json), SyntaxError, json);
  });
});
