import assert from 'node:assert/strict';
import { judgeCityAnswer } from '../../../src/notices/city-answer.js';
import { ID_NUMBER, TODAY } from './sample-notice.js';

const judge = (status: number, body: unknown = '') =>
  judgeCityAnswer(
    { status, headers: {}, body: typeof body === 'string' ? body : JSON.stringify(body) },
    TODAY,
  );

describe("the city's answer to a feedback", () => {
  it('is taken for a 2xx', () => {
    assert.deepEqual(judge(200), { kind: 'taken' });
    assert.deepEqual(judge(201, { errorCode: '200' }), { kind: 'taken' });
    assert.deepEqual(judge(204, 'null'), { kind: 'taken' });
  });

  it('is tried again for what may pass', () => {
    for (const status of [302, 408, 425, 429, 500, 502, 503])
      assert.equal(judge(status).kind, 'again', String(status));
    assert.equal(judge(200, { errorCode: '500', errorMsg: 'busy' }).kind, 'again');
  });

  it('is denied where the city does not know us, also inside a 200', () => {
    for (const status of [401, 403])
      assert.deepEqual(judge(status, { errorCode: '9' }), { kind: 'denied', error: `http-${status}` });
    for (const errorCode of ['401', 403])
      assert.deepEqual(judge(200, { errorCode }), { kind: 'denied', error: `city-${errorCode}` });
  });

  it("is refused in the city's words for every other 4xx, and for an error inside a 200", () => {
    assert.deepEqual(judge(404, { errorCode: '1404', errorMsg: '通知不存在' }), {
      kind: 'refused',
      error: '1404 通知不存在',
    });
    assert.deepEqual(judge(200, { errorCode: 301, errorMsg: '格式错误' }), {
      kind: 'refused',
      error: '301 格式错误',
    });
    assert.deepEqual(judge(400, 'no\u0000'), { kind: 'refused', error: '400 no\uFFFD' });
  });

  it('keeps no ID number of the words', () => {
    assert.ok(!JSON.stringify(judge(400, { errorMsg: `主体${ID_NUMBER}不存在` })).includes(ID_NUMBER));
  });
});
