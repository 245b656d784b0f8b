// A session on an agency's MySQL or MariaDB. Rows are streamed as the server sends them, and it waits while we
// are busy; every statement is a prepared one, so that no value is ever written into its text.
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import mysql from 'mysql2';
import {
  BLOCK_ROWS,
  splitTable,
  type Cells,
  type Column,
  type ColumnKind,
  type FrontEnd,
  type SessionOptions,
  type Statement,
} from './front-end.js';
import { frontEndFault } from './front-end-fault.js';
import { mysqlDialect } from './mysql-dialect.js';

/** The server gives up a reader that is slow for net_write_timeout; ours may be busy for longer than its 60 s. */
const SESSION = `set session time_zone = '+08:00', net_write_timeout = 900,
  sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'`;

const COLUMNS = `select cast(column_name as char), cast(column_type as char), cast(data_type as char),
    cast(character_set_name as char), cast(collation_name as char)
  from information_schema.columns where table_schema = coalesce(?, database()) and table_name = ?
  order by ordinal_position`;

const KINDS: Readonly<Record<string, ColumnKind>> = {
  datetime: 'time',
  timestamp: 'time',
  date: 'time',
  tinyint: 'integer',
  smallint: 'integer',
  mediumint: 'integer',
  int: 'integer',
  bigint: 'integer',
  decimal: 'decimal',
};
const BINARY = /^(tiny|medium|long)?blob$|binary|^bit$|geometry|point|linestring|polygon/;

/** Opens a session; throws `pull.failed` or `pull.misconfigured`. */
export async function openMysql(url: string, options: SessionOptions): Promise<FrontEnd> {
  const connection = mysql.createConnection({
    uri: url,
    connectTimeout: options.connectTimeoutMs,
    charset: 'utf8mb4',
    multipleStatements: false,
  });
  // A break shows in the statement under way; between statements it shows in the next one.
  connection.on('error', () => undefined);
  const socket = socketOf(connection);
  socket.setTimeout(options.idleTimeoutMs, () => socket.destroy());
  const abort = (): void => void socket.destroy();
  options.signal.addEventListener('abort', abort);
  const run = (statement: Statement): Promise<Cells[]> => runOn(connection, statement, options.signal);
  const close = async (): Promise<void> => {
    options.signal.removeEventListener('abort', abort);
    socket.destroy();
    connection.destroy();
    return Promise.resolve();
  };
  try {
    options.signal.throwIfAborted();
    await run({ text: SESSION, values: [] });
  } catch (error) {
    await close();
    throw frontEndFault(error, options.signal);
  }
  return {
    dialect: mysqlDialect,
    run,
    close,
    ...readers(run),
    stream: (statement) => stream(connection, statement, options.signal),
  };
}

/** The types of the driver do not show it. */
function socketOf(connection: mysql.Connection): Socket {
  return (connection as unknown as { stream: Socket }).stream;
}

type Run = (statement: Statement) => Promise<Cells[]>;

function readers(run: Run): Pick<FrontEnd, 'snapshot' | 'columnsOf'> {
  return {
    snapshot: async () => {
      await run({ text: 'rollback', values: [] });
      await run({ text: 'set session transaction isolation level repeatable read', values: [] });
      await run({ text: 'start transaction with consistent snapshot, read only', values: [] });
    },
    columnsOf: async (table) => {
      const { schema, name } = splitTable(table);
      const rows = await run({ text: COLUMNS, values: [schema ?? null, name] });
      return rows.map(toColumn);
    },
  };
}

function toColumn([name, type, base, charset, collation]: Cells): Column {
  const data = base ?? '';
  const words = charset == null ? '' : ` character set ${charset} collate ${collation ?? ''}`;
  return {
    name: name ?? '',
    type: `${type ?? ''}${words}`,
    kind: BINARY.test(data) ? 'binary' : (KINDS[data] ?? 'text'),
  };
}

function runOn(
  connection: mysql.Connection,
  { text, values }: Statement,
  signal: AbortSignal,
): Promise<Cells[]> {
  return new Promise((resolve, reject) => {
    connection.execute({ sql: text, values: [...values], rowsAsArray: true }, (error, rows) => {
      if (error === null) resolve(Array.isArray(rows) ? (rows as unknown as Cells[]) : []);
      else reject(frontEndFault(error, signal));
    });
  });
}

async function* stream(
  connection: mysql.Connection,
  { text, values }: Statement,
  signal: AbortSignal,
): AsyncGenerator<readonly Cells[]> {
  const rows: Readable = connection
    .execute({ sql: text, values: [...values], rowsAsArray: true })
    .stream({ highWaterMark: BLOCK_ROWS });
  const socket = socketOf(connection);
  // The driver tells its stream nothing of a connection that is lost before the first row or between two: it would wait for ever.
  const lose = (): void => void rows.destroy(new Error('The connection is lost.'));
  socket.once('close', lose);
  let block: Cells[] = [];
  try {
    if (socket.destroyed) lose();
    for await (const row of rows as AsyncIterable<Cells>) {
      block.push(row);
      if (block.length < BLOCK_ROWS) continue;
      yield block;
      block = [];
    }
  } catch (error) {
    throw frontEndFault(error, signal);
  } finally {
    socket.off('close', lose);
  }
  if (block.length > 0) yield block;
}
