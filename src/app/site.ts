// What this site is: its definitions, its configuration, and what is compiled from them once.
import type { Configuration, Source } from '../core/configuration.js';
import type { Definitions, Mapping } from '../core/definitions.js';
import { loadConfiguration } from '../platform/configuration.js';
import { loadDefinitions } from '../platform/definitions.js';
import { mappingVersion } from '../records/mapping-version.js';
import { recordType, requiredColumns } from '../records/record-type.js';
import { compileValidator, type RecordValidator, type ValidatorOf } from '../records/validate.js';

export interface Site {
  readonly configuration: Configuration;
  readonly definitions: Definitions;
  /** Compiles the validator of a column version at its first use: that of all takes as long as a whole start. */
  readonly validatorOf: ValidatorOf;
  /** Gives the version of what judges the rows of a source in a mapping. */
  readonly mappingVersionOf: (mapping: Mapping, source: Source) => string;
  /** Names the fields that a file in this mapping must have a column for. */
  readonly requiredFields: (mapping: Mapping) => readonly string[];
}

/**
 * Loads schemas, mappings and `config/`; throws `config.invalid` with every problem. `definitionsRoot` is the folder
 * that holds `schemas/` and `mappings/`, those of the package where it is absent.
 */
export function loadSite(configFolder: string, definitionsRoot?: string): Site {
  const definitions = loadDefinitions(definitionsRoot);
  const configuration = loadConfiguration(configFolder, definitions);
  const validators = new Map<string, RecordValidator>();
  const versions = new Map<string, string>();
  return {
    configuration,
    definitions,
    validatorOf: (mapping) => {
      const known =
        validators.get(mapping.id) ?? compileValidator(recordType(mapping.type, definitions), mapping);
      validators.set(mapping.id, known);
      return known;
    },
    mappingVersionOf: (mapping, source) => {
      const key = `${source.id} ${mapping.id}`;
      const known = versions.get(key) ?? mappingVersion(mapping, source, definitions);
      versions.set(key, known);
      return known;
    },
    requiredFields: (mapping) => {
      const schema = definitions.types.get(mapping.type);
      return schema === undefined ? [] : requiredColumns(schema, mapping);
    },
  };
}
