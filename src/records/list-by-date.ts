// The values of a list against the version of the list that was in force on a day, e.g. the kinds of penalty
// before and after the Administrative Penalty Law as revised in 2021.
import type { CodeList, QualityRule } from '../core/definitions.js';
import { expansionOf } from '../core/official-values.js';
import { UNREADABLE } from './normalise.js';
import type { Offence } from './quality.js';

/** Compiles the comparison; a list that is not known, or a record without the day, says nothing. */
export function compileListByDate(
  rule: Extract<QualityRule, { kind: 'list-by-date' }>,
  list: CodeList | undefined,
): Offence {
  const versions = (list?.versions ?? [])
    .map(({ from = '', values }) => ({ from, values: new Set(values.flatMap(expansionOf)) }))
    .sort((a, b) => (a.from < b.from ? 1 : -1));
  const official = new Set(versions.flatMap(({ values }) => [...values]));
  return (record) => {
    const day = record[rule.date];
    const value = record[rule.field];
    // What could not be read as a day, or is no value of any version, has been told already.
    if (typeof day !== 'string' || day.startsWith(UNREADABLE) || value === undefined) return false;
    const inForce = versions.find(({ from }) => from <= day)?.values;
    if (inForce === undefined) return false;
    const past = (Array.isArray(value) ? value : [value]).filter(
      (one) => !inForce.has(one) && official.has(one),
    );
    return past.length === 0 ? false : { values: past.join('、') };
  };
}
