import assert from 'node:assert/strict';
import path from 'node:path';
import { isGatewayError } from '../../../src/core/errors.js';
import { childEnvironment, readEnvironment, type Variables } from '../../../src/platform/environment.js';

const faultsOf = (variables: Variables): string => {
  try {
    readEnvironment(variables);
    return '';
  } catch (error) {
    assert.ok(isGatewayError(error, 'config.invalid'));
    return error.message;
  }
};

const settingsOf = (variables: Variables): object => {
  const { addressesOf, ...settings } = readEnvironment(variables);
  assert.equal(addressesOf([]).size, 0);
  return settings;
};

describe('the environment', () => {
  it('has defaults for all that is unset', () => {
    assert.deepEqual(settingsOf({}), {
      host: '127.0.0.1',
      port: undefined,
      dataDir: path.resolve('data'),
      configDir: path.resolve('config'),
      dataKeyFile: undefined,
      signingKeyFile: undefined,
      databaseUrl: undefined,
      redisUrl: undefined,
      logLevel: 'info',
    });
  });

  it('counts an empty variable as unset', () => {
    const names = [
      'HOST',
      'PORT',
      'DATA_DIR',
      'CONFIG_DIR',
      'DATABASE_URL',
      'REDIS_URL',
      'CITY_URL',
      'LOG_LEVEL',
    ];
    const empty = Object.fromEntries(names.flatMap((name) => [[name, '']]));
    assert.deepEqual(settingsOf(empty), settingsOf({}));
    assert.equal(readEnvironment(empty).addressesOf(['city']).size, 0);
  });

  it('takes a port from 0 to 65535 and nothing else', () => {
    assert.equal(readEnvironment({ PORT: '0' }).port, 0);
    assert.equal(readEnvironment({ PORT: '65535' }).port, 65_535);
    for (const port of ['65536', '-1', '80.5', '0x50', 'http', '8080x']) {
      assert.match(faultsOf({ PORT: port }), /^PORT must be a whole number/, port);
    }
  });

  it('tells every fault at once and shows no value', () => {
    const message = faultsOf({ PORT: 'x', LOG_LEVEL: 'loud', DATABASE_URL: 'mysql://me:hidden@host/db' });
    assert.match(message, /PORT .*DATABASE_URL|DATABASE_URL .*PORT/);
    assert.match(message, /LOG_LEVEL/);
    assert.doesNotMatch(message, /hidden/);
  });

  it('says by the id of each destination where it is and what is shown there', () => {
    const { addressesOf } = readEnvironment({
      CITY_URL: 'https://city.example',
      CITY_TOKEN: 'one',
      REGIONAL_PLATFORM_URL: ' http://region.example/v2 ',
      REGIONAL_PLATFORM_TOKEN: '',
      NATIONAL_TOKEN: 'shown to nobody',
    });
    assert.deepEqual(
      [...addressesOf(['city', 'regional-platform', 'national'])],
      [
        ['city', { url: 'https://city.example', token: 'one' }],
        ['regional-platform', { url: 'http://region.example/v2', token: '' }],
      ],
    );
    assert.deepEqual([...addressesOf(['region'])], []);
  });

  it('names every faulty address of a destination and shows none', () => {
    const { addressesOf } = readEnvironment({
      A_URL: 'ftp://hidden@a',
      B_C_URL: 'hidden',
      D_URL: 'http://d',
    });
    const isNamed = (error: unknown): boolean => {
      assert.ok(isGatewayError(error, 'config.invalid'));
      assert.match(error.message, /A_URL must .*http:\/\/ or https:\/\/.*B_C_URL must/);
      assert.doesNotMatch(`${error.message}${JSON.stringify(error.details)}`, /hidden|D_URL/);
      return true;
    };
    assert.throws(() => addressesOf(['a', 'b-c', 'd']), isNamed);
  });

  it('keeps secrets and PG variables from child processes', () => {
    const child = childEnvironment({ PATH: '/bin', CITY_TOKEN: 'secret', PGPORT: '1', DATABASE_URL: 'x' });
    assert.deepEqual(child, { PATH: '/bin', LC_ALL: 'C' });
  });
});
