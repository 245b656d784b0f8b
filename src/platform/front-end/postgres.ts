// A session on an agency's PostgreSQL. Rows are streamed through a cursor of the server, block by block.
import { Socket } from 'node:net';
import pg from 'pg';
import {
  BLOCK_ROWS,
  tableName,
  type Cells,
  type Column,
  type ColumnKind,
  type FrontEnd,
  type SessionOptions,
  type Statement,
} from './front-end.js';
import { frontEndFault, misconfigured } from './front-end-fault.js';
import { postgresDialect, settingName } from './postgres-dialect.js';

const SESSION = `select set_config('TimeZone', 'Asia/Shanghai', false), set_config('DateStyle', 'ISO, YMD', false),
  set_config('application_name', 'credit-exchange-gateway', false),
  set_config('idle_in_transaction_session_timeout', $1, false), set_config('statement_timeout', $1, false),
  set_config('lock_timeout', '30s', false)`;

/** Names what may be read of a table; a domain counts as the type it is made of. */
const COLUMNS = `select a.attname, format_type(a.atttypid, a.atttypmod), coalesce(b.typname, t.typname)
  from pg_attribute a join pg_type t on t.oid = a.atttypid left join pg_type b on b.oid = nullif(t.typbasetype, 0)
  where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
    and has_column_privilege(a.attrelid, a.attnum, 'select')
  order by a.attnum`;

const KINDS: Readonly<Record<string, ColumnKind>> = {
  timestamptz: 'time',
  timestamp: 'time',
  date: 'time',
  int2: 'integer',
  int4: 'integer',
  int8: 'integer',
  numeric: 'decimal',
  bytea: 'binary',
};

/** Opens a session; throws `pull.failed` or `pull.misconfigured`. */
export async function openPostgres(url: string, options: SessionOptions): Promise<FrontEnd> {
  const socket = new Socket();
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: options.connectTimeoutMs,
    keepAlive: true,
    stream: () => socket,
    types: { getTypeParser: () => (text: unknown) => text },
  });
  // A break shows in the statement under way; between statements it shows in the next one.
  client.on('error', () => undefined);
  socket.setTimeout(options.idleTimeoutMs, () => socket.destroy());
  const abort = (): void => void socket.destroy();
  options.signal.addEventListener('abort', abort);
  const run = (statement: Statement): Promise<Cells[]> => runOn(client, statement, options.signal);
  const close = async (): Promise<void> => {
    options.signal.removeEventListener('abort', abort);
    if (!socket.destroyed) await client.end().catch(() => undefined);
    socket.destroy();
  };
  try {
    options.signal.throwIfAborted();
    await client.connect();
    await run({ text: SESSION, values: [String(options.idleTimeoutMs)] });
    await refuseBytes(run);
  } catch (error) {
    await close();
    throw frontEndFault(error, options.signal);
  }
  return { dialect: postgresDialect, run, close, ...readers(run) };
}

type Run = (statement: Statement) => Promise<Cells[]>;

function readers(run: Run): Pick<FrontEnd, 'snapshot' | 'columnsOf' | 'stream'> {
  return {
    snapshot: async () => {
      await run({ text: 'rollback', values: [] });
      await run({ text: 'begin isolation level repeatable read read only', values: [] });
    },
    columnsOf: async (table) => {
      const rows = await run({ text: COLUMNS, values: [tableName(table, postgresDialect)] });
      return rows.map(([name, type, base]) => toColumn(name ?? '', type ?? '', base ?? ''));
    },
    stream: (statement) => stream(run, statement),
  };
}

function toColumn(name: string, type: string, base: string): Column {
  return { name, type, kind: KINDS[base] ?? 'text' };
}

async function* stream(run: Run, { text, values }: Statement): AsyncGenerator<readonly Cells[]> {
  if (values.length > 0) {
    const settings = values.map((_, i) => `set_config('${settingName(i + 1)}', $${i + 1}, true)`);
    await run({ text: `select ${settings.join(', ')}`, values });
  }
  await run({ text: `declare pulled no scroll cursor for ${text}`, values: [] });
  for (;;) {
    const rows = await run({ text: `fetch ${BLOCK_ROWS} from pulled`, values: [] });
    if (rows.length > 0) yield rows;
    if (rows.length < BLOCK_ROWS) break;
  }
  await run({ text: 'close pulled', values: [] });
}

async function runOn(client: pg.Client, { text, values }: Statement, signal: AbortSignal): Promise<Cells[]> {
  try {
    const { rows } = await client.query<(string | null)[]>({ text, values: [...values], rowMode: 'array' });
    return rows;
  } catch (error) {
    throw frontEndFault(error, signal);
  }
}

/** A database without an encoding gives bytes that nobody can tell the characters of. */
async function refuseBytes(run: Run): Promise<void> {
  const [row] = await run({ text: `select current_setting('server_encoding')`, values: [] });
  if (row?.[0] === 'SQL_ASCII')
    throw misconfigured(
      'The front-end database has the encoding SQL_ASCII, so that its texts cannot be read with certainty.',
      '前置库编码为 SQL_ASCII，无法确定字符编码，请改用 UTF8 数据库。',
    );
}
