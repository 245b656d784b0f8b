// Turns schemas/notice.schema.json and schemas/feedback.schema.json into checks that give reasons. Size is
// looked at first: telling all faults of a hostile document at once would cost as much as it is large.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { isUnifiedSocialCreditCode } from '../core/unified-social-credit-code.js';
import { projectRoot } from '../platform/project-root.js';
import type { Reason } from './notice.js';
import { reason, type ReasonCode } from './reasons.js';

/** Gives every reason against a value; `today` is `YYYY-MM-DD`. */
export type SchemaCheck = (value: unknown, today: string) => Reason[];

const MAX_CHARACTERS = 65_536;
const MAX_REASONS = 50;
const DAY = /^(19|20)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
// Tabs and line breaks are text; NUL and lone surrogates cannot even be stored.
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|\p{Surrogate}/u;

const MISSING: Readonly<Record<string, ReasonCode>> = {
  measure: 'notice.measure-missing',
  legalBasis: 'notice.legal-basis-missing',
  decision: 'notice.decision-missing',
  documentNumber: 'notice.decision-missing',
  period: 'notice.period-missing',
  from: 'notice.period-missing',
  to: 'notice.period-missing',
};

/** Compiles `schemas/NAME.schema.json`. */
export function compileSchemaCheck(name: 'notice' | 'feedback'): SchemaCheck {
  const file = path.join(projectRoot, 'schemas', `${name}.schema.json`);
  const ajv = new Ajv2020({ allErrors: true });
  ajv.addFormat('date', isRealDay);
  ajv.addFormat('unified-social-credit-code', isUnifiedSocialCreditCode);
  const validate = ajv.compile(JSON.parse(readFileSync(file, 'utf8')) as object);
  return (value, today) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return [reason('notice.not-an-object', '', today)];
    if (isTooLarge(value)) return [reason('notice.too-large', '', today)];
    const found = validate(value) ? [] : (validate.errors ?? []);
    return [
      ...found.filter((error) => error.keyword !== 'if').map((error) => reasonOf(error, today)),
      ...controlCharacters(value, '').map((at) => reason('notice.control-characters', at, today)),
    ].slice(0, MAX_REASONS);
  };
}

/** Tells whether a value of JSON is larger than a notice may be, or nested beyond what can be written. */
export function isTooLarge(value: unknown): boolean {
  try {
    return JSON.stringify(value).length > MAX_CHARACTERS;
  } catch {
    return true;
  }
}

/** Tells whether a text is a day of the calendar in the form `YYYY-MM-DD`. */
export function isRealDay(text: string): boolean {
  if (!DAY.test(text)) return false;
  return new Date(`${text}T00:00:00Z`).toISOString().startsWith(text);
}

function reasonOf(error: ErrorObject, today: string): Reason {
  const params = error.params as { missingProperty?: string; additionalProperty?: string };
  if (params.missingProperty !== undefined) {
    const inDecision = error.instancePath === '/decision';
    const code = inDecision ? 'notice.decision-missing' : MISSING[params.missingProperty];
    return reason(code ?? 'notice.field-missing', `${error.instancePath}/${params.missingProperty}`, today);
  }
  if (params.additionalProperty !== undefined)
    return reason('notice.field-unknown', `${error.instancePath}/${params.additionalProperty}`, today);
  return reason('notice.field-invalid', error.instancePath, today);
}

function controlCharacters(value: unknown, at: string): string[] {
  if (typeof value === 'string') return CONTROL.test(value) ? [at] : [];
  if (typeof value !== 'object' || value === null) return [];
  // Three levels hold every text of a notice; what lies deeper is an unknown field, refused anyway.
  if (at.split('/').length > 3) return [];
  return Object.entries(value).flatMap(([key, part]) => controlCharacters(part, `${at}/${key}`));
}
