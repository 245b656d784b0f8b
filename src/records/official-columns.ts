// The way back: a canonical record in the official columns of one table version, as the city reads it.
// The mapping of that version is used in reverse, so that both directions are written once.
import { columnField } from '../core/column-field.js';
import type { CanonicalRecord, Definitions, FieldSchema, Mapping } from '../core/definitions.js';
import { formatAmount } from '../core/parse-amount.js';

export type OfficialRecord = Record<string, string>;

/** Makes the translator for one type and table version; canonical names where the version has no mapping. */
export function compileOfficial(
  definitions: Definitions,
): (type: string, version: string, record: CanonicalRecord) => OfficialRecord {
  return (type, version, record) => {
    const mapping = definitions.mappings.get(`${type}-${version}`);
    const properties = definitions.types.get(type)?.properties ?? {};
    const official: OfficialRecord = {};
    for (const [field, value] of Object.entries(record)) {
      const rule = mapping?.columns[columnField(field, mapping)];
      const column = mapping === undefined ? field : rule?.official;
      if (column !== undefined) official[column] = officialValue(value, properties[field], rule);
    }
    return official;
  };
}

function officialValue(
  value: string | string[],
  field: FieldSchema | undefined,
  rule: Mapping['columns'][string] | undefined,
): string {
  if (Array.isArray(value)) return value.join(';');
  if (rule === undefined) return value;
  if (field?.normalise === 'date') return value.replaceAll('-', '/');
  return field?.normalise === 'amount' ? formatAmount(value, rule.unit ?? 'yuan') : value;
}
