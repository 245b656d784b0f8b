// The business registration number: 15 digits, the last one a check digit of ISO 7064 MOD 11,10.

/** Tells whether a number has 15 digits and the right check digit. */
export function isRegistrationNumber(number: string): boolean {
  if (!/^\d{15}$/.test(number)) return false;
  let product = 10;
  let sum = 0;
  for (const digit of number) {
    sum = (product % 11) + Number(digit);
    product = 2 * (sum % 10 === 0 ? 10 : sum % 10);
  }
  return sum % 10 === 1;
}
