// The unified social credit code of GB 32100-2015: 18 characters, the last one a check character; 9 to 17
// are an organisation code of GB 11714-1997.
import { isOrganisationCode } from './organisation-code.js';

/** Stands for a sole trader that has no code yet; its check character is wrong on purpose. */
export const PLACEHOLDER_CODE = '00000000000000000X';

const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const VALUES = Int8Array.from({ length: 128 }, (_, code) => ALPHABET.indexOf(String.fromCharCode(code)));
const ALL_ZERO = '0'.repeat(18);

/** Tells whether a code has 18 characters of the alphabet and the right check character; all zeros are none. */
export function isUnifiedSocialCreditCode(code: string): boolean {
  if (code.length !== 18 || code === ALL_ZERO) return false;
  let sum = 0;
  for (let i = 0; i < 17; i += 1) {
    const value = VALUES[code.charCodeAt(i)] ?? -1;
    if (value < 0) return false;
    sum += value * (WEIGHTS[i] as number);
  }
  return VALUES[code.charCodeAt(17)] === (31 - (sum % 31)) % 31;
}

/** Tells whether characters 9 to 17 are an organisation code of their own; codes exist where they are not. */
export function hasValidOrganisationPart(code: string): boolean {
  return isOrganisationCode(code.slice(8, 17));
}
