// How PostgreSQL writes what the statements of a front-end database need.
import type { Column, Dialect, TableShape } from './front-end.js';
import { tableName } from './front-end.js';

export const postgresDialect: Dialect = {
  quote,
  parameter: (n) => `$${n}`,
  // DECLARE takes no parameters: they are settings of the transaction.
  streamed: (n) => `current_setting('${settingName(n)}')`,
  text: (column) =>
    column.type.endsWith('with time zone') && column.kind === 'time'
      ? `${quote(column.name)}::timestamp::text`
      : `${quote(column.name)}::text`,
  exact: (expression) => `(${expression})::text`,
  value: (text, column) => `${text}::${column.type}`,
  less: (value, overlap, column) => {
    if (column.kind === 'time') return `${value} - make_interval(secs => ${overlap}::float8)`;
    return `${value} - ${overlap}::${column.kind === 'integer' ? 'bigint' : 'numeric'}`;
  },
  now: (column) => `now()::${column.type}`,
  types: { id: 'uuid', ordinal: 'bigint', word: 'text', text: 'text', moment: 'timestamptz' },
  create,
  upsert: (primary, columns) =>
    `on conflict (${primary.map(quote).join(', ')}) do update set ${columns
      .map((name) => `${quote(name)} = excluded.${quote(name)}`)
      .join(', ')}`,
};

/** Names the setting that holds the n-th parameter of a streamed statement. */
export function settingName(n: number): string {
  return `gateway.p${n}`;
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function create(table: string, { columns, primary, index }: TableShape): string[] {
  const name = tableName(table, postgresDialect);
  const lines = columns.map(
    (column) => `${quote(column.name)} ${column.type}${column.isRequired ? ' not null' : ''}`,
  );
  const keys = (named: readonly string[]): string => named.map(quote).join(', ');
  return [
    `create table if not exists ${name} (${lines.join(', ')}, primary key (${keys(primary)}))`,
    `create index on ${name} (${keys(index.map((column: Column) => column.name))})`,
  ];
}
