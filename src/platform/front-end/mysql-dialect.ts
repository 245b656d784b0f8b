// How MySQL and MariaDB write what the statements of a front-end database need. Parameters have no numbers there.
import type { Column, Dialect, TableShape } from './front-end.js';
import { tableName } from './front-end.js';

export const mysqlDialect: Dialect = {
  quote,
  parameter: () => '?',
  streamed: () => '?',
  text: (column) => `cast(${quote(column.name)} as char)`,
  exact: (expression) => `cast(${expression} as char)`,
  value,
  less: (value_, overlap, { kind }) =>
    kind === 'time'
      ? `${value_} - interval ${overlap} second`
      : `${value_} - cast(${overlap} as decimal(65, 0))`,
  now: () => 'current_timestamp(6)',
  types: {
    id: 'char(36) character set ascii',
    ordinal: 'bigint',
    word: 'varchar(32)',
    text: 'text',
    moment: 'datetime',
  },
  create,
  upsert: (_primary, columns) =>
    `on duplicate key update ${columns.map((name) => `${quote(name)} = values(${quote(name)})`).join(', ')}`,
};

function quote(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** A text compared with a number goes through a double in MySQL, which 18 digits do not survive. */
function value(text: string, { kind }: Column): string {
  switch (kind) {
    case 'time':
      return `cast(${text} as datetime(6))`;
    case 'integer':
      return `cast(${text} as decimal(65, 0))`;
    case 'decimal':
      return `cast(${text} as decimal(65, 20))`;
    case 'text':
    case 'binary':
      return text;
  }
}

function create(table: string, { columns, primary, index }: TableShape): string[] {
  const lines = columns.map(
    (column) => `${quote(column.name)} ${column.type}${column.isRequired ? ' not null' : ''}`,
  );
  const keys = (named: readonly string[]): string => named.map(quote).join(', ');
  // A text has no index without the length of a prefix.
  const isIndexed = index.every(({ type }) => !/text|json/i.test(type));
  const lookup = isIndexed ? `, key by_key (${keys(index.map(({ name }) => name))})` : '';
  return [
    `create table if not exists ${tableName(table, mysqlDialect)} (${lines.join(', ')},
       primary key (${keys(primary)})${lookup}) character set utf8mb4`,
  ];
}
