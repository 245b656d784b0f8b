import assert from 'node:assert/strict';
import { GatewayError } from '../../../src/core/errors.js';
import { createCapturedLogger } from '../../helpers/captured-log.js';

describe('the logger', () => {
  it('cuts out keys, tokens and passwords wherever they are logged', () => {
    const { log, lines } = createCapturedLogger();
    log.info({ req: { headers: { authorization: 'Bearer s3cret', cookie: 's3cret' } } }, 'Request');
    log.info({ headers: { authorization: 's3cret' }, key: 's3cret', city: { token: 's3cret' } }, 'Call');
    log.info({ authorization: 's3cret', config: { password: 's3cret', secret: 's3cret' } }, 'Set');
    assert.equal(lines.length, 3);
    assert.doesNotMatch(JSON.stringify(lines), /s3cret/);
  });

  it('keeps of an error its type, code, message, stack and causes, and nothing that a driver hangs on it', () => {
    const { log, lines } = createCapturedLogger();
    const fromDriver = Object.assign(new Error('duplicate key'), {
      code: '23505',
      detail: 'Key (id)=(11010119900307123X) already exists.',
      config: { headers: { Authorization: 'Bearer s3cret' } },
    });
    const err = new GatewayError('database.unavailable', 'Not stored.', {
      cause: fromDriver,
      details: { limit: 3 },
    });
    log.error({ err }, 'Failed');
    const text = JSON.stringify(lines);
    assert.doesNotMatch(text, /s3cret|11010119900307123X/);
    const logged = lines[0]?.err as Record<string, unknown>;
    assert.equal(logged.code, 'database.unavailable');
    assert.deepEqual(logged.details, { limit: 3 });
    assert.equal((logged.cause as Record<string, unknown>).code, '23505');
  });
});
