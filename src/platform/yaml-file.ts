// YAML texts of the package, parsed; keys given twice are refused.
import { parse } from 'yaml';

/** Parses a YAML text; throws where it is none. */
export function parseYaml(text: string): unknown {
  return parse(text, { uniqueKeys: true });
}
