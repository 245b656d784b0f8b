// The one way to PostgreSQL: a pool, and transactions on one of its connections.
import pg from 'pg';

export type Row = Record<string, unknown>;

/** Anything that runs a statement: the pool, or the connection of a transaction. */
export interface Sql {
  query<R extends Row = Row>(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ rows: R[]; rowCount: number | null }>;
}

export type Connection = pg.PoolClient;

export interface Database extends Sql {
  /** Runs `work` in one transaction: commits when it returns, rolls back when it throws. */
  transaction<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface PoolOptions {
  readonly url: string;
  readonly maxConnections: number;
  /** Told of errors of idle connections, which would end the process otherwise. */
  readonly onIdleError: (error: Error) => void;
}

const INT8_OID = 20;

/** Opens a pool. `bigint` columns come as numbers: positions and counts stay far below 2^53. */
export function openDatabase(options: PoolOptions): Database {
  const parserOf = pg.types.getTypeParser as (
    oid: number,
    format: 'text' | 'binary',
  ) => (value: string) => unknown;
  const getTypeParser = (oid: number, format: 'text' | 'binary' = 'text'): ((value: string) => unknown) =>
    oid === INT8_OID ? Number : parserOf(oid, format);
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.maxConnections,
    types: { getTypeParser: getTypeParser as typeof pg.types.getTypeParser },
    // Awaited by the pool, whatever its types say.
    onConnect: (connection) => runPlainly(connection) as unknown,
  });
  pool.on('error', options.onIdleError);
  return {
    query: (text, values) => pool.query(text, values as unknown[]) as never,
    transaction: (work) => inTransaction(pool, work),
    close: () => pool.end(),
  };
}

/** What seems dear is compiled otherwise, which takes as long as hundreds of our statements; without statistics many seem so. */
async function runPlainly(connection: pg.ClientBase): Promise<void> {
  await connection.query('set jit = off');
}

async function inTransaction<T>(pool: pg.Pool, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await pool.connect();
  let broken: Error | undefined;
  const noteBreak = (error: Error): void => {
    broken = error;
  };
  connection.on('error', noteBreak);
  try {
    await connection.query('begin');
    const result = await work(connection);
    await connection.query('commit');
    return result;
  } catch (error) {
    await connection.query('rollback').catch((rollbackError: unknown) => {
      broken = rollbackError as Error;
    });
    throw error;
  } finally {
    connection.off('error', noteBreak);
    connection.release(broken);
  }
}
