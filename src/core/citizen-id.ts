// The citizen ID number of GB 11643-1999: region, birth date, sequence, check character.

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS = '10X98765432';
const FORM = /^[1-9]\d{16}[\dX]$/;

/** Checks an upper-case number; a birth date that does not exist or lies after `today` (YYYY-MM-DD) is `birth-date`. */
export function checkCitizenId(id: string, today: string): 'valid' | 'format' | 'birth-date' | 'check' {
  if (!FORM.test(id)) return 'format';
  const day = `${id.slice(6, 10)}-${id.slice(10, 12)}-${id.slice(12, 14)}`;
  if (!isRealDay(day) || day > today || day < '1850-01-01') return 'birth-date';
  const sum = WEIGHTS.reduce((total, weight, i) => total + weight * Number(id[i]), 0);
  return CHECKS[sum % 11] === id[17] ? 'valid' : 'check';
}

/** Regions of GB/T 2260 by their first two digits. */
const REGION = '(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[123])';
/** Whoever was born before 1930 is left out: what has such years are case numbers of today. */
const OLD_FORM = new RegExp(`^${REGION}\\d{4}[3-9]\\d{8}$`);

/** Tells whether 15 digits are a citizen ID of the form before 1999 (region, YYMMDD, sequence); it has no check character. */
export function isOldCitizenId(id: string): boolean {
  return OLD_FORM.test(id) && isRealDay(`19${id.slice(6, 8)}-${id.slice(8, 10)}-${id.slice(10, 12)}`);
}

/** Tells whether a day (YYYY-MM-DD) exists. */
export function isRealDay(day: string): boolean {
  const moment = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(day);
}
