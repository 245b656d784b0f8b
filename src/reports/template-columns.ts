// The columns of a template: those of the newest mapping, in official order, with what their schema asks for.
import {
  type AmountUnit,
  type CodeList,
  type Definitions,
  type FieldSchema,
  type Mapping,
  type RecordSchema,
} from '../core/definitions.js';
import { GatewayError } from '../core/errors.js';
import { formatAmount } from '../core/parse-amount.js';

export interface TemplateColumn {
  readonly field: string;
  readonly heading: string;
  /** The column of the official table. */
  readonly official: string;
  readonly schema: FieldSchema;
  readonly unit: AmountUnit;
  /** A synthetic value; empty where the schema has none. */
  readonly example: string;
  readonly codeList: CodeList | undefined;
  /** Other fields whose values may stand in this column instead. */
  readonly others: readonly { readonly field: string; readonly schema: FieldSchema }[];
}

export interface Template {
  readonly schema: RecordSchema;
  readonly columns: readonly TemplateColumn[];
}

/** Gathers the columns of a record type; throws `catalogue.not-listed` where there is no such type. */
export function templateOf(type: string, definitions: Definitions): Template {
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
  const columns = Object.entries(mapping.columns).map(([field, rule]) => ({
    field,
    heading: headingOf(field, schema, mapping),
    official: rule.official,
    schema: schema.properties[field] as FieldSchema,
    unit: unitOf(field, headingOf(field, schema, mapping), mapping),
    example: exampleOf(field, schema, mapping),
    codeList: definitions.codeLists.get(schema.properties[field]?.codeList ?? ''),
    others: (rule.instead ?? [])
      .map((entry) => ({ field: entry.field, schema: schema.properties[entry.field] as FieldSchema }))
      .filter((entry) => mapping.columns[entry.field] === undefined),
  }));
  return { schema, columns };
}

/** Names a field as the agency knows it: by the heading of the column that holds its values. */
export function headingIn({ columns }: Template, field: string): string {
  const holder = columns.find((column) => fieldsOf(column).includes(field));
  return holder?.heading ?? field;
}

/** Gives the fields whose values may stand in a column. */
export function fieldsOf({ field, others }: TemplateColumn): string[] {
  return [field, ...others.map((other) => other.field)];
}

/** Gives the mapping of the latest table version, one that holds every kind of subject before one that does not. */
export function newestMapping(type: string, definitions: Definitions): Mapping | undefined {
  const isWhole = (mapping: Mapping): boolean =>
    mapping.derived === undefined && mapping.constants?.['counterpartKind'] === undefined;
  const mappings = [...definitions.mappings.values()]
    .filter((mapping) => mapping.type === type)
    .sort((a, b) => b.id.localeCompare(a.id));
  return mappings.find(isWhole) ?? mappings[0];
}

function headingOf(field: string, schema: RecordSchema, mapping: Mapping): string {
  const rule = mapping.columns[field];
  const own =
    rule?.headings.map((heading) => (typeof heading === 'string' ? heading : heading.heading)) ?? [];
  const title = schema.properties[field]?.titleZh ?? field;
  return own.find((heading) => heading.startsWith(title)) ?? own[0] ?? rule?.official ?? field;
}

function unitOf(field: string, heading: string, mapping: Mapping): AmountUnit {
  const rule = mapping.columns[field];
  const own = rule?.headings.find((entry) => typeof entry !== 'string' && entry.heading === heading);
  return (typeof own === 'object' ? own.unit : rule?.unit) ?? 'yuan';
}

function exampleOf(field: string, schema: RecordSchema, mapping: Mapping): string {
  const property = schema.properties[field] as FieldSchema;
  const example = property.examples?.[0];
  if (Array.isArray(example)) return example.join(';');
  if (typeof example !== 'string') return '';
  if (property.normalise === 'date') return example.replaceAll('-', '/');
  return property.normalise === 'amount'
    ? formatAmount(example, unitOf(field, headingOf(field, schema, mapping), mapping))
    : example;
}
