// Gathers what the stages of one file need: type, mapping, headings and the rules of its source.
import { shanghaiDay } from '../core/clock.js';
import type { Configuration, Source } from '../core/configuration.js';
import { COUNTERPART_KINDS, type Definitions, type Mapping } from '../core/definitions.js';
import { GatewayError } from '../core/errors.js';
import { matchHeadings } from '../core/heading-match.js';
import { compileWorkingDays } from '../core/working-days.js';
import type { KeyedIndex } from './fingerprint.js';
import type { OpennessPlan } from './openness.js';
import type { FilePlan } from './pipeline.js';
import { recordType, requiredColumns, type RecordType } from './record-type.js';
import type { ValidatorOf } from './validate.js';

export interface FileNeeds {
  readonly configuration: Configuration;
  readonly definitions: Definitions;
  readonly validatorOf: ValidatorOf;
  readonly index: KeyedIndex;
}

export interface FileFacts {
  readonly source: Source;
  readonly mapping: Mapping;
  readonly headings: readonly string[];
  readonly receivedAt: Date;
}

/** Plans a file; throws `config.invalid` where its mapping does not fit its headings any more. */
export function planFile({ source, mapping, headings, receivedAt }: FileFacts, needs: FileNeeds): FilePlan {
  const type = recordType(source.type, needs.definitions);
  const match = matchHeadings([headings], [mapping], (entry) => requiredColumns(type.schema, entry));
  if (match === undefined)
    throw new GatewayError('config.invalid', `The mapping ${mapping.id} no longer fits this file.`);
  const { agencies, calendars, catalogue, periods } = needs.configuration;
  const agency = agencies.find(({ id }) => id === source.agency);
  const listed = catalogue.find((entry) => entry.type === source.type);
  return {
    type,
    validator: needs.validatorOf(mapping),
    mapping,
    match,
    headings,
    index: needs.index,
    periods: { fields: listed?.periods, rules: periods },
    openness: opennessPlan(listed?.opennessField, type),
    listing: listed?.listing,
    measure: listed?.timeliness && { rule: listed.timeliness, days: compileWorkingDays(calendars) },
    context: {
      today: shanghaiDay(receivedAt),
      receivedAtMs: receivedAt.getTime(),
      agency: source.agency,
      agencyCode: agency?.creditCode ?? '',
      agencyName: agency?.nameZh ?? '',
      counterpartKinds: counterpartKindsOf(source.type, needs.configuration),
      lists: new Map(
        needs.configuration.lists.map(({ name, agencies }) => [name, agencies.includes(source.agency)]),
      ),
      quality: source.quality ?? {},
    },
  };
}

/** Gives the kinds of counterpart that a type may be about; none where the catalogue does not list it. */
function counterpartKindsOf(type: string, { catalogue }: Configuration): string[] {
  const entry = catalogue.find((listed) => listed.type === type);
  return (entry?.subjects ?? []).map((subject) => COUNTERPART_KINDS[subject]);
}

/** Gives what the values of the field mean in which records state how open they are. */
function opennessPlan(
  field: string | undefined,
  { schema, codeLists }: RecordType,
): OpennessPlan | undefined {
  if (field === undefined) return undefined;
  const list = codeLists.get(schema.properties[field]?.codeList ?? '');
  const values = (list?.versions ?? []).flatMap((version) => version.values);
  return {
    field,
    values: new Map(
      values.flatMap(({ value, openness }) => (openness === undefined ? [] : [[value, openness]])),
    ),
  };
}
