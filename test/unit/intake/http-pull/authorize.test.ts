// By what a service knows us: keys, passwords and tokens, kept as long as they hold, shown to nobody else.
import assert from 'node:assert/strict';
import type { HttpPullSettings, PullAuthorization } from '../../../../src/core/configuration.js';
import { isGatewayError, type GatewayError } from '../../../../src/core/errors.js';
import { ask } from '../../../../src/intake/http-pull/ask.js';
import { createAuthorizer } from '../../../../src/intake/http-pull/authorize.js';
import type { Tokens } from '../../../../src/intake/http-pull/token.js';
import { createHttpClient, type HttpClient } from '../../../../src/platform/http-client.js';
import { openHttpService, type HttpService } from '../../../helpers/http-service.js';

const secretFile = '/etc/gateway/secret';

describe('the authorization of an HTTP pull', () => {
  let service: HttpService;
  let client: HttpClient;
  let tokens: Tokens;
  let now: number;
  let secret: () => Promise<string>;
  let given: { status?: number; body: unknown };
  /** Tokens that the service takes; any where it is undefined. */
  let valid: string[] | undefined;
  let count: number;
  beforeEach(async () => {
    service = await openHttpService();
    client = createHttpClient({ maxAnswerBytes: 1000, allowedRanges: ['127.0.0.0/8'] });
    tokens = new Map();
    now = Date.parse('2026-06-30T04:00:00Z');
    secret = async () => 'the-secret\n';
    count = 0;
    given = { body: undefined };
    valid = undefined;
    service.answer = ({ url, headers }) => {
      if (url.pathname === '/token')
        return given.body === undefined
          ? { body: { access_token: `t${(count += 1)}`, expires_in: 3600 } }
          : given;
      return valid === undefined || valid.includes(headers.authorization ?? '')
        ? { body: [] }
        : { status: 401, body: '' };
    };
  });
  afterEach(async () => {
    client.close();
    await service.close();
  });

  /** One pull of so many pages. */
  const pull = async (authorization: PullAuthorization, pages = 1): Promise<void> => {
    const settings: HttpPullSettings = {
      url: service.url,
      schedule: '',
      timeoutMs: 2000,
      maxPages: 1,
      authorization,
    };
    const needs = {
      source: 'a-penalty',
      settings,
      send: client.send,
      signal: new AbortController().signal,
      clock: () => new Date(now),
      readSecret: async (file: string) => (file === secretFile ? secret() : assert.fail(file)),
      tokens,
    };
    const authorizer = createAuthorizer(settings, needs);
    for (let page = 1; page <= pages; page += 1)
      await ask(new URL(service.url), { source: 'a-penalty', page }, { ...needs, authorizer });
  };
  const failure = async (
    authorization: PullAuthorization,
    code: 'pull.failed' | 'pull.misconfigured',
  ): Promise<GatewayError> => {
    const error = await pull(authorization).then(
      () => assert.fail('It passed.'),
      (reason: unknown) => reason,
    );
    assert.ok(isGatewayError(error, code), String(error));
    assert.doesNotMatch(JSON.stringify(error, Object.getOwnPropertyNames(error)), /the-secret|etc\/gateway/);
    return error;
  };
  const shown = (): (string | undefined)[] =>
    service.asked.filter(({ url }) => url.pathname === '/rows').map(({ headers }) => headers.authorization);
  const oauth2 = (more: object = {}): PullAuthorization => ({
    kind: 'oauth2',
    tokenUrl: new URL('/token', service.url).href,
    clientId: 'gate:way',
    secretFile,
    ...more,
  });

  it('shows a key in its header, trimmed', async () => {
    await pull({ kind: 'api-key', header: 'X-Key', secretFile });
    assert.equal(service.asked[0]?.headers['x-key'], 'the-secret');
  });

  it('shows user and password', async () => {
    await pull({ kind: 'basic', user: 'us', secretFile });
    assert.deepEqual(shown(), [`Basic ${Buffer.from('us:the-secret').toString('base64')}`]);
  });

  it('gets a token with the client in the header, or in the form where the service wants it there', async () => {
    await pull(oauth2({ scope: 'rows read' }));
    const [first] = service.asked;
    assert.deepEqual(Object.fromEntries(new URLSearchParams(first?.body)), {
      grant_type: 'client_credentials',
      scope: 'rows read',
    });
    assert.equal(
      first?.headers.authorization,
      `Basic ${Buffer.from('gate%3Away:the-secret').toString('base64')}`,
    );
    assert.equal(first.headers['content-type'], 'application/x-www-form-urlencoded');
    tokens.clear();
    await pull(oauth2({ clientAuthentication: 'post' }));
    const second = service.asked[2];
    assert.equal(second?.headers.authorization, undefined);
    assert.deepEqual(Object.fromEntries(new URLSearchParams(second?.body)), {
      grant_type: 'client_credentials',
      client_id: 'gate:way',
      client_secret: 'the-secret',
    });
    assert.deepEqual(shown(), ['Bearer t1', 'Bearer t2']);
  });

  it('keeps a token over pages and pulls until shortly before it ends', async () => {
    await pull(oauth2(), 3);
    now += 3_569_000;
    await pull(oauth2());
    assert.deepEqual(shown(), ['Bearer t1', 'Bearer t1', 'Bearer t1', 'Bearer t1']);
    now += 2000;
    await pull(oauth2());
    assert.equal(shown().at(-1), 'Bearer t2');
  });

  it('reads a life that is given as text, is short, or is not given', async () => {
    for (const [life, keptMs, endedMs] of [
      ['120', 89_000, 91_000],
      [10, 4000, 6000],
      [undefined, 269_000, 271_000],
      ['long', 269_000, 271_000],
    ] as const) {
      tokens.clear();
      given = { body: { access_token: `t${(count += 1)}`, expires_in: life } };
      const begun = service.asked.length;
      await pull(oauth2());
      now += keptMs;
      await pull(oauth2());
      assert.equal(service.asked.length - begun, 3, String(life));
      now += endedMs - keptMs;
      await pull(oauth2());
      assert.equal(service.asked.length - begun, 5, String(life));
    }
  });

  it('gets one fresh token where one is refused, and tries once more, not for ever', async () => {
    await pull(oauth2());
    valid = ['Bearer t2'];
    await pull(oauth2());
    assert.deepEqual(shown(), ['Bearer t1', 'Bearer t1', 'Bearer t2']);
    valid = [];
    assert.match((await failure(oauth2(), 'pull.failed')).message, /page 1 with 401/);
    assert.equal(count, 3);
    assert.equal(shown().length, 5);
    // There is no other key to try.
    assert.match((await failure({ kind: 'basic', user: 'u', secretFile }, 'pull.failed')).message, /401/);
    assert.equal(shown().length, 6);
  });

  it('fails where no token is given, in words that repeat nothing', async () => {
    for (const answer of [
      { status: 401, body: { error: 'invalid_client', error_description: 'the-secret' } },
      { status: 500, body: { access_token: 'x' } },
      { body: { error: 'the-secret' } },
      { body: { access_token: 7 } },
      { body: { access_token: 'x\r\nx-evil: 1' } },
      { body: 'null' },
      { body: '<html>the-secret' },
    ]) {
      given = answer;
      assert.match((await failure(oauth2(), 'pull.failed')).message, /a-penalty gave no token \(\d+\)/);
    }
    given = { body: 'x'.repeat(1001) };
    assert.match((await failure(oauth2(), 'pull.failed')).message, /gave no token \(too-large\)/);
    assert.deepEqual(shown(), []);
  });

  it('says that the secret file is at fault where it is', async () => {
    for (const read of [
      async () => '',
      async () => ' \n',
      async () => 'the-secret\nx-evil: 1',
      async () => '密钥',
      async () => Promise.reject(new Error('ENOENT /etc/gateway/secret')),
    ]) {
      secret = read;
      await failure({ kind: 'api-key', header: 'x-key', secretFile }, 'pull.misconfigured');
    }
    assert.equal(service.asked.length, 0);
  });
});
