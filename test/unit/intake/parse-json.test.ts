// A JSON file, piece by piece: finds the one array of objects, gives its entries, and holds what is around
// them against the rules too.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ReadingLimits } from '../../../src/core/reading-limits.js';
import { parseJson } from '../../../src/intake/parse-json.js';
import { MAX_ROW_CHARACTERS } from '../../../src/intake/row-length.js';
import {
  failure,
  flood,
  inPieces,
  LIMITS,
  pairs,
  readSoFar,
  UNLIMITED,
  type ReadSoFar,
} from '../../helpers/parsed-entries.js';

interface Reading {
  readonly rowsAt?: readonly string[];
  readonly size?: number;
  readonly limits?: ReadingLimits;
}

function read(text: string, { rowsAt, size, limits = LIMITS }: Reading = {}): Promise<ReadSoFar> {
  return readSoFar(parseJson(inPieces(text, size), { rowsAt }, limits));
}

async function valuesOf(text: string, reading?: Reading): Promise<string[]> {
  const { entries, code } = await read(text, reading);
  assert.equal(code, undefined, text);
  return entries.map(({ values }) => values.join('|'));
}

const NOT_FOUND = 'file.rows-not-found';
const entry = (n: number): string => `{"n":"${n}","名称":"津]}\\"{["}`;
const entries = (count: number): string => Array.from({ length: count }, (_, i) => entry(i + 1)).join(',');

describe('the rows of a JSON file', () => {
  it('are the objects of the array that it is', async () => {
    assert.deepEqual(await valuesOf(' [ {"a":"1"} ,\n{"a":"2"}] \n'), ['1', '2']);
    assert.deepEqual(await valuesOf('[]'), []);
    assert.deepEqual(
      (await read('[{"a":"1"},{"a":"2"}]')).entries.map(({ row }) => row),
      [1, 2],
    );
  });

  it('are those of the array of objects that stands in it, or one level below', async () => {
    assert.deepEqual(await valuesOf('{"code":0,"rows":[{"a":"1"}],"total":1}'), ['1']);
    assert.deepEqual(await valuesOf('{"code":0,"data":{"list":[{"a":"1"}]}}'), ['1']);
    assert.deepEqual(await valuesOf('{"tags":["x","y"],"pairs":[[1],[2]],"rows":[{"a":"1"}],"more":[]}'), [
      '1',
    ]);
    assert.deepEqual(await valuesOf('{"data":[]}'), []);
  });

  it('are not looked for deeper, nor in arrays', async () => {
    for (const text of [
      '{"a":{"b":{"c":[{"x":1}]}}}',
      '[[{"x":1}]]',
      '{"a":[["x",{"y":[{"z":1}]}]]}',
      '{}',
      '"x"',
      '1',
    ])
      assert.equal((await read(text)).code, NOT_FOUND, text);
  });

  it('are not guessed where two arrays could be meant', async () => {
    const result = await read('{"rows":[{"a":"1"}],"errors":[{"b":"2"}]}');
    assert.equal(result.code, NOT_FOUND);
    assert.match(result.message ?? '', /rowsAt/);
    assert.equal((await read('{"rows":[{"a":"1"}],"data":{"list":[{"b":"2"}]}}')).code, NOT_FOUND);
  });

  it('are found at the names of the source, however deep', async () => {
    const text = '{"errors":[{"b":"2"}],"data":{"page":{"items":[{"a":"1"}]}},"数据":[{"c":"3"}]}';
    assert.deepEqual(await valuesOf(text, { rowsAt: ['rows', 'data.page.items'] }), ['1']);
    assert.deepEqual(await valuesOf(text, { rowsAt: ['数据'] }), ['3']);
    assert.deepEqual(await valuesOf(text.replace('数据', '\\u6570\\u636e'), { rowsAt: ['数据'] }), ['3']);
    assert.deepEqual(await valuesOf('[{"a":"1"}]', { rowsAt: ['rows'] }), ['1'], 'or are the file');
    assert.equal((await read(text, { rowsAt: ['rows'] })).code, NOT_FOUND);
    assert.match((await read(text, { rowsAt: ['rows'] })).message ?? '', /at rows/);
    assert.equal((await read(text, { rowsAt: ['errors', '数据'] })).code, NOT_FOUND, 'at one of them only');
  });

  it('are found whatever the pieces', async () => {
    const text = `{"code":0, "说明":"[{\\"", "data":{"list": [ ${entries(3)} ]}, "ok":true}`;
    const whole = pairs((await read(text)).entries);
    assert.equal(whole.length, 3);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: text.length }), async (size) => {
        assert.deepEqual(pairs((await read(text, { size })).entries), whole);
      }),
    );
  });
});

describe('a JSON file that is none', () => {
  it('is malformed at the entry that is no object', async () => {
    for (const item of ['1', '"x"', 'null', '[{"b":1}]', 'NaN', '\ufeff{"b":1}', '// x\n{"b":1}']) {
      assert.deepEqual(failure(await read(`[{"a":"1"},${item}]`)), ['file.malformed', 2], item);
      if (!item.startsWith('['))
        assert.deepEqual(failure(await read(`[${item},{"a":"1"}]`)), ['file.malformed', 1], item);
    }
    assert.deepEqual(failure(await read('{"rows":["x"]}', { rowsAt: ['rows'] })), ['file.malformed', 1]);
  });

  it('is malformed at a comma too much, too few, or a bracket that does not fit', async () => {
    for (const rest of [
      ',]',
      ',,{"a":"2"}]',
      ' {"a":"2"}]',
      '}',
      ',{"a":"2"]]',
      ',{"a":[1}}]',
      ',{"a":"2",}]',
    ])
      assert.deepEqual(failure(await read(`[{"a":"1"}${rest}`)), ['file.malformed', 2], rest);
  });

  it('is malformed where something stands around it', async () => {
    for (const rest of ['] x', '][]', ']]', '],', ']{"b":1}', '] \u00a0'])
      assert.deepEqual(failure(await read(`[{"a":"1"}${rest}`)), ['file.malformed', 2], rest);
    assert.equal((await read('x [{"a":"1"}]')).code, 'file.malformed');
    assert.equal((await read('{"a":1 "rows":[{"a":"1"}]}')).code, 'file.malformed');
  });

  it('gives no row where the text before the first one is no JSON already', async () => {
    for (const head of [
      '{"code":NaN,"rows":[',
      '{"code":0,"rows" [',
      '{,"rows":[',
      '{"a":1}{"rows":[',
      '1 2 {"rows":[',
    ])
      assert.deepEqual(
        await read(`${head}{"a":"1"}]}`).then(({ entries: found, code }) => [found.length, code]),
        [0, 'file.malformed'],
      );
  });

  it('is truncated wherever it stops', async () => {
    const text = `{"code":0,"data":[${entries(2)}],"message":"x"}`;
    for (let length = 1; length < text.length; length += 1)
      assert.equal((await read(text.slice(0, length))).code, 'file.truncated', text.slice(0, length));
  });

  it('gives the rows before the break, wherever the pieces end', async () => {
    for (const size of [64, 1000, 65_536]) {
      const broken = await read(`[${entries(5000)},{"a":}]`, { size });
      assert.deepEqual([broken.entries.length, ...failure(broken)], [5000, 'file.malformed', 5001]);
      const cut = await read(`[${entries(5000)},{"a":"`, { size });
      assert.deepEqual([cut.entries.length, ...failure(cut)], [5000, 'file.truncated', 5001]);
    }
  });

  it('names the first of two faults', async () => {
    assert.deepEqual(failure(await read('[{"a":1,"a":2},{"b":}] x')), ['file.key-repeated', 1]);
    assert.deepEqual(failure(await read('[{"a":1},x,{"a":1,"a":2}]')), ['file.malformed', 2]);
  });
});

describe('the limits of a JSON file', () => {
  const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

  it('count the nesting from the root, around the rows and within', async () => {
    assert.equal((await read(`[{"a":${deep(14)}}]`)).entries.length, 1);
    assert.deepEqual(failure(await read(`[{"a":${deep(15)}}]`)), ['file.limit-exceeded', 1]);
    assert.deepEqual(failure(await read(`{"data":{"list":[{"a":${deep(13)}}]}}`)), [
      'file.limit-exceeded',
      1,
    ]);
    assert.equal((await read(deep(17))).code, 'file.limit-exceeded');
    assert.equal((await read(`{"x":${deep(16)},"rows":[{"a":"1"}]}`)).code, 'file.limit-exceeded');
  });

  it('stop at a depth that no stack would bear', async () => {
    const { text, taken } = flood('[{"a":"1"},{"a":', '['.repeat(65_536), 1000);
    const result = await readSoFar(parseJson(text, { rowsAt: undefined }, LIMITS));
    assert.deepEqual([result.entries.length, ...failure(result)], [1, 'file.limit-exceeded', 2]);
    assert.ok(taken() <= 1);
    const lifted = parseJson(inPieces(`[{"a":${deep(200_000)}}]`), { rowsAt: undefined }, UNLIMITED);
    await assert.rejects(readSoFar(lifted), /Maximum call stack/, 'with the limit lifted');
  });

  it('take entries up to the longest row, and stop at a longer one', async () => {
    const longest = `{"a":{"b":"${'x'.repeat(MAX_ROW_CHARACTERS - 14)}"}}`;
    assert.equal(longest.length, MAX_ROW_CHARACTERS);
    for (const size of [65_536, 4_000_000]) {
      assert.equal((await read(`[{"a":"1"},${longest}]`, { size })).entries.length, 2);
      const result = await read(`[{"a":"1"},${longest.replace('{"b"', '{ "b"')}]`, { size });
      assert.deepEqual([result.entries.length, ...failure(result)], [1, 'file.row-too-long', 2]);
    }
  });

  it('ask for no more than the longest row and a piece, within the rows and around them', async () => {
    const heads = ['[{"a":"', '[{"a":{"b":[1,', '{"a":"', '[{"a":"1"}] "', '{"a":0'];
    for (const head of heads) {
      const piece = head.endsWith(',') ? '1,'.repeat(32_768) : '0'.repeat(65_536);
      const { text, taken } = flood(head, piece, 1600);
      const result = await readSoFar(parseJson(text, { rowsAt: undefined }, LIMITS));
      assert.equal(result.code, 'file.row-too-long', head);
      assert.ok(taken() <= 17, `${head} took ${taken()} pieces`);
    }
  });

  it('do not count white space around the rows', async () => {
    const gap = ' \n'.repeat(MAX_ROW_CHARACTERS);
    assert.deepEqual(
      await valuesOf(`${gap}{${gap}"rows":[${gap}{"a":"1"}${gap},{"a":"2"}${gap}]${gap}}${gap}`),
      ['1', '2'],
    );
  });
});
