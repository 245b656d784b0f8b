// The quality rules: what may be set to warning, error or off per source, unlike the official rules of the
// schema. The rules are data (`schemas/quality-rules.json`); here stands how each kind of rule is looked at.
import { ORGANISATION, SOLE_TRADER, type CanonicalRecord, type QualityRule } from '../core/definitions.js';
import type { Problem } from '../core/problems.js';
import type { NormalisedRow } from '../core/rows.js';
import { hasValidOrganisationPart, PLACEHOLDER_CODE } from '../core/unified-social-credit-code.js';
import { compileAmountInText } from './amount-in-text.js';
import { compileListByDate } from './list-by-date.js';
import type { BatchContext, RecordType } from './record-type.js';

/** Tells what offends: true for the field as such, or details for its sentence; false where nothing does. */
export type Offence = (record: CanonicalRecord) => boolean | Readonly<Record<string, string>>;

/** Compiles the rules that the context switches on into one check of a row. */
export function compileQuality(
  type: RecordType,
  columnOf: (field: string) => string,
  context: BatchContext,
): (row: NormalisedRow) => readonly Problem[] {
  const rules = Object.entries(context.quality).flatMap(([name, severity]) => {
    const rule = type.qualityRules.get(name);
    if (rule === undefined || severity === 'off') return [];
    return [{ rule, severity, offends: compileRule(rule, type, context) }];
  });
  return (row) => {
    let problems: Problem[] | undefined;
    for (const { rule, severity, offends } of rules) {
      const offence = offends(row.record);
      if (offence === false) continue;
      problems ??= [];
      const problem = { row: row.row, code: rule.code, column: columnOf(rule.field), severity };
      problems.push(offence === true ? problem : { ...problem, details: offence });
    }
    return problems ?? NONE;
  };
}

const NONE: readonly Problem[] = [];

function compileRule(rule: QualityRule, type: RecordType, context: BatchContext): Offence {
  const { field } = rule;
  switch (rule.kind) {
    case 'organisation-part':
      return (record) => {
        const code = textOf(record[field]);
        return isRealCode(code) && !hasValidOrganisationPart(code);
      };
    case 'kind-and-code':
      return (record) => !fitsKind(textOf(record[rule.codeField]), record[field]);
    case 'agency-code':
      return (record) => record[field] !== undefined && record[field] !== context.agencyCode;
    case 'expected':
      return (record) => record[field] === undefined && holds(record[rule.when.field], rule.when.is);
    case 'bare-value':
      return (record) => record[field] === rule.value;
    case 'amount-in-text':
      return compileAmountInText(rule);
    case 'list-by-date':
      return compileListByDate(rule, type.codeLists.get(rule.codeList));
  }
}

function textOf(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : '';
}

function holds(value: string | string[] | undefined, wanted: string): boolean {
  return Array.isArray(value) ? value.includes(wanted) : value === wanted;
}

function isRealCode(code: string): boolean {
  return code.length === 18 && code !== PLACEHOLDER_CODE;
}

/** GB 32100 marks sole traders by 92. */
function fitsKind(code: string, kind: string | string[] | undefined): boolean {
  if (!isRealCode(code)) return true;
  const isTrader = code.startsWith('92');
  return kind === SOLE_TRADER ? isTrader : kind !== ORGANISATION || !isTrader;
}
