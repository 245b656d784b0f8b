// Writes records in the columns of one table. The columns are brought into the order of RFC 8785 once for the table,
// so that one text is sent and hashed; which field came behind which is kept, as records of a type are made alike.
import { readMembers, type Member } from '../core/flat-json.js';
import { addByte, addBytes, type GrowingBytes, type Span } from '../core/growing-bytes.js';
import type { WriteOfficial } from '../core/official-columns.js';

export interface Column {
  readonly name: string;
  /** Adds what the column says of a value; both are JSON. */
  readonly write: (json: Buffer, value: Span, out: GrowingBytes) => void;
}

/** Names the column of a field; undefined where it has none. */
export type ColumnOf = (field: string) => Column | undefined;

interface Field {
  readonly name: Buffer;
  readonly column: Column | undefined;
  /** Of its column, in the order of RFC 8785; -1 without one. */
  place: number;
  /** What came behind it in an earlier record. */
  next: Field | undefined;
}

interface Table {
  readonly columnOf: ColumnOf;
  readonly fields: Map<string, Field>;
  /** Stands before the first field. */
  readonly start: Field;
  /** `"NAME":` of the columns of all fields met so far, by their places. */
  heads: readonly Buffer[];
}

const COMMA = 44;
const OPEN = 123;
const CLOSE = 125;

/** Makes the writer of a table. */
export function createTable(columnOf: ColumnOf): WriteOfficial {
  const table: Table = { columnOf, fields: new Map(), start: newField('', undefined), heads: [] };
  return (record, out) => {
    const { json, members } = readMembers(record);
    // All of them first: a field that is met for the first time moves the places of others.
    const fields = fieldsOf(json, members, table);
    const byPlace = new Array<number>(table.heads.length).fill(-1);
    fields.forEach(({ place }, index) => {
      if (place >= 0) byPlace[place] = index;
    });
    let separator = OPEN;
    byPlace.forEach((index, place) => {
      if (index < 0) return;
      addByte(out, separator);
      separator = COMMA;
      const head = table.heads[place] as Buffer;
      addBytes(out, head, { from: 0, to: head.length });
      fields[index]?.column?.write(json, (members[index] as Member).value, out);
    });
    if (separator === OPEN) addByte(out, OPEN);
    addByte(out, CLOSE);
  };
}

function newField(name: string, column: Column | undefined): Field {
  return { name: Buffer.from(name), column, place: -1, next: undefined };
}

function fieldsOf(json: Buffer, members: readonly Member[], table: Table): Field[] {
  let before = table.start;
  return members.map(({ name }) => {
    const expected = before.next;
    const field =
      expected !== undefined && isAt(json, name, expected.name) ? expected : find(json, name, table);
    before.next = field;
    before = field;
    return field;
  });
}

function isAt(json: Buffer, { from, to }: Span, bytes: Buffer): boolean {
  if (to - from !== bytes.length) return false;
  for (let index = 0; index < bytes.length; index += 1) if (json[from + index] !== bytes[index]) return false;
  return true;
}

function find(json: Buffer, { from, to }: Span, table: Table): Field {
  const name = json.toString('utf8', from, to);
  const known = table.fields.get(name);
  if (known !== undefined) return known;
  const field = newField(name, table.columnOf(JSON.parse(`"${name}"`) as string));
  table.fields.set(name, field);
  if (field.column !== undefined) bringInOrder(table);
  return field;
}

function bringInOrder(table: Table): void {
  const fields = [...table.fields.values()];
  // Compared as UTF-16, as RFC 8785 does.
  const names = [...new Set(fields.flatMap(({ column }) => column?.name ?? []))].sort();
  for (const field of fields) if (field.column !== undefined) field.place = names.indexOf(field.column.name);
  table.heads = names.map((name) => Buffer.from(`${JSON.stringify(name)}:`));
}
