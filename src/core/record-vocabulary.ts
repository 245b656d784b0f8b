// The keywords and formats that our record schemas use beyond JSON Schema 2020-12, for ajv. Checks that
// need the day of delivery read it from the validation context (`this.today`).
import { Ajv2020, type FuncKeywordDefinition, type KeywordDefinition } from 'ajv/dist/2020.js';
import { checkCitizenId } from './citizen-id.js';
import { fitsIdentityDocument } from './identity-document.js';
import { isOrganisationCode } from './organisation-code.js';
import { isRegistrationNumber } from './registration-number.js';
import { SOLE_TRADER, type CanonicalRecord, type RequiredGroup } from './definitions.js';
import { isUnifiedSocialCreditCode, PLACEHOLDER_CODE } from './unified-social-credit-code.js';

export interface ValidationContext {
  /** The day of delivery in Asia/Shanghai, `YYYY-MM-DD`. */
  readonly today: string;
  /** The named lists, and whether the sender is entitled to each. */
  readonly lists: ReadonlyMap<string, boolean>;
}

const CITIZEN_ID = '身份证';
const DAY = /^(19|20)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
/** What agencies write where a document has no number; as a number it would be the same for all of them. */
const NO_NUMBER = /^(空|无|无文号|[-—–/\\]+)$/;
const AMOUNT = /^(0|[1-9]\d{0,15})(\.\d{1,2})?$/;

const ANNOTATIONS = [
  'titleZh',
  'official',
  'normalise',
  'personal',
  'longTerm',
  'identity',
  'quality',
  'placeholder',
];

/** Makes an ajv that knows the record vocabulary; `membership` answers whether a value is in a code list. */
export function createRecordAjv(membership: (list: string) => (value: string) => boolean): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors: true,
    passContext: true,
    strict: true,
    strictRequired: false,
    // Each schema was held against the schema of schemas when it was loaded.
    validateSchema: false,
  });
  ajv.addVocabulary(ANNOTATIONS);
  ajv.addFormat('unified-social-credit-code', isUnifiedSocialCreditCode);
  ajv.addFormat('subject-code', (code) => code === PLACEHOLDER_CODE || isUnifiedSocialCreditCode(code));
  ajv.addFormat('document-number', (number) => !NO_NUMBER.test(number));
  ajv.addFormat('organisation-code', isOrganisationCode);
  ajv.addFormat('registration-number', isRegistrationNumber);
  ajv.addFormat('date', (text) => DAY.test(text));
  ajv.addFormat('amount-yuan', (text) => AMOUNT.test(text));
  for (const keyword of [
    codeList(membership),
    notInFuture,
    orderOf('notBefore', (day, other) => DAY.test(other) && DAY.test(day) && day < other),
    orderOf('notAfter', (day, other) => DAY.test(other) && DAY.test(day) && day > other),
    orderOf('notMoreThan', (amount, other) => isMore(amount, other)),
    namedList,
    idTypeField,
    requiredGroup,
    placeholderRule,
  ])
    ajv.addKeyword(keyword);
  return ajv;
}

function codeList(membership: (list: string) => (value: string) => boolean): KeywordDefinition {
  return {
    keyword: 'codeList',
    schemaType: 'string',
    compile: (list: string) => {
      const isMember = membership(list);
      return (value: string | string[]) => (Array.isArray(value) ? value.every(isMember) : isMember(value));
    },
  };
}

const notInFuture: FuncKeywordDefinition = {
  keyword: 'notInFuture',
  schemaType: 'boolean',
  type: 'string',
  validate(this: ValidationContext, wanted: boolean, day: string) {
    return !wanted || !DAY.test(day) || day <= this.today;
  },
};

/** A keyword that holds a value against other fields of its record; absent and unreadable ones say nothing. */
function orderOf(keyword: string, offends: (value: string, other: string) => boolean): FuncKeywordDefinition {
  return {
    keyword,
    schemaType: ['string', 'array'],
    type: 'string',
    compile: (fields: string | string[]) => {
      const others = [fields].flat();
      const check = (value: string, context?: { parentData: CanonicalRecord }): boolean => {
        const record = context?.parentData ?? {};
        return !others.some((other) => {
          const against = record[other];
          return typeof against === 'string' && offends(value, against);
        });
      };
      return check as never;
    },
  };
}

/** Compares canonical amounts as texts: they may be larger than a number can hold. */
export function isMore(amount: string, other: string): boolean {
  if (!AMOUNT.test(amount) || !AMOUNT.test(other)) return false;
  const [integer = '', decimals = ''] = amount.split('.');
  const [otherInteger = '', otherDecimals = ''] = other.split('.');
  if (integer.length !== otherInteger.length) return integer.length > otherInteger.length;
  return integer === otherInteger ? decimals > otherDecimals : integer > otherInteger;
}

const namedList: FuncKeywordDefinition = {
  keyword: 'namedList',
  schemaType: 'boolean',
  type: 'string',
  validate(this: ValidationContext, wanted: boolean, name: string) {
    return !wanted || this.lists.get(name) === true;
  },
};

const idTypeField: FuncKeywordDefinition = {
  keyword: 'idTypeField',
  schemaType: 'string',
  type: 'string',
  compile: (field: string) => {
    function check(
      this: ValidationContext,
      number: string,
      context?: { parentData: CanonicalRecord },
    ): boolean {
      const type = context?.parentData[field];
      if (typeof type !== 'string') return true;
      return type === CITIZEN_ID
        ? checkCitizenId(number, this.today) === 'valid'
        : fitsIdentityDocument(type, number);
    }
    return check as never;
  },
};

const requiredGroup: FuncKeywordDefinition = {
  keyword: 'requiredGroup',
  schemaType: 'array',
  type: 'object',
  compile: (groups: RequiredGroup[]) => (record: CanonicalRecord) =>
    groups.every(
      (group) =>
        (group.unlessKind !== undefined && record['counterpartKind'] === group.unlessKind) ||
        group.fields.some((field) => record[field] !== undefined),
    ),
};

/** The placeholder code stands only for sole traders that give their registration number instead. */
const placeholderRule: FuncKeywordDefinition = {
  keyword: 'placeholderRule',
  schemaType: 'boolean',
  type: 'object',
  compile: (wanted: boolean) => (record: CanonicalRecord) =>
    !wanted ||
    record['creditCode'] !== PLACEHOLDER_CODE ||
    (record['counterpartKind'] === SOLE_TRADER && record['registrationNumber'] !== undefined),
};
