// X.509 certificates for tests, made on the spot: an authority, and what it signs. P-256, SHA-256.
import { createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

export interface Issued {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export interface Authority extends Issued {
  /** Signs a certificate for a name, valid from an hour ago for so long; an hour where it is not said. */
  issue(name: string, validMs?: number): Issued;
}

const der = (tag: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const bytes = body.length < 0x80 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...bytes]), body]);
};
const sequence = (...parts: Buffer[]): Buffer => der(0x30, ...parts);
const oid = (...bytes: number[]): Buffer => der(0x06, Buffer.from(bytes));
const ECDSA_WITH_SHA256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
const TRUE = der(0x01, Buffer.from([0xff]));

const nameOf = (name: string): Buffer =>
  sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from(name)))));
const moment = (at: Date): Buffer =>
  der(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));
const localhost = der(0x82, Buffer.from('localhost'));
const loopback = der(0x87, Buffer.from([127, 0, 0, 1]));

/** An extension; basic constraints of an authority, alternative names of all others. */
const extensions = (isAuthority: boolean): Buffer =>
  der(
    0xa3,
    sequence(
      isAuthority
        ? sequence(oid(0x55, 0x1d, 0x13), TRUE, der(0x04, sequence(TRUE)))
        : sequence(oid(0x55, 0x1d, 0x11), der(0x04, sequence(localhost, loopback))),
    ),
  );

interface Order {
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly issuer: string;
  readonly signedBy: KeyObject;
  readonly validMs: number;
  readonly isAuthority: boolean;
}

function certificate({ subject, publicKey, issuer, signedBy, validMs, isAuthority }: Order): string {
  const from = new Date(Date.now() - 3_600_000);
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    nameOf(issuer),
    sequence(moment(from), moment(new Date(from.getTime() + 3_600_000 + validMs))),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    extensions(isAuthority),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', toBeSigned, signedBy));
  const body = sequence(toBeSigned, ECDSA_WITH_SHA256, signature).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${body.replace(/(.{64})/g, '$1\n').trimEnd()}\n-----END CERTIFICATE-----\n`;
}

/** Makes an authority of its own. */
export function createAuthority(name: string): Authority {
  const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const own = pair();
  const base = { issuer: name, signedBy: own.privateKey };
  const year = 31_536_000_000;
  return {
    key: pem(own.privateKey),
    cert: certificate({
      ...base,
      ...{ subject: name, publicKey: createPublicKey(own.privateKey), validMs: year, isAuthority: true },
    }),
    issue: (subject, validMs = 3_600_000) => {
      const { privateKey, publicKey } = pair();
      return {
        key: pem(privateKey),
        cert: certificate({ ...base, subject, publicKey, validMs, isAuthority: false }),
      };
    },
  };
}
