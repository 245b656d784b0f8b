// One JSON object as keys and values: what JSON.parse takes is taken, and what it loses is kept.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isGatewayError } from '../../../src/core/errors.js';
import type { ReadingLimits } from '../../../src/core/reading-limits.js';
import type { KeyedRow } from '../../../src/core/rows.js';
import { createEntryReader } from '../../../src/intake/read-entry.js';
import { LIMITS, UNLIMITED } from '../../helpers/parsed-entries.js';

const read = (text: string, limits: ReadingLimits = LIMITS): KeyedRow => createEntryReader(limits)(text, 7);
const valueOf = (json: string): string | undefined => read(`{"a":${json}}`).values[0];

function faultOf(text: string, limits: ReadingLimits = LIMITS): readonly [string, unknown] {
  try {
    read(text, limits);
  } catch (error) {
    assert.ok(isGatewayError(error), String(error));
    return [error.code, error.details];
  }
  throw new Error('It was read.');
}

describe('an entry of a JSON file', () => {
  it('gives keys and values in the order of the file', () => {
    const entry = read(' { "b" : "x" , "1":"y",\t"a":"" }\r\n');
    assert.deepEqual(entry, { row: 7, keys: ['b', '1', 'a'], values: ['x', 'y', ''] });
    assert.deepEqual(read('{}'), { row: 7, keys: [], values: [] });
  });

  it('resolves escapes, in keys too', () => {
    assert.equal(valueOf('"\\u6d25\\n\\"\\\\\\/ \\ud83d\\ude00"'), '津\n"\\/ 😀');
    assert.deepEqual(read('{"\\u0061":"1"}').keys, ['a']);
    assert.equal(valueOf('"\\\\"'), '\\');
  });

  it('lets NUL and half characters in values pass, for the row to be rejected', () => {
    assert.equal(valueOf('"\\u0000"'), '\u0000');
    assert.equal(valueOf('"\\ud800"'), '\ud800');
    assert.equal(valueOf('"a\ufeffb"'), 'a\ufeffb');
  });

  it('keeps the digits of numbers, and marks where they stand', () => {
    const entry = read('{"a":"1","b":123456789012345678901234567890,"c":0.10,"d":-0,"e":1.50E3}');
    assert.deepEqual(entry.values, ['1', '123456789012345678901234567890', '0.10', '-0', '1500']);
    assert.deepEqual(entry.numbers, [1, 2, 3, 4]);
  });

  it('writes words as they are, and null as nothing', () => {
    assert.deepEqual([valueOf('true'), valueOf('false'), valueOf('null')], ['true', 'false', '']);
  });

  it('joins lists of plain values, and marks numbers in them', () => {
    const entry = read('{"a":["x", "y",null,true],"b":[1,2],"c":[]}');
    assert.deepEqual(entry.values, ['x;y;;true', '1;2', '']);
    assert.deepEqual(entry.numbers, [1]);
    assert.equal(entry.nested, undefined);
  });

  it('marks what is no cell, and gives no text for it', () => {
    const entry = read('{"a":{"x":1},"b":"z","c":[["y"]],"d":["u",{"v":2}],"e":{}}');
    assert.deepEqual(entry.values, ['', 'z', '', '', '']);
    assert.deepEqual(entry.nested, [0, 2, 3, 4]);
    assert.equal(entry.numbers, undefined);
  });

  it('refuses a key that stands twice, at any depth and however it is written', () => {
    assert.deepEqual(faultOf('{"a":"1","b":"2","a":"1"}'), ['file.key-repeated', { row: 7, key: 'a' }]);
    assert.deepEqual(faultOf('{"a":"1","\\u0061":"2"}'), ['file.key-repeated', { row: 7, key: 'a' }]);
    assert.deepEqual(faultOf('{"z":[{"k":{"a":1,"a":2}}]}'), ['file.key-repeated', { row: 7, key: 'a' }]);
    assert.deepEqual(read('{"z":[{"a":1},{"a":2}],"a":3}').keys, ['z', 'a'], 'in two objects');
  });

  it('refuses a repeated key behind entries with the same keys', () => {
    const reader = createEntryReader(LIMITS);
    reader('{"a":"1","b":"2"}', 1);
    for (const text of ['{"a":"1","a":"2"}', '{"a":"1","b":"2","a":"3"}', '{"b":"1","a":"2","b":"3"}'])
      assert.throws(() => reader(text, 2), { code: 'file.key-repeated' });
  });

  it('shows keys shortened and without personal numbers', () => {
    const [, long] = faultOf(`{"${'x'.repeat(300)}":1,"${'x'.repeat(300)}":1}`);
    assert.deepEqual(long, { row: 7, key: `${'x'.repeat(40)}…` });
    const [, personal] = faultOf('{"证件110101199003070011":1,"证件110101199003070011":1}');
    assert.deepEqual(personal, { row: 7, key: '证件110*************11' });
  });

  it('refuses __proto__ and keys that cannot be stored', () => {
    for (const key of ['__proto__', '\\u005f_proto__', '\\u0000', '\\udc00', 'x'.repeat(1001)]) {
      assert.equal(faultOf(`{"${key}":1}`)[0], 'file.key-not-allowed', key.slice(0, 20));
      assert.equal(faultOf(`{"a":{"${key}":1}}`)[0], 'file.key-not-allowed', key.slice(0, 20));
    }
  });

  it('takes constructor and prototype for keys like others', () => {
    const entry = read('{"constructor":"1","prototype":"2","toString":"3"}');
    assert.deepEqual(entry.values, ['1', '2', '3']);
    assert.deepEqual(read('{"constructor":{"prototype":{"x":1}}}').nested, [0]);
    assert.equal(({} as Record<string, unknown>)['x'], undefined);
  });

  it('refuses what is no JSON', () => {
    const bad = [
      '',
      '[]',
      '"a"',
      '{',
      '{"a"}',
      '{"a":}',
      '{"a":1,}',
      '{,}',
      '{"a":1 "b":2}',
      "{'a':1}",
      '{a:1}',
    ];
    const values = [
      '01',
      '1.',
      '.5',
      '+1',
      '0x1',
      'NaN',
      'Infinity',
      'True',
      'nul',
      '[1,]',
      '[1',
      '"a',
      '"\\x"',
    ];
    const more = ['{"a":1}}', '{"a":1} x', '{"a":1}{"a":1}', '{"a":1/**/}', '\ufeff{"a":1}', '{"a":\u00a01}'];
    for (const text of [
      ...bad,
      ...values.map((value) => `{"a":${value}}`),
      ...more,
      '{"a":"x\ny"}',
      '{"a":"\t"}',
    ])
      assert.deepEqual(faultOf(text), ['file.malformed', { row: 7 }], text);
  });

  it('calls a text that stops at the end of the file truncated', () => {
    const whole = '{"a":"x\\u0041","b":[1,{"c":true}],"d":-1.5e3,"e":null}';
    for (let length = 1; length < whole.length; length += 1)
      assert.throws(() => createEntryReader(LIMITS)(whole.slice(0, length), 7, true), {
        code: 'file.truncated',
      });
  });

  it('is held to the columns, the cell length and the nesting of its source', () => {
    const keys = '{"a":"1","b":"2","c":"3"}';
    assert.deepEqual(faultOf(keys, { ...LIMITS, maxColumns: 2 }), [
      'file.too-large',
      { limit: 'maxColumns', most: 2, row: 7 },
    ]);
    assert.deepEqual(faultOf('{"a":["12345","67890"]}', { ...LIMITS, maxCellCharacters: 10 }), [
      'file.limit-exceeded',
      { limit: 'maxCellCharacters', most: 10, row: 7 },
    ]);
    const deep = `{"a":${'['.repeat(20)}${']'.repeat(20)}}`;
    assert.deepEqual(faultOf(deep), ['file.limit-exceeded', { limit: 'maxDepth', most: 16, row: 7 }]);
    assert.equal(read(`{"a":${'['.repeat(15)}${']'.repeat(15)}}`).nested?.length, 1);
    for (const text of [keys, '{"a":["12345","67890"]}', deep])
      assert.equal(read(text, UNLIMITED).row, 7, 'with the limits lifted');
  });

  it('stops at the nesting limit before the stack does', () => {
    const deep = `{"a":${'['.repeat(500_000)}`;
    assert.equal(faultOf(deep)[0], 'file.limit-exceeded');
    assert.throws(() => read(deep, UNLIMITED), RangeError, 'with the limit lifted');
  });
});

describe('entries of one file', () => {
  it('with the same keys share their list', () => {
    const reader = createEntryReader(LIMITS);
    const first = reader('{"a":"1","b":"2"}', 1);
    assert.equal(reader('{ "a" : "3", "b" : "4" }', 2).keys, first.keys);
  });

  it('may leave keys out, add some and change their order', () => {
    const reader = createEntryReader(LIMITS);
    const texts = [
      '{"a":"1","b":"2","c":"3"}',
      '{"a":"1","c":"3"}',
      '{"c":"3"}',
      '{"x":"9","a":"1"}',
      '{"c":"3","b":"2"}',
    ];
    for (const text of texts) assert.deepEqual(asObject(reader(text, 1)), JSON.parse(text));
  });

  it('do not mistake the beginning of a key for a key', () => {
    const reader = createEntryReader(LIMITS);
    reader('{"a":"1","a\\"b":"2"}', 1);
    assert.deepEqual(reader('{"ab":"1","a\\"":"2"}', 2).keys, ['ab', 'a"']);
  });

  it('read as JSON.parse reads them, one after the other', () => {
    const key = fc.oneof(
      fc.constantFrom('a', 'b', 'c', '名称', '__x'),
      fc.string({ maxLength: 8, unit: 'grapheme' }),
    );
    const entry = fc.dictionary(key, fc.oneof(fc.string(), fc.string({ unit: 'grapheme' })), { maxKeys: 6 });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), fc.boolean(), (entries, isWide) => {
        const reader = createEntryReader(LIMITS);
        for (const value of entries) {
          if ('__proto__' in Object.fromEntries(Object.entries(value))) continue;
          if (Object.keys(value).some((each) => /[\u0000-\u001f\u007f]/.test(each))) continue;
          const text = JSON.stringify(value, null, isWide ? 2 : undefined);
          assert.deepEqual(asObject(reader(text, 1)), { ...value });
        }
      }),
    );
  });

  it('are taken exactly where JSON.parse takes them', () => {
    const part = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      '"a"',
      '"b"',
      ':',
      ',',
      '\\',
      ' ',
      '\n',
      '1',
      '-',
      '0',
      '.',
      'e',
      'null',
      'true',
    );
    const noise = fc.array(part, { maxLength: 8 }).map((parts) => `{"k":${parts.join('')}}`);
    const damaged = fc.tuple(fc.json({ maxDepth: 2 }), fc.nat(), part).map(([json, at, mark]) => {
      const text = `{"k":${json}}`;
      const place = at % (text.length + 1);
      return text.slice(0, place) + mark + text.slice(place);
    });
    fc.assert(
      fc.property(fc.oneof(noise, damaged), (text) => {
        const fault = attempt(() => read(text));
        if (fault === 'file.key-repeated' || fault === 'file.key-not-allowed') return;
        const isJson = attempt(() => JSON.parse(text)) === undefined;
        assert.equal(fault === undefined, isJson, text);
      }),
      { numRuns: 2000 },
    );
  });
});

function asObject({ keys, values }: KeyedRow): Record<string, string> {
  return Object.fromEntries(keys.map((key, i) => [key, values[i] ?? '']));
}

function attempt(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return isGatewayError(error) ? error.code : 'error';
  }
}
