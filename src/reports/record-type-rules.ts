// The rules of a record type in words: what depends on other fields, and what may be set per source.
import type { QualityRule } from '../core/definitions.js';
import { PROBLEMS } from '../core/problems.js';
import { conditionsOf, conditionText } from './schema-conditions.js';
import { headingIn, type Template } from './template-columns.js';

/** Gives one line per condition of the schema. */
export function conditionLines(template: Template): string[] {
  const headings = (fields: readonly string[]): string =>
    fields.map((field) => headingIn(template, field)).join('、');
  const { schema } = template;
  const groups = (schema.requiredGroup ?? []).map(
    ({ fields, unlessKind }) =>
      `${headings(fields)}至少填写一项${unlessKind === undefined ? '' : `（${unlessKind}除外）`}`,
  );
  const conditions = conditionsOf(schema).flatMap((condition) => {
    const when = conditionText(condition, (field) => headings([field]));
    const empty = Object.entries(condition.then?.properties ?? {}).flatMap(([field, value]) =>
      value === false ? [field] : [],
    );
    const required = condition.then?.required ?? [];
    return [
      ...(required.length === 0 ? [] : [`${when.zh}时，${headings(required)}必填`]),
      ...(empty.length === 0 ? [] : [`${when.zh}时，${headings(empty)}应为空`]),
    ];
  });
  return [...groups, ...conditions];
}

/** Gives one line per quality rule that the type has. */
export function qualityLines({ schema }: Template, rules: ReadonlyMap<string, QualityRule>): string[] {
  return Object.entries(schema.quality).flatMap(([name, severity]) => {
    const rule = rules.get(name);
    if (rule === undefined) return [];
    const titleZh = schema.properties[rule.field]?.titleZh ?? rule.field;
    const { messageZh, message } = PROBLEMS[rule.code];
    const fill = (text: string): string =>
      text.replaceAll('{column}', titleZh).replace(/[“：:]*\{\w+\}”?/g, '');
    return [`\`${name}\` (${severity}): ${fill(messageZh)} · ${fill(message)}`];
  });
}
