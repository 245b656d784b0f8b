import assert from 'node:assert/strict';
import type { Answer } from '../../../src/forwarding/adapter.js';
import { readCityAnswer } from '../../../src/forwarding/answer.js';

const NOW = new Date('2026-06-30T04:00:00Z');
const SIZE = 3;

const read = (body: unknown, status = 200, headers: Record<string, string> = {}): Answer =>
  readCityAnswer(
    { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) },
    SIZE,
    NOW,
  );

const failure = (index: number): object => ({ index, code: 'E1', message: 'no' });

describe('the answer of the city', () => {
  it('is success with errorCode 200, as text or number', () => {
    const receivedAt = '2026-06-30T12:00:00+08:00';
    for (const errorCode of ['200', 200])
      assert.deepEqual(read({ errorCode, receiptId: 'R1', receivedAt, failures: [failure(2)] }), {
        kind: 'taken',
        receiptId: 'R1',
        receivedAt: NOW,
        failures: [{ index: 2, code: 'E1', message: 'no' }],
      });
  });

  it('takes a time without a zone as that of Asia/Shanghai, and one that is none as unknown', () => {
    const at = (receivedAt: string): unknown => {
      const answer = read({ errorCode: '200', receivedAt });
      return answer.kind === 'taken' ? answer.receivedAt?.toISOString() : answer;
    };
    assert.equal(at('2026-06-30 12:00:00'), NOW.toISOString());
    assert.equal(at('2026-06-30T04:00:00Z'), NOW.toISOString());
    for (const odd of ['1', 'yesterday', '2026-06-30', '2026-13-30T12:00:00'])
      assert.equal(at(odd), undefined);
  });

  it('is tried again where it cannot be read or contradicts itself', () => {
    const ok = { errorCode: '200' };
    for (const body of [
      '',
      'OK',
      '[]',
      'null',
      {},
      { errorCode: null },
      { errorCode: ['200'] },
      { ...ok, failures: {} },
      { ...ok, failures: [{ index: 0 }] },
      { ...ok, failures: [failure(-1)] },
      { ...ok, failures: [failure(0.5)] },
      { ...ok, failures: [failure(SIZE)] },
      { ...ok, failures: [failure(1), failure(1)] },
      { ...ok, totalSize: SIZE - 1 },
      { ...ok, failSize: 1 },
      { ...ok, successSize: SIZE, failures: [failure(0)] },
    ])
      assert.deepEqual(
        read(body),
        { kind: 'again', reason: 'unreadable-answer', retryAfterMs: undefined },
        JSON.stringify(body),
      );
  });

  it('is tried again after 408, 425, 429, 5xx and errorCode 500, as long as Retry-After asks', () => {
    for (const status of [408, 425, 429, 500, 502, 503, 504, 599])
      assert.deepEqual(read('', status, { 'retry-after': '7' }), {
        kind: 'again',
        reason: `http-${status}`,
        retryAfterMs: 7000,
      });
    for (const errorCode of ['500', 500]) assert.equal(read({ errorCode }).kind, 'again', 'errorCode 500');
  });

  it('is a denial after 401 or 403, as status or errorCode, and refuses no record', () => {
    for (const code of [401, 403]) {
      assert.deepEqual(read('', code), { kind: 'denied', reason: `http-${code}` });
      assert.deepEqual(read({ errorCode: '422' }, code), { kind: 'denied', reason: `http-${code}` });
      assert.deepEqual(read({ errorCode: String(code) }), { kind: 'denied', reason: `error-${code}` });
    }
  });

  it('refuses the message with every other code or status, in the words of the city', () => {
    assert.deepEqual(read({ errorCode: 422, errorMsg: '字段错误' }), {
      kind: 'refused',
      code: '422',
      message: '字段错误',
    });
    for (const status of [301, 400, 404, 409, 413, 422])
      assert.deepEqual(read('<html>', status), {
        kind: 'refused',
        code: `http-${status}`,
        message: `HTTP ${status}`,
      });
    assert.deepEqual(read({ errorCode: '200' }, 400), {
      kind: 'refused',
      code: 'http-400',
      message: 'HTTP 400',
    });
  });

  it('keeps of its words what may be stored and shown', () => {
    const answer = read({ errorCode: '9', errorMsg: `\u0000号码11010519491231002X${'长'.repeat(2000)}` });
    assert.ok(answer.kind === 'refused');
    assert.ok(answer.message.startsWith('\uFFFD号码110*************2X长'));
    assert.equal(answer.message.length, 500);
  });

  it('is a denial where a server before the city misses our certificate or does not accept it', () => {
    for (const said of ['No required SSL certificate was sent', 'The SSL certificate error'])
      assert.deepEqual(read(`<html><title>400 ${said}</title></html>`, 400), {
        kind: 'denied',
        reason: 'http-400-certificate',
      });
    assert.equal(read('<html>400 Bad Request</html>', 400).kind, 'refused');
    assert.equal(
      read({ errorCode: '400', errorMsg: 'SSL certificate number of the permit' }, 400).kind,
      'refused',
    );
  });
});
