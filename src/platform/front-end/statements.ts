// The statements that a front-end database is asked. Names are quoted, values are parameters.
import { tableName, type Cells, type Column, type Dialect, type Statement } from './front-end.js';

export interface Range {
  readonly table: string;
  readonly columns: readonly Column[];
  readonly keys: readonly Column[];
  readonly cursor: Column;
}

/** Asks for the newest cursor that is not in the future, and whether it is smaller than `place` (`1`). */
export function newestStatement(
  { table, cursor }: Pick<Range, 'table' | 'cursor'>,
  place: string | null,
  dialect: Dialect,
): Statement {
  const column = dialect.quote(cursor.name);
  const isBehind =
    place === null
      ? `'0'`
      : `case when max(${column}) < ${dialect.value(dialect.parameter(1), cursor)} then '1' else '0' end`;
  const past = cursor.kind === 'time' ? ` where ${column} <= ${dialect.now(cursor)}` : '';
  return {
    text: `select ${dialect.exact(`max(${column})`)}, ${isBehind} from ${tableName(table, dialect)}${past}`,
    values: place === null ? [] : [place],
  };
}

/** Asks for the rows from a cursor on, less an overlap; for all that have a cursor where there is no place. */
export function rowsStatement(
  range: Range,
  since: { readonly place: string; readonly overlap: number } | undefined,
  dialect: Dialect,
): Statement {
  const column = dialect.quote(range.cursor.name);
  const order = `order by ${[column, ...range.keys.map(({ name }) => dialect.quote(name))].join(', ')}`;
  if (since === undefined)
    return { text: `${selectFrom(range, dialect)} where ${column} is not null ${order}`, values: [] };
  const place = dialect.value(dialect.streamed(1), range.cursor);
  return {
    text: `${selectFrom(range, dialect)} where ${column} >= ${dialect.less(place, dialect.streamed(2), range.cursor)} ${order}`,
    values: [since.place, String(since.overlap)],
  };
}

/** Asks for the rows that have no cursor: no place ever passes them. */
export function rowsWithoutCursorStatement(range: Range, dialect: Dialect): Statement {
  const column = dialect.quote(range.cursor.name);
  const order = range.keys.map(({ name }) => dialect.quote(name)).join(', ');
  return {
    text: `${selectFrom(range, dialect)} where ${column} is null order by ${order}`,
    values: [],
  };
}

/** Asks for every key. */
export function keysStatement({ table, keys }: Pick<Range, 'table' | 'keys'>, dialect: Dialect): Statement {
  return {
    text: `select ${keys.map((key) => dialect.text(key)).join(', ')} from ${tableName(table, dialect)}`,
    values: [],
  };
}

/** Asks for the rows of some keys. */
export function rowsByKeyStatement(range: Range, wanted: readonly Cells[], dialect: Dialect): Statement {
  const values = wanted.flat();
  let n = 0;
  const isKey = wanted.map(
    () =>
      `(${range.keys
        .map((key) => `${dialect.quote(key.name)} = ${dialect.value(dialect.parameter((n += 1)), key)}`)
        .join(' and ')})`,
  );
  return { text: `${selectFrom(range, dialect)} where ${isKey.join(' or ')}`, values };
}

/** Writes rows, replacing those whose primary key is there. */
export function upsertStatement(
  target: {
    readonly table: string;
    readonly columns: readonly Column[];
    readonly primary: readonly string[];
  },
  rows: readonly Cells[],
  dialect: Dialect,
): Statement {
  const { columns, primary } = target;
  let n = 0;
  const tuples = rows.map(
    () => `(${columns.map((column) => dialect.value(dialect.parameter((n += 1)), column)).join(', ')})`,
  );
  const names = columns.map(({ name }) => name);
  const others = names.filter((name) => !primary.includes(name));
  return {
    text: `insert into ${tableName(target.table, dialect)} (${names.map((name) => dialect.quote(name)).join(', ')})
       values ${tuples.join(', ')} ${dialect.upsert(primary, others)}`,
    values: rows.flat(),
  };
}

function selectFrom({ table, columns }: Range, dialect: Dialect): string {
  return `select ${columns.map((column) => dialect.text(column)).join(', ')} from ${tableName(table, dialect)}`;
}
