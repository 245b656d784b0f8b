// One answer of a service: errors in the clothes of success, rows to the letter, and what no batch could read.
import assert from 'node:assert/strict';
import type { HttpPullSettings } from '../../../../src/core/configuration.js';
import { isGatewayError, type GatewayError } from '../../../../src/core/errors.js';
import { readPage, type Page } from '../../../../src/intake/http-pull/read-page.js';
import { createEntryReader } from '../../../../src/intake/read-entry.js';
import { LIMITS } from '../../../helpers/parsed-entries.js';

const SETTINGS = { url: 'http://a.example/', schedule: '', timeoutMs: 1, maxPages: 1 };

describe('a page of an HTTP service', () => {
  const read = (body: string, settings: Partial<HttpPullSettings> = {}, limits = LIMITS): Page =>
    readPage(body, {
      settings: { ...SETTINGS, ...settings },
      limits,
      readEntry: createEntryReader(limits),
      place: { source: 'a-penalty', page: 3 },
    });
  const textsOf = (body: string, settings: Partial<HttpPullSettings> = {}): string[] =>
    read(body, settings).rows.map(({ text }) => text);
  const failure = (body: string, settings: Partial<HttpPullSettings> = {}, limits = LIMITS): GatewayError => {
    try {
      read(body, settings, limits);
    } catch (error) {
      assert.ok(isGatewayError(error, 'pull.failed'), String(error));
      assert.match(error.message, /a-penalty.* page 3/);
      assert.match(String(error.detailZh), /来源 a-penalty .*第 3 页/);
      assert.ok(!error.message.includes('津滨') && !JSON.stringify(error.details).includes('津滨'));
      return error;
    }
    throw new Error('It was read.');
  };

  it('gives the rows to the letter: digits, escapes, order of keys', () => {
    const row = '{"b":12345678901234567890.10,"a":"\\u6d25\\/\\"","c":1e3,"1":null}';
    assert.deepEqual(textsOf(`[${row} , {}]`), [row, '{}']);
    assert.deepEqual(textsOf('[]'), []);
  });

  it('gives each row in one line, however the service breaks them', () => {
    assert.deepEqual(textsOf('[\n{\r\n"a": "x\\ny"\n}\n]'), ['{ "a": "x\\ny" }']);
  });

  it('finds the rows where the settings say', () => {
    assert.deepEqual(textsOf('{"data":{"list":[{"a":1}],"other":[{"b":2}]}}', { rows: 'data.list' }), [
      '{"a":1}',
    ]);
    for (const body of ['{"data":[]}', '{"data":{"list":null}}', '{"data":{"list":{}}}', '[]', 'null', '7'])
      failure(body, { rows: 'data.list' });
    failure('{"a":[]}');
  });

  it('takes a 200 with an error in its body for an error', () => {
    const success = { at: 'head.code', equals: ['0', 0] };
    assert.deepEqual(textsOf('{"head":{"code":0},"list":[]}', { success, rows: 'list' }), []);
    for (const head of ['{"code":1}', '{"code":"1"}', '{"code":null}', '{}', 'null', '"0"'])
      failure(`{"head":${head},"list":[{"AJMC":"津滨"}]}`, { success, rows: 'list' });
  });

  it('takes what is no JSON, or no list of objects, for no page', () => {
    for (const body of [
      '',
      '<html>津滨</html>',
      '[{"a":1}',
      '[{"a":"津滨}]',
      '[{"a":1}] 津滨',
      '{"a":1}{"a":2}',
    ])
      failure(body);
    for (const rows of ['[1]', '[null]', '["津滨"]', '[[{"a":1}]]', '[{"a":1},null]', '[{"a":1},[]]'])
      failure(rows);
  });

  it('refuses rows that would end a batch in the middle, and says why', () => {
    const reasons = new Map([
      ['[{"a":1},{"a":"津滨","a":2}]', 'file.key-repeated'],
      ['[{"__proto__":1}]', 'file.key-not-allowed'],
      [`[{"a":${'['.repeat(20)}${']'.repeat(20)}}]`, 'file.limit-exceeded'],
    ]);
    for (const [body, reason] of reasons) assert.equal(failure(body).details['reason'], reason);
    assert.equal(
      failure('[{"a":"12345"}]', {}, { ...LIMITS, maxCellCharacters: 4 }).details['reason'],
      'file.limit-exceeded',
    );
    // The list stands twice: the one that JSON.parse takes is empty.
    failure('{"list":[{"a":1}],"list":[]}', { rows: 'list' });
    failure('{"list":[],"list":[{"a":1}],"list":[{"a":1},{"a":2}]}', { rows: 'list' });
  });

  it('gives the value of the column that says when a row was changed, with all its digits', () => {
    const since = { parameter: 'from', column: 'at', overlapSeconds: 0 };
    const { rows } = read('[{"x":1,"at":"2026-06-01"},{"at":1780243230500},{"at":null},{"x":2}]', { since });
    assert.deepEqual(
      rows.map(({ changedAt }) => changedAt),
      ['2026-06-01', '1780243230500', '', undefined],
    );
  });

  it('gives the next cursor with all its digits, and none where there is none', () => {
    const paging = { kind: 'cursor', parameter: 'after', next: 'page.next' } as const;
    const nextOf = (next: string): string | undefined =>
      read(`{"rows":[],"n":1234567890123456789,"s":"\\"1234567890123456789","page":{"next":${next}}}`, {
        paging,
        rows: 'rows',
      }).next;
    assert.deepEqual(
      ['"abc"', '7', '1234567890123456789', '-12345678901234567890', 'null', '""', '{}', 'false'].map(nextOf),
      [
        'abc',
        '7',
        '1234567890123456789',
        '-12345678901234567890',
        undefined,
        undefined,
        undefined,
        undefined,
      ],
    );
    assert.equal(read('{"rows":[]}', { paging, rows: 'rows' }).next, undefined);
  });

  it('gives how many rows there are in all, and fails where that is not told', () => {
    const paging = { kind: 'page', parameter: 'page', first: 1, total: 'total' } as const;
    assert.equal(read('{"rows":[],"total":25}', { paging, rows: 'rows' }).total, 25);
    assert.equal(read('{"rows":[],"total":"25"}', { paging, rows: 'rows' }).total, 25);
    for (const total of ['null', '-1', '2.5', '"many"', '{}'])
      failure(`{"rows":[],"total":${total}}`, { paging, rows: 'rows' });
  });
});
