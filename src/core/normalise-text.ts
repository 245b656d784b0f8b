// Brings texts into one form: width, white space, brackets. Names and codes are folded; running text keeps
// its Chinese punctuation. Every function given its own result gives it back unchanged.

const EDGES = /^[\s\u200b\ufeff]+|[\s\u200b\ufeff]+$/g;
const WHITE_SPACE = /[\s\u200b\ufeff]+/g;
/** Full-width forms, compatibility ideographs and other characters that NFKC changes are above this. */
const PLAIN = /^[\u0020-\u007e\u4e00-\u9fa5]*$/;
const PLAIN_CODE = /^[0-9A-Z]+$/;
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;
const OPENING = /[([{【〔〖﹝]/g;
const CLOSING = /[)\]}】〕〗﹞]/g;
const YEAR_IN_BRACKETS = /[([{【〔〖﹝](\d{4})[)\]}】〕〗﹞]/g;
const COMBINING = /\p{M}/u;
const BETWEEN_WIDE = /(?<=[\u2e80-\u9fff\uff00-\uffef（）]) | (?=[\u2e80-\u9fff\uff00-\uffef（）])/g;

/** Tidies running text: line ends, edges, NFC. Punctuation and width stay. */
export function normaliseText(text: string): string {
  const trimmed = text.replace(EDGES, '');
  if (PLAIN.test(trimmed)) return trimmed;
  const lines = trimmed.includes('\r') ? trimmed.replace(/\r\n?/g, '\n') : trimmed;
  return lines.normalize('NFC');
}

/** Folds a name: half-width letters and digits, full-width round brackets, no white space beside Chinese characters. */
export function normaliseName(text: string): string {
  const trimmed = text.replace(EDGES, '');
  if (PLAIN.test(trimmed) && !/[\s()[\]{}]/.test(trimmed)) return trimmed;
  let folded = fold(trimmed);
  // Marks that stood apart may change places once nothing stands between them, and meet what was folded before.
  for (let before = ''; before !== folded && COMBINING.test(folded);) {
    before = folded;
    folded = fold(folded);
  }
  return folded;
}

function fold(text: string): string {
  return text
    .normalize('NFKC')
    .replace(WHITE_SPACE, ' ')
    .replace(OPENING, '（')
    .replace(CLOSING, '）')
    .replace(BETWEEN_WIDE, '')
    .replace(EDGES, '')
    .normalize('NFC');
}

/** Gives the form under which names are the same: folded, without white space, upper case. */
export function foldName(text: string): string {
  return normaliseName(text).replace(WHITE_SPACE, '').toUpperCase().normalize('NFC');
}

/** Folds a document number: half width, no white space, 〔〕 around the year. */
export function normaliseDocumentNumber(text: string): string {
  return text.normalize('NFKC').replace(WHITE_SPACE, '').replace(YEAR_IN_BRACKETS, '〔$1〕').normalize('NFC');
}

/** Folds a code: half width, no white space, no leading apostrophe, upper case. */
export function normaliseCode(text: string): string {
  if (PLAIN_CODE.test(text)) return text;
  return text.normalize('NFKC').replace(WHITE_SPACE, '').replace(/^'+/, '').toUpperCase().normalize('NFKC');
}

/** Tells whether a text holds what cannot be stored: control characters other than tab and line ends, halves of characters. */
export function hasControlCharacters(text: string): boolean {
  return CONTROL.test(text) || !text.isWellFormed();
}
