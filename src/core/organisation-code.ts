// The organisation code of GB 11714-1997: eight digits or capital letters and a check character.

const WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2];

/** Tells whether a code of nine characters, without hyphen, has the right check character. */
export function isOrganisationCode(code: string): boolean {
  if (code.length !== 9) return false;
  let sum = 0;
  for (let i = 0; i < 8; i += 1) {
    const value = valueOf(code.charCodeAt(i));
    if (value < 0) return false;
    sum += value * (WEIGHTS[i] as number);
  }
  const check = 11 - (sum % 11);
  return code[8] === (check === 10 ? 'X' : check === 11 ? '0' : String(check));
}

function valueOf(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  return code >= 65 && code <= 90 ? code - 55 : -1;
}
