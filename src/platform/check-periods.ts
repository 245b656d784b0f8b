// Holds `periods.yaml` and the periods of the catalogue against the schemas: fields that are there and hold what is
// expected of them, rules in the order of their days, a period for each class that a record may have.
import type { Configuration } from '../core/configuration.js';
import type { Definitions, FieldSchema } from '../core/definitions.js';
import { officialValues } from '../core/official-values.js';

/** Gives one sentence per contradiction. */
export function periodProblems(configuration: Configuration, definitions: Definitions): string[] {
  return [...ruleProblems(configuration), ...catalogueProblems(configuration, definitions)];
}

function ruleProblems({ periods }: Configuration): string[] {
  const days = periods.map(({ from }) => from);
  const outOfOrder = days.filter((day, i) => i > 0 && day <= (days[i - 1] ?? ''));
  const unreal = days.filter((day) => !isRealDay(day));
  const contrary = periods.flatMap(({ from, classes }) =>
    Object.entries(classes)
      .filter(([, period]) => period.publicityMinMonths > period.publicityMaxMonths)
      .map(([name]) => `periods.yaml, ${from}: the minimum of ${name} is longer than its maximum`),
  );
  return [
    ...unreal.map((day) => `periods.yaml: there is no day ${day}`),
    ...outOfOrder.map((day) => `periods.yaml: ${day} does not come after the day before it`),
    ...contrary,
  ];
}

function isRealDay(day: string): boolean {
  const moment = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(day);
}

function catalogueProblems({ catalogue, periods }: Configuration, definitions: Definitions): string[] {
  return catalogue.flatMap(({ type, periods: fields }) => {
    const properties = definitions.types.get(type)?.properties;
    if (properties === undefined) return [];
    if (fields?.end === undefined && properties[STATED_END] !== undefined)
      return [`catalogue.yaml, ${type}: its records state ${STATED_END}, but its periods name no end`];
    if (fields === undefined) return [];
    const days = [fields.from, fields.end].flatMap((field) => field ?? []);
    const problems = days
      .filter((field) => properties[field]?.normalise !== 'date')
      .map((field) => `its periods need a date, which ${field} is not`);
    if (fields.class !== undefined)
      problems.push(...classProblems(fields.class, properties[fields.class], { periods, definitions }));
    return problems.map((problem) => `catalogue.yaml, ${type}: ${problem}`);
  });
}

/** The field in which records say themselves until when they may be shown. */
const STATED_END = 'publicityEnd';

function classProblems(
  name: string,
  field: FieldSchema | undefined,
  { periods, definitions }: Pick<Configuration, 'periods'> & { definitions: Definitions },
): string[] {
  const list = definitions.codeLists.get(field?.codeList ?? '');
  if (list === undefined) return [`its periods need a class from a code list, which ${name} is not`];
  return periods.flatMap(({ from, classes }) =>
    officialValues(list)
      .filter((value) => classes[value] === undefined)
      .map((value) => `the rules of ${from} in periods.yaml say nothing of ${value}`),
  );
}
