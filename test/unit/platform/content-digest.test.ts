import assert from 'node:assert/strict';
import { isGatewayError } from '../../../src/core/errors.js';
import { readContentDigest } from '../../../src/platform/content-digest.js';

const SHA_256 = 'X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=';
const SHA_512 = 'WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==';

describe('Content-Digest', () => {
  it('is read by algorithm: the examples of RFC 9530', () => {
    assert.deepEqual(
      [...readContentDigest(`sha-256=:${SHA_256}:, sha-512=:${SHA_512}:`)],
      [
        ['sha-256', SHA_256],
        ['sha-512', SHA_512],
      ],
    );
  });

  it('may be absent', () => {
    assert.equal(readContentDigest(undefined).size, 0);
  });

  it('passes over algorithms that it does not know', () => {
    assert.deepEqual([...readContentDigest(`md5=:AAAA:,sha-256=:${SHA_256}:`).keys()], ['sha-256']);
    assert.equal(readContentDigest('unixsum=:AAAA:').size, 0);
  });

  it('takes a digest without its padding, or with a parameter', () => {
    assert.equal(readContentDigest(`sha-256=:${SHA_256.replace('=', '')}:`).get('sha-256'), SHA_256);
    assert.equal(readContentDigest(`sha-256=:${SHA_256}:;a=1`).get('sha-256'), SHA_256);
  });

  for (const header of [
    '',
    'sha-256',
    `sha-256=${SHA_256}`,
    'sha-256=:*:',
    'sha-256=::',
    `sha-256=:${SHA_256}:,`,
    'SHA-256=:AAAA:',
    '=:AAAA:',
  ])
    it(`is refused as “${header.slice(0, 20)}”`, () => {
      assert.throws(
        () => readContentDigest(header),
        (error) => isGatewayError(error, 'request.malformed'),
      );
    });
});
