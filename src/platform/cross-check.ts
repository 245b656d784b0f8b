// Holds the files of `config/` against one another and against schemas and mappings: names that lead
// nowhere, ids given twice, types outside the catalogue, expressions that cannot be a schedule.
import { resolve } from 'node:path';
import { takenVariables } from '../core/addresses.js';
import type { Configuration } from '../core/configuration.js';
import { isDay } from '../core/day.js';
import type { Definitions } from '../core/definitions.js';
import { catalogueProblems, listProblems } from './catalogue-check.js';
import { listingProblems } from './check-listing.js';
import { opennessProblems } from './check-openness.js';
import { periodProblems } from './check-periods.js';
import { calendarProblems } from './check-calendars.js';

/** Gives one sentence per contradiction. */
export function crossCheck(configuration: Configuration, definitions: Definitions): string[] {
  return [
    ...repeatedIds(configuration),
    ...sourceProblems(configuration, definitions),
    ...folderProblems(configuration),
    ...takenVariables(configuration.destinations.map(({ id }) => id)),
    ...destinationProblems(configuration, definitions),
    ...personalNumberProblems(configuration, definitions),
    ...routeProblems(configuration),
    ...catalogueProblems(configuration, definitions),
    ...listProblems(configuration),
    ...scheduleProblems(configuration),
    ...periodProblems(configuration, definitions),
    ...opennessProblems(configuration, definitions),
    ...listingProblems(configuration, definitions),
    ...calendarProblems(configuration, definitions),
  ];
}

function repeatedIds(configuration: Configuration): string[] {
  const lists: [string, readonly string[]][] = [
    ['agencies.yaml', configuration.agencies.map((agency) => agency.id)],
    ['sources.yaml', configuration.sources.map((source) => source.id)],
    ['destinations.yaml', configuration.destinations.map((destination) => destination.id)],
    ['catalogue.yaml', configuration.catalogue.map((entry) => entry.type)],
    ['lists.yaml', configuration.lists.map((list) => list.id)],
    ['measures.yaml', configuration.measures.map((measure) => measure.id)],
  ];
  return lists.flatMap(([file, ids]) =>
    ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `${file}: the id ${id} is given twice`),
  );
}

function sourceProblems(configuration: Configuration, definitions: Definitions): string[] {
  const agencies = new Set(configuration.agencies.map((agency) => agency.id));
  const listed = new Set(configuration.catalogue.map((entry) => entry.type));
  return configuration.sources.flatMap((source) => {
    const problems: string[] = [];
    if (!agencies.has(source.agency)) problems.push(`the agency ${source.agency} is not in agencies.yaml`);
    if (!listed.has(source.type))
      problems.push(`the type ${source.type} is not in catalogue.yaml (catalogue.not-listed)`);
    for (const name of source.mappings) {
      const mapping = definitions.mappings.get(name);
      if (mapping === undefined) problems.push(`there is no mappings/${name}.yaml`);
      else if (mapping.type !== source.type) problems.push(`the mapping ${name} is for ${mapping.type}`);
    }
    if (source.expects?.from !== undefined && !isDay(source.expects.from))
      problems.push(`its expectation begins on ${source.expects.from}, which is no day`);
    const rules = definitions.types.get(source.type)?.quality ?? {};
    for (const rule of Object.keys(source.quality ?? {}))
      if (rules[rule] === undefined) problems.push(`the type ${source.type} has no quality rule ${rule}`);
    return problems.map((problem) => `sources.yaml, ${source.id}: ${problem}`);
  });
}

function folderProblems({ sources }: Configuration): string[] {
  const folders = sources.flatMap(({ id, folder }) =>
    folder === undefined ? [] : [{ id, path: `${resolve('/', folder.path)}/` }],
  );
  return folders.flatMap(({ id, path }, i) =>
    folders
      .slice(i + 1)
      .filter((other) => other.path.startsWith(path) || path.startsWith(other.path))
      .map(
        (other) => `sources.yaml: the folders of ${id} and ${other.id} are the same or lie in one another`,
      ),
  );
}

function destinationProblems(configuration: Configuration, definitions: Definitions): string[] {
  return configuration.destinations.flatMap((destination) =>
    Object.entries(destination.tables).flatMap(([type, table]) => {
      const at = `destinations.yaml, ${destination.id}`;
      if (!definitions.types.has(type)) return [`${at}: there is no record type ${type}`];
      return definitions.mappings.has(`${type}-${table.version}`)
        ? []
        : [`${at}: there is no mappings/${type}-${table.version}.yaml for its table version`];
    }),
  );
}

function personalNumberProblems({ destinations }: Configuration, { types }: Definitions): string[] {
  return destinations.flatMap(({ id, showsPersonalNumbers: shows }) => {
    const named = shows === false ? [] : shows.types;
    const hasNone = named.filter(
      (type) => !Object.values(types.get(type)?.properties ?? {}).some(({ personal }) => personal === true),
    );
    return hasNone.map(
      (type) =>
        `destinations.yaml, ${id}: showsPersonalNumbers names ${type}, which is no record type with personal fields`,
    );
  });
}

function routeProblems(configuration: Configuration): string[] {
  const agencies = new Set(configuration.agencies.map((agency) => agency.id));
  const measures = new Set(configuration.measures.map((measure) => measure.id));
  const routed = new Set(configuration.routes.flatMap((route) => route.measures));
  return [
    ...configuration.routes.flatMap((route, i) => [
      ...route.measures
        .filter((id) => !measures.has(id))
        .map((id) => `routes.yaml, route ${i + 1}: unknown measure ${id}`),
      ...route.agencies
        .filter((id) => !agencies.has(id))
        .map((id) => `routes.yaml, route ${i + 1}: unknown agency ${id}`),
    ]),
    ...[...measures]
      .filter((id) => !routed.has(id))
      .map((id) => `routes.yaml: nobody receives the measure ${id}`),
  ];
}

function scheduleProblems(configuration: Configuration): string[] {
  const { timezone, ...expressions } = configuration.schedules;
  const problems: string[] = [];
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch {
    problems.push(`schedules.yaml: the timezone ${timezone} is not known`);
  }
  for (const [name, expression] of Object.entries(expressions))
    if (expression.trim().split(/\s+/).length !== 6)
      problems.push(`schedules.yaml: ${name} must have six fields, seconds first`);
  return problems;
}
