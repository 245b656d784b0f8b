// A JSON number without its exponent, digit by digit.

const WITH_EXPONENT = /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d+)$/;
/** More zeros than any amount has. */
const MOST_ZEROS = 30;

/** Writes 1.5e3 as 1500 and 15e-1 as 1.5; other numbers, and those that would be very long, stay as they are. */
export function plainDigits(number: string): string {
  const [, sign = '', whole = '', part = '', exponent] = WITH_EXPONENT.exec(number) ?? [];
  const shift = Number(exponent);
  if (exponent === undefined || Math.abs(shift) > MOST_ZEROS) return number;
  const front = '0'.repeat(Math.max(0, -shift));
  const digits = `${front}${whole}${part}${'0'.repeat(Math.max(0, shift - part.length))}`;
  const point = front.length + whole.length + shift;
  const plain = trimZeros(`${digits.slice(0, point)}.${digits.slice(point)}`);
  return `${sign}${plain}`;
}

function trimZeros(number: string): string {
  let end = number.length;
  while (number[end - 1] === '0') end -= 1;
  if (number[end - 1] === '.') end -= 1;
  return number.slice(0, end).replace(/^0+(?=\d)/, '');
}
