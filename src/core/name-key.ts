// A number by which a name is found: 53 bits, so that two names of a database do not meet by chance, and cheap, since
// every row that comes in pays for it. It says nothing of who chose the name and protects nothing.

const [SEED_HIGH, SEED_LOW] = [0xdeadbeef, 0x41c6ce57];
const [MIX_HIGH, MIX_LOW, END_HIGH, END_LOW] = [2654435761, 1597334677, 2246822507, 3266489909];
const HIGH_BITS = 0x1fffff;

/** Gives the key of a folded name whose personal numbers are masked (see `keyedText`); an integer below 2^53. */
export function nameKey(folded: string): number {
  let high = SEED_HIGH;
  let low = SEED_LOW;
  for (let i = 0; i < folded.length; i += 1) {
    const unit = folded.charCodeAt(i);
    high = Math.imul(high ^ unit, MIX_HIGH);
    low = Math.imul(low ^ unit, MIX_LOW);
  }
  const first = Math.imul(high ^ (high >>> 16), END_HIGH) ^ Math.imul(low ^ (low >>> 13), END_LOW);
  const second = Math.imul(low ^ (low >>> 16), END_HIGH) ^ Math.imul(first ^ (first >>> 13), END_LOW);
  return (HIGH_BITS & second) * 2 ** 32 + (first >>> 0);
}
