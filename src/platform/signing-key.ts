// The key that signs receipts (ed25519): one private JWK in a file, made at first start with mode 0600. What
// is signed with it can be checked by anybody who has the public key, also when the gateway is gone.
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { CompactSign, calculateJwkThumbprint, type JWK } from 'jose';
import { GatewayError } from '../core/errors.js';
import { keyObject, readOrMakeKeyFile } from './key-file.js';

export interface Signer {
  /** The public key as a JWK set (RFC 7517). */
  readonly publicKeys: { readonly keys: readonly JWK[] };
  /** Signs a JSON value, by type, as a compact JWS (RFC 7515, EdDSA); the same value gives the same text. */
  sign(type: string, payload: unknown): Promise<string>;
}

const ALGORITHM = 'EdDSA';
/** 32 bytes in base64url. */
const KEY_TEXT = /^[A-Za-z0-9_-]{43}$/;

/** Opens the signing key of `file` and makes it where the file is absent; throws `config.invalid` for any other content. */
export async function openSigner(file: string): Promise<Signer> {
  const jwk = parseKey(readOrMakeKeyFile({ file, name: 'signing key', make: newKey }), file);
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  const publicKey = createPublicKey(key).export({ format: 'jwk' }) as JWK;
  const kid = await calculateJwkThumbprint(publicKey);
  return {
    publicKeys: { keys: [{ ...publicKey, kid, alg: ALGORITHM, use: 'sig' }] },
    sign: (typ, payload) =>
      new CompactSign(Buffer.from(JSON.stringify(payload)))
        .setProtectedHeader({ alg: ALGORITHM, kid, typ })
        .sign(key),
  };
}

function newKey(): string {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return `${JSON.stringify(jwk, null, 2)}\n`;
}

function parseKey(text: string, file: string): Record<'kty' | 'crv' | 'd' | 'x', string> {
  const { kty, crv, d, x } = keyObject(text);
  const isText = (value: unknown): value is string => typeof value === 'string' && KEY_TEXT.test(value);
  if (kty === 'OKP' && crv === 'Ed25519' && isText(d) && isText(x) && isPair(d, x)) return { kty, crv, d, x };
  throw new GatewayError(
    'config.invalid',
    `${file} is not a signing key: it must be a private JWK with "kty" OKP, "crv" Ed25519, "d" and the "x" that belongs to it. Put the right file back; it has not been changed.`,
  );
}

function isPair(d: string, x: string): boolean {
  const key = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d, x }, format: 'jwk' });
  // A key is made of `d` alone: what it signs is checked with the `x` that is derived from it.
  const derived = createPublicKey(key.export({ type: 'pkcs8', format: 'pem' }));
  return derived.export({ format: 'jwk' })['x'] === x;
}
