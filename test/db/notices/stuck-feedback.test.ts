// An answer to a notice that does not get through while other things do: an operator is told, and it is tried on.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { loadSite } from '../../../src/app/site.js';
import { readStatus, type ConditionView } from '../../../src/app/status.js';
import { watchOnce } from '../../../src/app/watch.js';
import { dueFeedback, insertFeedback } from '../../../src/db/notice-feedback.js';
import { sendFeedback } from '../../../src/notices/send-feedback.js';
import { createHttpClient, type HttpClient } from '../../../src/platform/http-client.js';
import { createLogger } from '../../../src/platform/logger.js';
import { projectRoot } from '../../../src/platform/project-root.js';
import type { CityMode } from '../../../src/sandbox/city-behaviour.js';
import { createCapturedLogger } from '../../helpers/captured-log.js';
import { firstVersions, writeChunk } from '../../helpers/changes.js';
import { CREDIT_CODE, DESTINATION, TOKEN, openForwardingBench } from '../../helpers/forwarding.js';
import type { ForwardingBench } from '../../helpers/forwarding.js';

const AGENCY = 'market-regulation';
const MAX_FAULTS = 3;
const { configuration } = loadSite(path.join(projectRoot, 'config'));

describe('an answer to a notice that is not taken', () => {
  let bench: ForwardingBench;
  let client: HttpClient;
  let records: number;
  beforeEach(async () => {
    bench = await openForwardingBench();
    client = createHttpClient({ maxAnswerBytes: 65_536 });
    records = 0;
  });
  afterEach(async () => {
    client.close();
    await bench.close();
  });

  const later = (seconds: number): void => {
    bench.now = new Date(bench.now.getTime() + seconds * 1000);
  };
  const give = async (noticeId: string): Promise<string> => {
    const id = randomUUID();
    await bench.query(
      `insert into notices (id, destination, state, subject, measure, body, received_at)
       values ($1, 'city', 'routed', '', 'm', '{}', $2)`,
      [noticeId, bench.now],
    );
    const body = { text: '已办' };
    const answer = { id, noticeId, agency: AGENCY, outcome: 'acted', body, givenAt: bench.now } as const;
    await insertFeedback(bench.test.database, answer);
    return id;
  };
  /** Tries once what is due; with a stand-in for the city's endpoint for feedback where an answer is given. */
  const attempt = async (status?: number, headers: Record<string, string> = {}): Promise<number> => {
    const due = await dueFeedback(bench.test.database, bench.now);
    const answer = status === undefined ? undefined : { status, headers, body: '' };
    for (const id of due)
      await sendFeedback(id, {
        ...{ database: bench.test.database, clock: () => bench.now, log: createLogger('silent') },
        send: (request) => (answer === undefined ? client.send(request) : Promise.resolve(answer)),
        city: { url: bench.city.url, token: TOKEN, timeoutMs: 5000 },
        destination: { ...DESTINATION, maxFaults: MAX_FAULTS },
        ...{ random: () => 1, creditCodeOf: () => CREDIT_CODE, wake: () => Promise.resolve() },
      });
    return due.length;
  };
  /** Sends the city a record, which it takes unless it denies everything. */
  const sendRecord = async (): Promise<void> => {
    records += 1;
    const changes = firstVersions(1, records);
    await writeChunk(bench.test.database, { changes, committedAt: bench.now });
    await bench.query(`update batches set status = 'accepted', finished_at = $1`, [bench.now]);
    await bench.forwarder().work();
  };
  const needs = () => ({
    ...{ database: bench.test.database, configuration },
    pressure: () => Promise.resolve(null),
  });
  const conditions = async (): Promise<readonly ConditionView[]> =>
    (await readStatus({ ...needs(), now: bench.now })).conditions;
  const wrong = async (): Promise<string[]> => (await conditions()).map(({ code }) => code);
  const behave = (mode: CityMode): void => bench.city.behave({ mode });
  const waitOf = async (id: string): Promise<number> => {
    const [row] = await bench.query<{ due: Date }>(
      'select due_at as due from notice_feedback where id = $1',
      [id],
    );
    return (row!.due.getTime() - bench.now.getTime()) / 1000;
  };

  it('is stuck at once where the city denies it alone, and told until the city takes it', async () => {
    behave('deny-feedback');
    const since = bench.now.toISOString();
    await give('N-1');
    const second = await give('N-2');
    await attempt();
    later(1);
    await sendRecord();
    assert.equal(bench.city.summary().versions, 1, 'records pass');
    const [told, ...others] = await conditions();
    assert.deepEqual(others, []);
    assert.deepEqual(
      [told?.code, told?.severity, told?.subject, told?.since],
      ['feedback.stuck', 'error', { kind: 'destination', id: 'city' }, since],
    );
    const first = (
      await bench.query<{ notice: string }>(
        'select notice_id as notice from notice_feedback order by failing_since, id limit 1',
      )
    )[0]!.notice;
    assert.equal(
      told?.message,
      `2 answers to notices are not taken, the first since ${since}: http-403 after 1 tries (notice ${first}, ${AGENCY}).`,
    );
    assert.match(told.messageZh, new RegExp(`^2条通知反馈未被接收.*http-403.*${first}`));
    assert.match(
      `${told.todo} ${told.todoZh}`,
      new RegExp(`POST /notices/${first}/feedback.*开通反馈接口权限`),
    );

    for (let tries = 1; tries <= 40; tries += 1) {
      assert.equal(await waitOf(second), tries === 1 ? 29 : 30, 'the longest delay, and always one more try');
      later(30);
      assert.equal(await attempt(), 2);
    }
    behave('accept');
    later(30);
    await attempt();
    assert.equal(bench.city.feedback().length, 2);
    assert.deepEqual(await wrong(), []);
  });

  it('is told in the log once when it begins and once when it ends, and counted among the conditions', async () => {
    const { log, lines } = createCapturedLogger();
    const look = (): Promise<void> => watchOnce({ ...needs(), clock: () => bench.now, log });
    behave('deny-feedback');
    await give('N-1');
    await look();
    await attempt();
    await look();
    await look();
    const noted = () => bench.query('select code, subject, severity from conditions');
    assert.deepEqual(await noted(), [{ code: 'feedback.stuck', subject: 'city', severity: 'error' }]);
    behave('accept');
    later(31);
    await attempt();
    await look();
    assert.deepEqual(
      lines.map(({ msg, code, level }) => [msg, code, level]),
      [
        ['Condition began', 'feedback.stuck', 'error'],
        ['Condition ended', 'feedback.stuck', 'info'],
      ],
    );
    assert.match(String(lines[0]?.['message']), /http-403 after 1 tries/);
    assert.deepEqual(await noted(), []);
  });

  it('is stuck once it has failed so often while the city took other things, and not for failures among failures', async () => {
    const id = await give('N-1');
    await attempt(503);
    for (let n = 1; n <= MAX_FAULTS + 2; n += 1) {
      later(30);
      await attempt(503);
    }
    assert.deepEqual(await wrong(), [], 'an outage is not its fault');
    for (let fault = 1; fault <= MAX_FAULTS; fault += 1) {
      assert.deepEqual(await wrong(), []);
      later(1);
      if (fault === 1) {
        await give('N-2');
        await attempt();
      } else await sendRecord();
      later(30);
      await attempt(503);
    }
    const [told] = await conditions();
    assert.match(String(told?.message), /^1 answers .* http-503 after 9 tries \(notice N-1,/);
    later(30);
    await attempt(409);
    assert.deepEqual(await bench.query('select state from notice_feedback where id = $1', [id]), [
      { state: 'refused' },
    ]);
    assert.deepEqual(await wrong(), [], 'refused in words is told as such');
  });

  it('is not its fault where the city asks for patience', async () => {
    await give('N-1');
    for (const answer of [429, 503, 429, 503, 429, 503]) {
      await attempt(answer, answer === 503 ? { 'retry-after': '20' } : {});
      later(1);
      await sendRecord();
      later(60);
    }
    assert.deepEqual(await wrong(), []);
  });

  it('is told where it has failed for as long as a destination may lag, although nothing else was sent', async () => {
    const minutes = configuration.gateway.status.laggingAfterMinutes;
    await give('N-1');
    await attempt(503);
    later(minutes * 60);
    assert.deepEqual(await wrong(), []);
    later(1);
    assert.deepEqual(await wrong(), ['feedback.stuck']);
    await bench.query(`insert into destinations (id) values ('city') on conflict do nothing`);
    await bench.query(
      `update destinations set paused_at = $1, paused_by = 'operator:k', pause_reason = 'moves'`,
      [bench.now],
    );
    assert.deepEqual(await wrong(), ['destination.paused'], 'while it is paused time proves nothing');
  });

  it('is told by the parking of the destination alone where the city denies everything', async () => {
    behave('deny');
    await give('N-1');
    await attempt(401);
    assert.deepEqual(await wrong(), ['feedback.stuck'], 'nothing else was sent that could be denied');
    await sendRecord();
    assert.deepEqual(await wrong(), ['destination.parked']);
  });

  it('counts those alone that are not taken', async () => {
    behave('deny-feedback');
    await give('N-1');
    await attempt();
    behave('accept');
    await give('N-2');
    await attempt();
    assert.deepEqual(
      (await conditions()).map(({ message }) => message.slice(0, 9)),
      ['1 answers'],
    );
  });
});
