import assert from 'node:assert/strict';
import { createFetchNotices } from '../../../src/notices/fetch-notices.js';
import type { HttpAnswer, HttpRequest } from '../../../src/platform/http-client.js';

const city = { url: 'http://city.example/api/', token: 't-1', timeoutMs: 1000 };

function reader(answer: Partial<HttpAnswer> | Error) {
  const asked: HttpRequest[] = [];
  const fetchNotices = createFetchNotices((request) => {
    asked.push(request);
    if (answer instanceof Error) return Promise.reject(answer);
    return Promise.resolve({ status: 200, headers: {}, body: '[]', ...answer });
  }, city);
  return { asked, fetchNotices };
}

describe("the reader of the city's notice feed", () => {
  it('asks from the beginning, then after the last event, with the key', async () => {
    const { asked, fetchNotices } = reader({});
    await fetchNotices(undefined);
    await fetchNotices('a/b&c');
    assert.deepEqual(
      asked.map((request) => request.url),
      ['http://city.example/api/notices', 'http://city.example/api/notices?lastEventId=a%2Fb%26c'],
    );
    assert.equal(asked[0]?.headers['authorization'], 'Bearer t-1');
    assert.equal(asked[0].headers['accept'], 'application/cloudevents-batch+json');
  });

  it('gives the events, those without a usable id too', async () => {
    const body = JSON.stringify([{ id: '1', data: { a: 1 } }, { id: 7, method: 'DELETE' }, null]);
    assert.deepEqual(await reader({ body }).fetchNotices(undefined), [
      { id: '1', method: undefined, data: { a: 1 } },
      { id: undefined, method: 'DELETE', data: null },
      { id: undefined, method: undefined, data: null },
    ]);
  });

  it('calls every other answer unreachable', async () => {
    for (const answer of [
      { status: 500 },
      { status: 302 },
      { body: '<html>' },
      { body: '{}' },
      new Error('x'),
    ])
      await assert.rejects(reader(answer).fetchNotices(undefined), { code: 'city.unreachable' });
  });
});
