// One object a line: entries are counted, not lines, and those before a fault are given before it.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseNdjson } from '../../../src/intake/parse-ndjson.js';
import { MAX_ROW_CHARACTERS } from '../../../src/intake/row-length.js';
import {
  failure,
  flood,
  inPieces,
  LIMITS,
  pairs,
  readSoFar,
  type ReadSoFar,
} from '../../helpers/parsed-entries.js';

const read = (text: string, size?: number): Promise<ReadSoFar> =>
  readSoFar(parseNdjson(inPieces(text, size), LIMITS));
const line = (n: number): string => `{"n":"${n}","名称":"津"}`;
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => line(from + i)).join('\n');

describe('NDJSON', () => {
  it('passes blank lines over and numbers entries', async () => {
    const { entries } = await read(`\n${line(1)}\r\n \n\n${line(2)}\n${line(3)}`);
    assert.deepEqual(
      entries.map(({ row, values }) => [row, values[0]]),
      [
        [1, '1'],
        [2, '2'],
        [3, '3'],
      ],
    );
    assert.deepEqual((await read('\n \n')).entries, []);
  });

  it('reads the same whatever the pieces', async () => {
    const text = '{"a":"\\"\\\\n","b":[1,2]}\r\n\n{"a":"😀津","c":null}\n{"a":"x"}';
    const whole = pairs((await read(text)).entries);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: text.length }), async (size) => {
        assert.deepEqual(pairs((await read(text, size)).entries), whole);
      }),
    );
  });

  it('gives the rows before a broken line, then its row', async () => {
    for (const broken of [
      '{"a":}',
      '[1]',
      '"x"',
      'garbage',
      '{"a":1} {"b":2}',
      '{"a":1},',
      '{"a":"1"',
      'null',
    ]) {
      const result = await read(`${lines(1, 5000)}\n${broken}\n${lines(5001, 5010)}`);
      assert.equal(result.entries.length, 5000, broken);
      assert.deepEqual(failure(result), ['file.malformed', 5001], broken);
    }
  });

  it('calls a file truncated that stops within its last line', async () => {
    const text = lines(1, 3);
    for (const cut of [1, 2, 10, line(3).length - 1]) {
      const result = await read(text.slice(0, text.length - cut));
      assert.deepEqual([result.entries.length, ...failure(result)], [2, 'file.truncated', 3], String(cut));
    }
    assert.deepEqual(failure(await read(`${lines(1, 2)}\nx`)), ['file.malformed', 3]);
    assert.deepEqual(failure(await read(`${lines(1, 2)}\n}`)), ['file.malformed', 3]);
    assert.deepEqual(
      failure(await read(`${lines(1, 2)}\n{"a":"1"\n`)),
      ['file.malformed', 3],
      'a whole line',
    );
  });

  it('takes entries up to the longest row, and stops at a longer one at once', async () => {
    const longest = `{"a":1,"b":{"c":"${'x'.repeat(MAX_ROW_CHARACTERS - 20)}"}}`;
    assert.equal(longest.length, MAX_ROW_CHARACTERS);
    const taken = await read(`${line(1)}\n${longest}\n${line(3)}`);
    assert.equal(taken.entries.length, 3, 'at the limit');
    const refused = await read(`${line(1)}\n${longest} \n${line(3)}`);
    assert.deepEqual([refused.entries.length, ...failure(refused)], [1, 'file.row-too-long', 2]);
  });

  it('asks for no more than the longest row and a piece where a line does not end', async () => {
    const { text, taken } = flood(`${line(1)}\n{"a":"`, 'x'.repeat(65_536), 1600);
    const result = await readSoFar(parseNdjson(text, LIMITS));
    assert.deepEqual([result.entries.length, ...failure(result)], [1, 'file.row-too-long', 2]);
    assert.ok(taken() <= 17, `took ${taken()} pieces`);
  });

  it('takes a byte order mark within the file for what it is', async () => {
    assert.deepEqual(failure(await read(`${line(1)}\n{\ufeff"a":1}`)), ['file.malformed', 2]);
  });
});
