// Decides which network addresses may be called: public ones, and ranges that the configuration names.
// A name is resolved once and the checked address is the one that is connected to.
import { lookup as lookupName, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import { GatewayError } from '../core/errors.js';

/** Loopback, private, link-local, CGNAT, documentation, benchmarking, multicast, reserved and translated ranges. */
const NOT_PUBLIC = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Of IPv6 only 2000::/3 is given out for public use; of that: tunnels, documentation, protocol assignments.
  '::/3',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '4000::/2',
  '8000::/1',
] as const;

export type AddressGuard = (address: string) => boolean;

/** Compiles the guard: true where an address (not a name) may be called. */
export function createAddressGuard(allowedRanges: readonly string[]): AddressGuard {
  const refused = rangeCheck(NOT_PUBLIC);
  const allowed = rangeCheck(allowedRanges);
  return (address) => {
    const [bare = ''] = address.split('%');
    const plain = mappedIpv4(bare) ?? bare;
    if (isIP(plain) === 0) return false;
    return allowed(plain) || !refused(plain);
  };
}

function rangeCheck(ranges: readonly string[]): (address: string) => boolean {
  // One list for each family: BlockList finds every IPv4 address in an IPv6 range that holds ::ffff:0:0/96.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const range of ranges) {
    const [network = '', bits = ''] = range.split('/');
    lists[familyOf(network)].addSubnet(network, Number(bits), familyOf(network));
  }
  return (address) => lists[familyOf(address)].check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/** Gives the IPv4 address behind `::ffff:a.b.c.d`, however it is written. */
function mappedIpv4(address: string): string | undefined {
  if (isIP(address) !== 6) return undefined;
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (dotted !== undefined) return dotted;
  const [, high, low] =
    /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(new URL(`http://[${address}]`).hostname.slice(1, -1)) ??
    [];
  if (high === undefined || low === undefined) return undefined;
  const value = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return value.flatMap((part) => [part >> 8, part & 255]).join('.');
}

type LookupDone = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;
export type GuardedLookup = (hostname: string, options: LookupOptions, done: LookupDone) => void;

/** A `lookup` for net.connect that fails with `address.not-allowed` where any resolved address may not be called. */
export function guardedLookup(guard: AddressGuard): GuardedLookup {
  return (hostname, options, done) => {
    lookupName(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, []);
      const first = found[0];
      if (first === undefined || !found.every(({ address }) => guard(address))) return done(notAllowed(), []);
      return options.all === true ? done(null, found) : done(null, first.address, first.family);
    });
  };
}

/** The failure of a call to an address that may not be called; it does not name the address. */
export function notAllowed(): GatewayError & NodeJS.ErrnoException {
  return new GatewayError(
    'address.not-allowed',
    'This address is neither public nor in a range that the configuration allows.',
  );
}
