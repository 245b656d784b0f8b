// The form under which headings are compared: width, spaces, brackets and marks make no difference.

const NOISE = /[\s\u200b\ufeff]+/g;
const MARKS = /^[*:]+|[*:]+$/g;
const OPENING = /[[{【〔〖「『〈《]/g;
const CLOSING = /[\]}】〕〗」』〉》]/g;

/** Gives the comparison form of a heading: NFKC, no white space, round brackets, upper case, no marks around it. */
export function headingKey(text: string): string {
  return text
    .normalize('NFKC')
    .replace(NOISE, '')
    .replace(OPENING, '(')
    .replace(CLOSING, ')')
    .replace(MARKS, '')
    .toUpperCase()
    .normalize('NFC');
}
