// Seals small values (personal numbers, kept rejected rows) with AES-256-GCM and indexes them with a keyed HMAC.
// Sealed: 1 byte version, 4 bytes key id, 12 bytes iv, ciphertext, 16 bytes tag. One seal per record: hot path.
import { createCipheriv, createDecipheriv, createHmac, randomFillSync } from 'node:crypto';
import { GatewayError } from '../core/errors.js';
import type { DataKey, EncryptionKey } from './data-key.js';
import { asKeyRing, type KeyRing } from './key-ring.js';

export interface Sealer {
  seal(plain: string | Buffer): Buffer;
  /** Opens what `seal` gave; throws when it was changed, or was sealed with another key. */
  open(sealed: Buffer): Buffer;
  /** Keyed HMAC-SHA256 of a value, 32 hexadecimal digits: equal for equal values, meaningless without the key. */
  index(value: string): string;
}

const ALGORITHM = 'aes-256-gcm';
const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 5;
const POOL_IVS = 1024;
const INDEX_DIGITS = 32;

/** Builds the sealer of one data key or of a ring of them: seals with the current one, opens with any. */
export function createSealer(keys: DataKey | KeyRing): Sealer {
  const ring = asKeyRing(keys);
  const headerOf = createHeaders();
  const nextIv = createIvPool();
  return {
    seal(plain) {
      const key = ring.current();
      const iv = nextIv();
      const cipher = createCipheriv(ALGORITHM, key.encryption, iv);
      const body = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain);
      cipher.final();
      return Buffer.concat([headerOf(key.id), iv, body, cipher.getAuthTag()]);
    },
    open: (sealed) => open(sealed, keyFor(sealed, ring).encryption),
    index: (value) => createHmac('sha256', ring.index).update(value).digest('hex').slice(0, INDEX_DIGITS),
  };
}

/** The key changes once in months: its header is made then, not for each value. */
function createHeaders(): (id: string) => Buffer {
  let known = '';
  let header = Buffer.alloc(0);
  return (id) => {
    if (id !== known) {
      header = Buffer.concat([Buffer.from([VERSION]), Buffer.from(id, 'hex')]);
      known = id;
    }
    return header;
  };
}

/** One call for random bytes serves 1024 values; no byte of it is given out twice. */
function createIvPool(): () => Buffer {
  let pool = Buffer.alloc(0);
  let used = 0;
  return () => {
    if (used >= pool.length) {
      pool = randomFillSync(Buffer.allocUnsafeSlow(IV_BYTES * POOL_IVS));
      used = 0;
    }
    const iv = pool.subarray(used, used + IV_BYTES);
    used += IV_BYTES;
    return iv;
  };
}

function keyFor(sealed: Buffer, ring: KeyRing): EncryptionKey {
  if (sealed.length < HEADER_BYTES + IV_BYTES + TAG_BYTES || sealed[0] !== VERSION) {
    throw new GatewayError('internal.unexpected', 'These bytes were not sealed by this gateway.');
  }
  const sealedWith = sealed.subarray(1, HEADER_BYTES).toString('hex');
  const key = ring.find(sealedWith);
  if (key !== undefined) return key;
  const message = `This was sealed with data key ${sealedWith}, but DATA_KEY_FILE holds ${ring.current().id}.`;
  throw new GatewayError('config.invalid', message);
}

function open(sealed: Buffer, encryption: Buffer): Buffer {
  const iv = sealed.subarray(HEADER_BYTES, HEADER_BYTES + IV_BYTES);
  const tagAt = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(ALGORITHM, encryption, iv, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(tagAt));
  const plain = decipher.update(sealed.subarray(HEADER_BYTES + IV_BYTES, tagAt));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch (error) {
    throw new GatewayError('internal.unexpected', 'The sealed bytes have been changed.', { cause: error });
  }
}
