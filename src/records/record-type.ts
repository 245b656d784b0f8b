// One record type as one source delivers it: schema, code lists and rules in force, gathered once per
// batch so that the stages look nothing up while rows pass.
import type { CodeList, Definitions, Mapping, QualityRule, RecordSchema } from '../core/definitions.js';
import { GatewayError } from '../core/errors.js';
import type { Severity } from '../core/words.js';

export interface RecordType {
  readonly id: string;
  readonly schema: RecordSchema;
  readonly codeLists: ReadonlyMap<string, CodeList>;
  readonly qualityRules: ReadonlyMap<string, QualityRule>;
  /** Field names in RFC 8785 order, which is the order of every record object. */
  readonly fields: readonly string[];
}

/** What the rows of one batch are held against besides their schema. */
export interface BatchContext {
  /** The day of delivery in Asia/Shanghai, `YYYY-MM-DD`. */
  readonly today: string;
  readonly receivedAtMs: number;
  readonly agency: string;
  /** Unified social credit code of the delivering agency. */
  readonly agencyCode: string;
  /** Full Chinese name of the delivering agency. */
  readonly agencyName: string;
  /** The kinds of counterpart that the catalogue allows for the type. */
  readonly counterpartKinds: readonly string[];
  /** The lists of `config/lists.yaml` by name: whether the delivering agency is entitled to it. */
  readonly lists: ReadonlyMap<string, boolean>;
  readonly quality: Readonly<Record<string, Severity | 'off'>>;
}

/** Gathers what is known of a record type; throws `catalogue.not-listed` where there is no schema. */
export function recordType(id: string, definitions: Definitions): RecordType {
  const schema = definitions.types.get(id);
  if (schema === undefined)
    throw new GatewayError('catalogue.not-listed', `There is no schema for the record type ${id}.`);
  const { codeLists, qualityRules } = definitions;
  return { id, schema, codeLists, qualityRules, fields: Object.keys(schema.properties).sort() };
}

/** Names the fields that every file of this mapping must have a column for. */
export function requiredColumns(
  schema: RecordSchema,
  mapping: Pick<Mapping, 'constants' | 'derived' | 'lacks' | 'requires'>,
): string[] {
  return [...schema.required, ...(mapping.requires ?? [])].filter(
    (field) =>
      mapping.constants?.[field] === undefined &&
      mapping.derived?.[field] === undefined &&
      mapping.lacks?.includes(field) !== true,
  );
}
