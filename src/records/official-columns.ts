// The way back: a canonical record in the official columns of one table version, as the city reads it.
// The mapping of that version is used in reverse, so that both directions are written once.
import { columnField } from '../core/column-field.js';
import type { Definitions, FieldSchema, Mapping } from '../core/definitions.js';
import { readTexts } from '../core/flat-json.js';
import { addByte, addBytes, addText, type GrowingBytes, type Span } from '../core/growing-bytes.js';
import type { OfficialTable, WriteOfficial } from '../core/official-columns.js';
import { formatAmount } from '../core/parse-amount.js';
import { createTable, type Column, type ColumnOf } from './official-table.js';

type WriteValue = Column['write'];

const QUOTE = 34;
const MINUS = 45;
const SLASH = 47;
const SEMICOLON = 59;

/** Makes the translator. */
export function compileOfficial(definitions: Definitions): OfficialTable {
  const tables = new Map<string, WriteOfficial>();
  return (recordType, tableVersion) => {
    const key = `${recordType}-${tableVersion}`;
    const known = tables.get(key);
    if (known !== undefined) return known;
    const table = createTable(columnsOf(recordType, definitions.mappings.get(key), definitions));
    tables.set(key, table);
    return table;
  };
}

function columnsOf(type: string, mapping: Mapping | undefined, definitions: Definitions): ColumnOf {
  const properties = definitions.types.get(type)?.properties ?? {};
  return (field) => {
    if (mapping === undefined) return { name: field, write: addJoined };
    const rule = mapping.columns[columnField(field, mapping)];
    if (rule?.official === undefined) return undefined;
    return { name: rule.official, write: officialValue(properties[field], rule) };
  };
}

function officialValue(field: FieldSchema | undefined, rule: Mapping['columns'][string]): WriteValue {
  if (field?.normalise === 'date') return addDates;
  if (field?.normalise !== 'amount') return addJoined;
  const unit = rule.unit ?? 'yuan';
  return (json, value, out) => {
    if (json[value.from] !== QUOTE) addJoined(json, value, out);
    else addText(out, JSON.stringify(formatAmount(parsed(json, value) as string, unit)));
  };
}

/** A text is passed on as it stands, a list as one text. */
function addJoined(json: Buffer, value: Span, out: GrowingBytes): void {
  if (json[value.from] === QUOTE) {
    addBytes(out, json, value);
    return;
  }
  const texts = readTexts(json, value);
  if (texts === undefined) {
    const given = parsed(json, value);
    addText(out, JSON.stringify(Array.isArray(given) ? given.join(';') : given));
    return;
  }
  addByte(out, QUOTE);
  texts.forEach((text, place) => {
    if (place > 0) addByte(out, SEMICOLON);
    addBytes(out, json, text);
  });
  addByte(out, QUOTE);
}

function addDates(json: Buffer, value: Span, out: GrowingBytes): void {
  const from = out.length;
  addJoined(json, value, out);
  for (let at = from; at < out.length; at += 1) if (out.buffer[at] === MINUS) out.buffer[at] = SLASH;
}

function parsed(json: Buffer, { from, to }: Span): unknown {
  return JSON.parse(json.toString('utf8', from, to));
}
