// A CSV that an agency can fill in: the Chinese headings of the newest mapping in official order and one
// example row. UTF-8 with a mark, so that Excel opens it; cells never start a formula.
import Papa from 'papaparse';
import type { Definitions, FieldSchema, Mapping, RecordSchema } from '../core/definitions.js';
import { GatewayError } from '../core/errors.js';
import { formatAmount } from '../core/parse-amount.js';

const BYTE_ORDER_MARK = '\ufeff';

/** Writes the template of a record type; throws `catalogue.not-listed` where there is no such type. */
export function csvTemplate(type: string, definitions: Definitions): string {
  const schema = definitions.types.get(type);
  const mapping = newestMapping(type, definitions);
  if (schema === undefined || mapping === undefined)
    throw new GatewayError(
      'catalogue.not-listed',
      `There is no record type ${type}; see config/catalogue.yaml.`,
      {
        details: { types: [...definitions.types.keys()] },
        detailZh: `没有信息类别 ${type}。`,
      },
    );
  const fields = Object.keys(mapping.columns);
  const rows = [
    fields.map((field) => headingOf(field, schema, mapping)),
    fields.map((field) => exampleOf(field, schema, mapping)),
  ];
  return `${BYTE_ORDER_MARK}${Papa.unparse(rows, { newline: '\r\n', escapeFormulae: true })}\r\n`;
}

/** Gives the mapping of the latest table version that holds every kind of subject. */
export function newestMapping(type: string, definitions: Definitions): Mapping | undefined {
  return [...definitions.mappings.values()]
    .filter(
      (mapping) =>
        mapping.type === type &&
        mapping.derived === undefined &&
        mapping.constants?.['counterpartKind'] === undefined,
    )
    .sort((a, b) => b.id.localeCompare(a.id))[0];
}

function headingOf(field: string, schema: RecordSchema, mapping: Mapping): string {
  const rule = mapping.columns[field];
  const own =
    rule?.headings.map((heading) => (typeof heading === 'string' ? heading : heading.heading)) ?? [];
  const title = schema.properties[field]?.titleZh ?? field;
  return own.find((heading) => heading.startsWith(title)) ?? own[0] ?? rule?.official ?? field;
}

function exampleOf(field: string, schema: RecordSchema, mapping: Mapping): string {
  const property = schema.properties[field] as FieldSchema;
  const example = property.examples?.[0];
  if (Array.isArray(example)) return example.join(';');
  if (typeof example !== 'string') return '';
  if (property.normalise === 'date') return example.replaceAll('-', '/');
  return property.normalise === 'amount'
    ? formatAmount(example, mapping.columns[field]?.unit ?? 'yuan')
    : example;
}
