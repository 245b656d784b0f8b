// What a front-end database (前置库) looks like to the gateway, whichever product it is: every value is the text that
// the database itself writes, in sessions on Asia/Shanghai time. Nothing passes through a number or a date of ours.

/** One row, or one key, in the order asked for. */
export type Cells = readonly (string | null)[];

export type ColumnKind = 'time' | 'integer' | 'decimal' | 'text' | 'binary';

export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
  /** The type as the database writes it; values of the type are made from text with it. */
  readonly type: string;
}

export interface Statement {
  readonly text: string;
  /** In the order of the parameters; each is used once. */
  readonly values: Cells;
}

/** How a product writes what the statements need. */
export interface Dialect {
  quote(name: string): string;
  /** The n-th parameter, from 1. */
  parameter(n: number): string;
  /** The n-th parameter of a statement whose rows are streamed. */
  streamed(n: number): string;
  /** The value of a column as a text that a reader takes for what it is: times without their offset. */
  text(column: Column): string;
  /** The value of an expression as a text from which `value` makes the very same value again. */
  exact(expression: string): string;
  /** A text as a value of a column's type. */
  value(text: string, column: Column): string;
  /** A value less an overlap: seconds for a time, a count for a number. */
  less(value: string, overlap: string, column: Column): string;
  /** The present moment as a value of a column's type. */
  now(column: Column): string;
  /** Types of the columns of a feedback table. */
  readonly types: Readonly<Record<'id' | 'ordinal' | 'word' | 'text' | 'moment', string>>;
  /** The statements that create a table. */
  create(table: string, shape: TableShape): readonly string[];
  /** The end of an insert that replaces `columns` where a row with this primary key is there. */
  upsert(primary: readonly string[], columns: readonly string[]): string;
}

export interface TableShape {
  readonly columns: readonly { readonly name: string; readonly type: string; readonly isRequired: boolean }[];
  readonly primary: readonly string[];
  /** Columns by which rows are looked up. */
  readonly index: readonly Column[];
}

/** A session; every failure is a `pull.failed` or `pull.misconfigured` without addresses, users or values. */
export interface FrontEnd {
  readonly dialect: Dialect;
  /** Begins a read-only transaction that sees one state of the tables, and ends the one before. */
  snapshot(): Promise<void>;
  /** Names the columns of a table or view that may be read, in their order; none where there is no such table. */
  columnsOf(table: string): Promise<Column[]>;
  run(statement: Statement): Promise<Cells[]>;
  /** Yields the rows of a statement in blocks, as they are asked for; nothing else may run meanwhile. */
  stream(statement: Statement): AsyncGenerator<readonly Cells[]>;
  /** Ends the session, and its transaction with it; never throws. */
  close(): Promise<void>;
}

export interface SessionOptions {
  /** Ends the session, whatever it is doing. */
  readonly signal: AbortSignal;
  readonly connectTimeoutMs: number;
  /** A session on which nothing moves for so long is ended. */
  readonly idleTimeoutMs: number;
}

/** Rows in a block. */
export const BLOCK_ROWS = 1000;

/** Splits `schema.table`. */
export function splitTable(table: string): { schema: string | undefined; name: string } {
  const dot = table.indexOf('.');
  return dot < 0
    ? { schema: undefined, name: table }
    : { schema: table.slice(0, dot), name: table.slice(dot + 1) };
}

/** Writes the name of a table, with its schema where it has one. */
export function tableName(table: string, { quote }: Dialect): string {
  const { schema, name } = splitTable(table);
  return schema === undefined ? quote(name) : `${quote(schema)}.${quote(name)}`;
}
