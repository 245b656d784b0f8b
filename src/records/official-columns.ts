// The way back: a canonical record in the official columns of one table version, as the city reads it.
// The mapping of that version is used in reverse, so that both directions are written once. The columns are brought
// into the order of RFC 8785 once for each table, so that one text is sent and hashed.
import { columnField } from '../core/column-field.js';
import type { Definitions, FieldSchema, Mapping } from '../core/definitions.js';
import { readMembers, type Member } from '../core/flat-json.js';
import type { OfficialText } from '../core/official-columns.js';
import { formatAmount } from '../core/parse-amount.js';

interface Column {
  readonly name: string;
  /** Takes and gives the JSON of a value. */
  readonly write: (value: string) => string;
}

interface Table {
  readonly fields: Map<string, Column | undefined>;
  /** The names of all columns met so far, each with its place in the order of RFC 8785. */
  places: ReadonlyMap<string, number>;
  /** `"NAME":` of each column, in that order. */
  heads: readonly string[];
}

type ColumnOf = (field: string) => Column | undefined;

/** Makes the translator. */
export function compileOfficial(definitions: Definitions): OfficialText {
  const tables = new Map<string, { readonly table: Table; readonly columnOf: ColumnOf }>();
  return (type, version, record) => {
    const key = `${type}-${version}`;
    let known = tables.get(key);
    if (known === undefined) {
      const table = { fields: new Map(), places: new Map(), heads: [] };
      known = { table, columnOf: columnsOf(type, definitions.mappings.get(key), definitions) };
      tables.set(key, known);
    }
    const { table, columnOf } = known;
    const members = readMembers(record);
    for (const [field] of members) if (!table.fields.has(field)) learn(table, field, columnOf(field));
    return write(table, members);
  };
}

function columnsOf(type: string, mapping: Mapping | undefined, definitions: Definitions): ColumnOf {
  const properties = definitions.types.get(type)?.properties ?? {};
  return (field) => {
    if (mapping === undefined) return { name: field, write: asText };
    const rule = mapping.columns[columnField(field, mapping)];
    if (rule?.official === undefined) return undefined;
    return { name: rule.official, write: officialValue(properties[field], rule) };
  };
}

function learn(table: Table, field: string, column: Column | undefined): void {
  table.fields.set(field, column);
  if (column === undefined) return;
  // Compared as UTF-16, as RFC 8785 does.
  const names = [...new Set([...table.places.keys(), column.name])].sort();
  table.places = new Map(names.map((name, place) => [name, place]));
  table.heads = names.map((name) => `${JSON.stringify(name)}:`);
}

function write({ fields, places, heads }: Table, members: readonly Member[]): string {
  const values = new Array<string | undefined>(heads.length);
  for (const [field, value] of members) {
    const column = fields.get(field);
    if (column !== undefined) values[places.get(column.name) as number] = column.write(value);
  }
  let text = '';
  for (let place = 0; place < heads.length; place += 1) {
    const value = values[place];
    if (value !== undefined) text += `${text === '' ? '' : ','}${heads[place] as string}${value}`;
  }
  return `{${text}}`;
}

function officialValue(
  field: FieldSchema | undefined,
  rule: Mapping['columns'][string],
): (value: string) => string {
  if (field?.normalise === 'date') return (value) => asText(value).replaceAll('-', '/');
  if (field?.normalise !== 'amount') return asText;
  return (value) =>
    isList(value)
      ? asText(value)
      : JSON.stringify(formatAmount(JSON.parse(value) as string, rule.unit ?? 'yuan'));
}

/** A text is passed on as it stands. */
function asText(value: string): string {
  return isList(value) ? JSON.stringify((JSON.parse(value) as string[]).join(';')) : value;
}

function isList(value: string): boolean {
  return value.startsWith('[');
}
