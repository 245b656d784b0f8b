// Columns that stand for several fields: each row decides to which of them its value belongs. The kind of
// counterpart decides where the row has one, else the form of the number.
import { NATURAL_PERSON, type InsteadCase, type InsteadRule } from '../core/definitions.js';
import type { HeadingMatch } from '../core/heading-match.js';
import { normaliseCode, normaliseText } from '../core/normalise-text.js';
import { isUnifiedSocialCreditCode } from '../core/unified-social-credit-code.js';
import { compileCodeList } from './code-list.js';
import type { RecordType } from './record-type.js';

type Values = (string | undefined)[];

const ID_NUMBER = /^\d{17}[\dX]$/;
const NINE_CHARACTERS = /^[0-9A-Z]{8}-?[0-9A-Z]$/;
const KIND = 'counterpartKind';

/** Compiles the placing of such values, which changes the given array; a field that has a value keeps it. */
export function compileInstead(
  { fields, schema, codeLists }: RecordType,
  { columns, mapping }: HeadingMatch,
): (values: Values) => Values {
  const rules = columns.flatMap(({ field }) => {
    const instead = mapping.columns[field]?.instead;
    return instead === undefined ? [] : [{ from: fields.indexOf(field), to: placesOf(instead, fields) }];
  });
  if (rules.length === 0) return (values) => values;
  const list = codeLists.get(schema.properties[KIND]?.codeList ?? '');
  const officialKind = list === undefined ? normaliseText : compileCodeList(list);
  const kindPlace = fields.indexOf(KIND);
  return (values) => {
    const kind = officialKind(values[kindPlace] ?? '');
    for (const { from, to } of rules) {
      const code = normaliseCode(values[from] ?? '');
      const found = code === '' ? undefined : to.find(({ when }) => CASES[when](code, kind));
      if (found === undefined || normaliseText(values[found.place] ?? '') !== '') continue;
      values[found.place] = found.when === 'organisation-code' ? code.replace('-', '') : values[from];
      values[from] = undefined;
    }
    return values;
  };
}

function placesOf(
  instead: readonly InsteadRule[],
  fields: readonly string[],
): { place: number; when: InsteadCase }[] {
  return instead.map(({ field, when }) => ({ place: fields.indexOf(field), when }));
}

const CASES: Readonly<Record<InsteadCase, (code: string, kind: string) => boolean>> = {
  'natural-person': (code, kind) => (kind === '' ? isIdNumber(code) : kind === NATURAL_PERSON),
  'organisation-code': (code) => NINE_CHARACTERS.test(code),
};

function isIdNumber(code: string): boolean {
  return ID_NUMBER.test(code) && !isUnifiedSocialCreditCode(code);
}
