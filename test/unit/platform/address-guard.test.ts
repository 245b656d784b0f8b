import assert from 'node:assert/strict';
import { createAddressGuard } from '../../../src/platform/address-guard.js';

describe('the guard on addresses', () => {
  it('lets public addresses pass', () => {
    const guard = createAddressGuard([]);
    for (const address of [
      '1.1.1.1',
      '8.8.8.8',
      '172.32.0.1',
      '100.128.0.1',
      '2606:4700:4700::1111',
      '240e::1',
    ])
      assert.equal(guard(address), true, address);
  });

  it('refuses every address that is not public, however it is written', () => {
    const guard = createAddressGuard([]);
    for (const address of [
      '0.0.0.0',
      '10.1.2.3',
      '100.64.0.1',
      '127.0.0.1',
      '127.255.255.254',
      '169.254.169.254',
      '172.16.0.1',
      '192.0.2.1',
      '192.168.1.1',
      '198.18.0.1',
      '203.0.113.9',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      '::1',
      '0:0:0:0:0:0:0:1',
      '::127.0.0.1',
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '0:0:0:0:0:ffff:7f00:1',
      '::ffff:0:127.0.0.1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
      '2001::1',
      '2001:db8::1',
      '3fff::1',
      '5f00::1',
      'fc00::1',
      'fd12:3456::1',
      'fe80::1',
      'fe80::1%eth0',
      'fec0::1',
      'ff02::1',
      'localhost',
      '2130706433',
      '',
    ])
      assert.equal(guard(address), false, address);
  });

  it('lets ranges pass that the configuration names, and no others', () => {
    const guard = createAddressGuard(['127.0.0.0/8', 'fd00::/8']);
    for (const address of ['127.0.0.1', '::ffff:127.0.0.1', 'fd12::1'])
      assert.equal(guard(address), true, address);
    for (const address of ['10.0.0.1', '::1', 'fc00::1']) assert.equal(guard(address), false, address);
  });
});
