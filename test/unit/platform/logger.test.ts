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

  it('masks numbers of persons in every text: fields, lists, names, bindings, sentences and errors', () => {
    const { log, lines } = createCapturedLogger();
    const number = '11010519491231002X';
    const bound = log.child({ source: `of ${number}` });
    bound.info({ file: `${number}.csv`, of: { rows: [`row ${number}`], [number]: 1 } }, `Read ${number}`);
    bound.info(`Read %s and %s`, number, 'more');
    const fromDriver = Object.assign(new Error(`no ${number}`), { code: `E ${number}` });
    log.error({ err: new Error(`not ${number}`, { cause: fromDriver }) }, 'Failed');
    log.error({ err: `thrown ${number}` }, 'Failed');
    assert.equal(lines.length, 4);
    assert.doesNotMatch(JSON.stringify(lines), /11010519491231002X/);
    assert.match(JSON.stringify(lines[0]), /"file":"110\*{13}2X\.csv"/);
    assert.match(JSON.stringify(lines[1]), /Read 110\*{13}2X and more/);
  });

  it('leaves other texts, numbers and times as they are', () => {
    const { log, lines } = createCapturedLogger();
    const fields = {
      batch: '9b0a6f0e-3c5d-8c1e-8a52-1f6f0d3f7a10',
      rows: 3,
      code: '91120116MA6100009L',
      none: null,
    };
    const at = new Date('2026-06-30T04:00:00Z');
    log.info({ ...fields, at }, 'Read');
    const { batch, rows, code, none, at: logged } = lines[0] ?? {};
    assert.deepEqual({ batch, rows, code, none }, fields);
    assert.equal(logged, at.toISOString());
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
