// The feedback table (反馈库) in an agency's database: one row for each row of each batch, with the key of the
// agency's own row in columns that are named and typed like its own, so that a join needs nothing more.
import type { DatabasePullSettings } from '../../core/configuration.js';
import type { Cells, Column, FrontEnd, TableShape } from '../../platform/front-end/front-end.js';
import { misconfigured } from '../../platform/front-end/front-end-fault.js';
import { upsertStatement } from '../../platform/front-end/statements.js';
import { columnNamed } from './pull-plan.js';

export interface FeedbackRow {
  readonly row: number;
  readonly key: Cells;
  /** Null where the row was never judged. */
  readonly verdict: string | null;
  readonly status: 'accepted' | 'rejected' | 'not-processed';
  readonly codes: string;
  readonly message: string;
}

export interface FeedbackTable {
  /** The columns of the agency's key, as its rows name them. */
  readonly keyNames: readonly string[];
  write(batch: { readonly id: string; readonly at: string }, rows: readonly FeedbackRow[]): Promise<void>;
}

/** `row_number` is a reserved word of MySQL, and agencies write their joins by hand. */
const PRIMARY = ['batch_id', 'row_no'];
const REPORTED = ['verdict', 'status', 'codes', 'message', 'fed_back_at'];

/** Opens the feedback table and makes it where it is not there; throws `pull.misconfigured` where it is another. */
export async function openFeedbackTable(
  frontEnd: FrontEnd,
  settings: DatabasePullSettings,
  table: string,
): Promise<FeedbackTable> {
  const keys = await readKeys(frontEnd, settings);
  if ((await frontEnd.columnsOf(table)).length === 0) await createTable(frontEnd, table, keys);
  const found = await frontEnd.columnsOf(table);
  const wanted = [...PRIMARY, ...keys.map(({ name }) => name), ...REPORTED];
  const columns = wanted.map((name) => found[columnNamed(found, name)]);
  const missing = wanted.filter((_, i) => columns[i] === undefined);
  if (missing.length > 0)
    throw misconfigured(
      `The feedback table ${table} lacks the columns ${missing.join(', ')}; remove it, and it is made as it must be.`,
      `反馈表 ${table} 缺少列：${missing.join('、')}。`,
    );
  const target = { table, columns: columns as Column[], primary: PRIMARY };
  return {
    keyNames: keys.map(({ name }) => name),
    write: async ({ id, at }, rows) => {
      if (rows.length === 0) return;
      const values = rows.map(({ row, key, verdict, status, codes, message }) => [
        ...[id, String(row), ...key],
        ...[verdict, status, codes, message, at],
      ]);
      await frontEnd.run(upsertStatement(target, values, frontEnd.dialect));
    },
  };
}

async function readKeys(frontEnd: FrontEnd, { table, keyColumns }: DatabasePullSettings): Promise<Column[]> {
  const all = await frontEnd.columnsOf(table);
  return keyColumns.map((name) => {
    const column = all[columnNamed(all, name)];
    if (column === undefined)
      throw misconfigured(`The table ${table} has no column ${name} that may be read.`);
    return column;
  });
}

async function createTable(frontEnd: FrontEnd, table: string, keys: readonly Column[]): Promise<void> {
  const { dialect } = frontEnd;
  const { types } = dialect;
  const required = (name: string, type: string): TableShape['columns'][number] => ({
    name,
    type,
    isRequired: true,
  });
  const optional = (name: string, type: string): TableShape['columns'][number] => ({
    name,
    type,
    isRequired: false,
  });
  const shape: TableShape = {
    columns: [
      required('batch_id', types.id),
      required('row_no', types.ordinal),
      ...keys.map(({ name, type }) => optional(name, type)),
      optional('verdict', types.word),
      required('status', types.word),
      optional('codes', types.text),
      optional('message', types.text),
      required('fed_back_at', types.moment),
    ],
    primary: PRIMARY,
    index: keys,
  };
  for (const text of dialect.create(table, shape)) await frontEnd.run({ text, values: [] });
}
