// The conditions of a schema as notes and pages tell them: `if` fields have certain values, `then` others are
// required, or must be empty. It is the only form of condition in the schemas.
import type { RecordSchema } from '../core/definitions.js';
import type { Words } from './template-notes.js';

export interface Condition {
  readonly if?: {
    readonly properties?: Readonly<
      Record<string, { readonly const?: unknown; readonly enum?: readonly unknown[] }>
    >;
  };
  readonly then?: {
    readonly required?: readonly string[];
    readonly properties?: Readonly<Record<string, unknown>>;
  };
}

/** Lists the conditions of a schema. */
export function conditionsOf(schema: RecordSchema): readonly Condition[] {
  const { allOf } = schema as { allOf?: unknown };
  return Array.isArray(allOf) ? (allOf as readonly Condition[]) : [];
}

/** Says when a condition holds; `headingOf` names a field as the agency knows it. */
export function conditionText(condition: Condition, headingOf: (field: string) => string): Words {
  const parts = Object.entries(condition.if?.properties ?? {}).map(
    ([field, { const: value, enum: values }]) => {
      const allowed = values ?? [value];
      return {
        zh: `${headingOf(field)}为“${allowed.join('”或“')}”`,
        en: `${headingOf(field)} is ${allowed.map((one) => `“${String(one)}”`).join(' or ')}`,
      };
    },
  );
  return { zh: parts.map(({ zh }) => zh).join('且'), en: parts.map(({ en }) => en).join(' and ') };
}
