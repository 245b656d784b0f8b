import assert from 'node:assert/strict';
import { dueDeliveries } from '../../../src/db/notice-deliveries.js';
import { dueFeedback } from '../../../src/db/notice-feedback.js';
import { readNotice } from '../../../src/db/notices.js';
import { acknowledge, giveFeedback } from '../../../src/notices/answer.js';
import { deliverNotice } from '../../../src/notices/deliver.js';
import { createFetchNotices } from '../../../src/notices/fetch-notices.js';
import { pollNotices } from '../../../src/notices/poll.js';
import { sendFeedback } from '../../../src/notices/send-feedback.js';
import type { HttpRequest } from '../../../src/platform/http-client.js';
import { createHttpClient } from '../../../src/platform/http-client.js';
import { startAgencies } from '../../../src/sandbox/agencies.js';
import { until } from '../../helpers/until.js';
import { organisationNotice } from '../../unit/notices/sample-notice.js';
import { createNoticeFixture, stepsOf } from './notice-fixture.js';

const AGENCIES = ['human-resources', 'market-regulation'];
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

describe('a notice, all the way', () => {
  it('comes from the city, reaches every recipient, and each answer reaches the city once', async () => {
    const { database, deps, time, drop } = await createNoticeFixture();
    time.now = new Date();
    const clock = () => new Date();
    const client = createHttpClient({ allowedRanges: ['127.0.0.0/8'], maxAnswerBytes: 65_536 });
    const agencies = await startAgencies({
      agencies: AGENCIES.map((id) => ({ id, webhookSecret: SECRET })),
      clock,
      log: deps.log,
      post: async (agency, path, body) => {
        const noticeId = decodeURIComponent(path.split('/')[3] as string);
        if (path.endsWith('/feedback'))
          await giveFeedback({ ...deps, clock }, { noticeId, agency, feedback: body });
        else await acknowledge({ ...deps, clock }, { noticeId, agency });
        return 200;
      },
    });
    const notice = organisationNotice({ period: { from: '2026-06-10', to: '2099-12-31' } });
    const event = { id: 'e1', type: 'notice.issued', data: notice };
    const told: { agency: string; outcome: string; key: string | undefined }[] = [];
    const cityAnswers = (request: HttpRequest) => {
      if (request.method === 'GET') {
        const body = request.url.includes('lastEventId') ? '[]' : JSON.stringify([event]);
        return Promise.resolve({ status: 200, headers: {}, body });
      }
      const { departmentCode, outcome } = JSON.parse(String(request.body)) as Record<string, string>;
      told.push({
        agency: departmentCode ?? '',
        outcome: outcome ?? '',
        key: request.headers['idempotency-key'],
      });
      return Promise.resolve({ status: 200, headers: {}, body: '' });
    };
    const city = { url: 'http://city.example', token: 't', timeoutMs: 1000 };
    try {
      await pollNotices({ ...deps, clock, fetchNotices: createFetchNotices(cityAnswers, city) });
      const settings = { timeoutMs: 5000, waitsMs: [1000], maxRetryAfterMs: 1000, allowedRanges: [] };
      for (const id of await dueDeliveries(database, clock()))
        await deliverNotice(id, {
          ...deps,
          clock,
          settings,
          send: client.send,
          endpointOf: agencies.endpointOf,
        });
      const retry = { firstDelayMs: 1, maxDelayMs: 1, maxRetryAfterMs: 1 };
      const sending = {
        ...deps,
        clock,
        send: cityAnswers,
        city,
        destination: { retry, maxFaults: 20 },
        creditCodeOf: (agency: string) => agency,
      };
      await until(async () => {
        for (const id of await dueFeedback(database, clock())) await sendFeedback(id, sending);
        return (await readNotice(database, notice.noticeId))?.state === 'closed';
      });
      assert.deepEqual(
        told.map((each) => `${each.agency} ${each.outcome}`).sort(),
        AGENCIES.flatMap((agency) => [`${agency} acknowledged`, `${agency} acted`]),
      );
      assert.equal(new Set(told.map((each) => each.key)).size, 4);
      const steps = await stepsOf(database, notice.noticeId);
      for (const step of ['delivery-attempted', 'delivered', 'acknowledged', 'fed-back', 'feedback-sent'])
        for (const agency of AGENCIES) assert.ok(steps.includes(`${step} ${agency}`), `${step} ${agency}`);
      assert.equal(steps.at(-1), 'closed');
    } finally {
      await agencies.stop();
      client.close();
      await drop();
    }
  });
});
