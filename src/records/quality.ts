// The quality rules: what may be set to warning, error or off per source, unlike the official rules
// of the schema. One line a rule; a rule says which field is concerned, or nothing.
import { ORGANISATION, SOLE_TRADER, type CanonicalRecord } from '../core/definitions.js';
import type { Problem, ProblemCode } from '../core/problems.js';
import type { NormalisedRow } from '../core/rows.js';
import { hasValidOrganisationPart, PLACEHOLDER_CODE } from '../core/unified-social-credit-code.js';
import type { BatchContext } from './record-type.js';

interface QualityRule {
  readonly code: ProblemCode;
  /** Gives the field that offends, if one does. */
  readonly offends: (record: CanonicalRecord, context: BatchContext) => string | undefined;
}

const text = (value: string | string[] | undefined): string => (typeof value === 'string' ? value : '');

export const QUALITY_RULES: Readonly<Record<string, QualityRule>> = {
  organisationPart: {
    code: 'code.organisation-part',
    offends: ({ creditCode }) => {
      const code = text(creditCode);
      return code.length === 18 && code !== PLACEHOLDER_CODE && !hasValidOrganisationPart(code)
        ? 'creditCode'
        : undefined;
    },
  },
  kindAndCode: {
    code: 'subject.kind-and-code',
    offends: ({ creditCode, counterpartKind }) => {
      const code = text(creditCode);
      if (code.length !== 18 || code === PLACEHOLDER_CODE) return undefined;
      const isTrader = code.startsWith('92');
      const fits = counterpartKind === SOLE_TRADER ? isTrader : counterpartKind !== ORGANISATION || !isTrader;
      return fits ? undefined : 'counterpartKind';
    },
  },
  fineWithoutAmount: {
    code: 'penalty.fine-without-amount',
    offends: ({ penaltyKinds, fineAmount }) =>
      fineAmount === undefined && penaltyKinds?.includes('罚款') === true ? 'fineAmount' : undefined,
  },
  kindNotAnnotated: {
    code: 'licence.kind-not-annotated',
    offends: ({ licenceKind }) => (licenceKind === '其他' ? 'licenceKind' : undefined),
  },
  otherSourceUnit: {
    code: 'record.other-source-unit',
    offends: ({ sourceUnitCode }, { agencyCode }) =>
      sourceUnitCode !== undefined && sourceUnitCode !== agencyCode ? 'sourceUnitCode' : undefined,
  },
};

/** Compiles the rules that the context switches on into one check of a row. */
export function compileQuality(
  columnOf: (field: string) => string,
  context: BatchContext,
): (row: NormalisedRow) => readonly Problem[] {
  const rules = Object.entries(context.quality).flatMap(([name, severity]) => {
    const rule = QUALITY_RULES[name];
    return rule === undefined || severity === 'off' ? [] : [{ rule, severity }];
  });
  return (row) => {
    let problems: Problem[] | undefined;
    for (const { rule, severity } of rules) {
      const field = rule.offends(row.record, context);
      if (field === undefined) continue;
      problems ??= [];
      problems.push({ row: row.row, code: rule.code, column: columnOf(field), severity });
    }
    return problems ?? NONE;
  };
}

const NONE: readonly Problem[] = [];
