// Days as Excel counts them: from 1900, with a 29 February of that year that never was, or from 1904.

const MS_A_DAY = 86_400_000;
const SECONDS_A_DAY = 86_400;
const DAY_0_OF_1904 = Date.UTC(1904, 0, 1);
/** Serial 61 is 1 March 1900; the serials before are one day further from this than they should be. */
const DAY_0_OF_1900 = Date.UTC(1899, 11, 30);
const LEAP_DAY_THAT_NEVER_WAS = 60;
/** 9999-12-31. */
const LAST_DAY = { 1900: 2_958_465, 1904: 2_957_003 } as const;

export type Epoch = 1900 | 1904;

/** Writes a serial as `YYYY-MM-DD`, with ` HH:MM:SS` where it has a time of day; undefined where Excel has no date for it. */
export function serialDate(serial: number, epoch: Epoch): string | undefined {
  if (!(serial >= 0)) return undefined;
  const seconds = Math.round(serial * SECONDS_A_DAY);
  const day = Math.floor(seconds / SECONDS_A_DAY);
  if (day > LAST_DAY[epoch] || (epoch === 1900 && day === 0)) return undefined;
  const time = seconds - day * SECONDS_A_DAY;
  const date = isoDay(day, epoch);
  return time === 0 ? date : `${date} ${clockTime(time)}`;
}

/** Writes a part of a day as `HH:MM:SS`, or more than a day with its hours beyond 24. */
export function serialTime(serial: number): string | undefined {
  return serial >= 0 && serial <= LAST_DAY[1900] ? clockTime(Math.round(serial * SECONDS_A_DAY)) : undefined;
}

function isoDay(day: number, epoch: Epoch): string {
  if (epoch === 1904) return isoOf(DAY_0_OF_1904 + day * MS_A_DAY);
  if (day === LEAP_DAY_THAT_NEVER_WAS) return '1900-02-29';
  return isoOf(DAY_0_OF_1900 + (day < LEAP_DAY_THAT_NEVER_WAS ? day + 1 : day) * MS_A_DAY);
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function clockTime(seconds: number): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
