// Amounts as exact decimal texts: in from yuan or 万元, canonical in yuan, out again. No floating point.
import type { AmountUnit } from './definitions.js';

const WRITTEN = /^(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?$/;
const SHIFT = 4;
const LIMITS: Readonly<Record<AmountUnit, { integer: number; decimals: number }>> = {
  'ten-thousand-yuan': { integer: 12, decimals: 6 },
  yuan: { integer: 16, decimals: 2 },
};

/** Reads an amount, N(18,6) in 万元 or N(18,2) in yuan, to yuan without trailing zeros; null where it is none. */
export function parseAmount(text: string, unit: AmountUnit): string | null {
  const match = WRITTEN.exec(text.normalize('NFKC').trim());
  if (match === null) return null;
  const integer = (match[1] ?? '').replaceAll(',', '').replace(/^0+(?=\d)/, '');
  const decimals = (match[2] ?? '').replace(/0+$/, '');
  const limit = LIMITS[unit];
  if (integer.length > limit.integer || decimals.length > limit.decimals) return null;
  return unit === 'yuan' ? joined(integer, decimals) : shifted(integer, decimals, SHIFT);
}

/** Writes a canonical amount in the wanted unit. */
export function formatAmount(yuan: string, unit: AmountUnit): string {
  if (unit === 'yuan') return yuan;
  const [integer = '0', decimals = ''] = yuan.split('.');
  const padded = integer.padStart(SHIFT + 1, '0');
  return joined(
    padded.slice(0, -SHIFT).replace(/^0+(?=\d)/, ''),
    (padded.slice(-SHIFT) + decimals).replace(/0+$/, ''),
  );
}

function shifted(integer: string, decimals: string, places: number): string {
  const moved = decimals.padEnd(places, '0');
  return joined((integer + moved.slice(0, places)).replace(/^0+(?=\d)/, ''), moved.slice(places));
}

function joined(integer: string, decimals: string): string {
  return decimals === '' ? integer : `${integer}.${decimals}`;
}
