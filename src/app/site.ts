// What this site is: its definitions, its configuration, and what is compiled from them once.
import type { Configuration } from '../core/configuration.js';
import type { Definitions, Mapping } from '../core/definitions.js';
import { loadConfiguration } from '../platform/configuration.js';
import { loadDefinitions } from '../platform/definitions.js';
import { recordType, requiredColumns } from '../records/record-type.js';
import { compileValidator, type RecordValidator } from '../records/validate.js';

export interface Site {
  readonly configuration: Configuration;
  readonly definitions: Definitions;
  readonly validators: ReadonlyMap<string, RecordValidator>;
  /** Names the fields that a file in this mapping must have a column for. */
  readonly requiredFields: (mapping: Mapping) => readonly string[];
}

/** Loads schemas, mappings and `config/`; throws `config.invalid` with every problem. */
export function loadSite(configFolder: string): Site {
  const definitions = loadDefinitions();
  const configuration = loadConfiguration(configFolder, definitions);
  const validators = new Map(
    [...definitions.types.keys()].map((id) => [id, compileValidator(recordType(id, definitions))]),
  );
  return {
    configuration,
    definitions,
    validators,
    requiredFields: (mapping) => {
      const schema = definitions.types.get(mapping.type);
      return schema === undefined ? [] : requiredColumns(schema, mapping);
    },
  };
}
