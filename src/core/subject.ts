// The one text under which a subject is known: records and notices meet by it. Organisations and sole
// traders by their first code, persons by the keyed index of the ID number.
import { ANY_DAY, holdsPersonalNumber } from './mask.js';
import { PLACEHOLDER_CODE } from './unified-social-credit-code.js';

const CODES = [
  ['creditCode', ''],
  ['registrationNumber', 'GS:'],
  ['organisationCode', 'ZZ:'],
  ['taxNumber', 'SW:'],
  ['publicInstitutionNumber', 'SY:'],
  ['socialOrganisationNumber', 'SHZZ:'],
] as const;

export type SubjectCodes = { readonly [code in (typeof CODES)[number][0]]?: unknown };

/** Names an organisation or sole trader by the first code it has; empty where it has none. A code that may be an ID number (the tax number of a sole trader often is) is named by its keyed index. */
export function subjectByCode(codes: SubjectCodes, index: (value: string) => string): string {
  for (const [field, prefix] of CODES) {
    const code = codes[field];
    if (typeof code === 'string' && code !== PLACEHOLDER_CODE)
      return prefix + (holdsPersonalNumber(code, ANY_DAY) ? `ID:${index(code.toUpperCase())}` : code);
  }
  return '';
}

/** Gives every subject that a code may stand for: which kind of code it is need not be known. */
export function subjectsOfCode(code: string, index: (value: string) => string): string[] {
  const shown = holdsPersonalNumber(code, ANY_DAY) ? `ID:${index(code)}` : code;
  return CODES.map(([, prefix]) => prefix + shown);
}

const KEYED = /(^|:)ID:[0-9a-f]{32}$/;
const PREFIX = new RegExp(`^(?:${CODES.flatMap(([, prefix]) => (prefix === '' ? [] : [prefix])).join('|')})`);

/** Gives the code of a subject for showing; null for a person, and for a code that may be an ID number. */
export function codeOfSubject(subject: string): string | null {
  return subject === '' || KEYED.test(subject) ? null : subject.replace(PREFIX, '');
}

/** Names a person by the keyed index of the ID number in upper case. */
export function subjectByIdNumber(number: string, index: (value: string) => string): string {
  return `ID:${index(number.toUpperCase())}`;
}
