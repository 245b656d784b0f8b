// What a pull knows before it reads a row: the columns of the agency's table, and what they are to the source and
// its mappings. Whatever cannot work is said here, before anything is read.
import { columnField } from '../../core/column-field.js';
import type { DatabasePullSettings, Source } from '../../core/configuration.js';
import type { Definitions, Mapping } from '../../core/definitions.js';
import { documentFields } from '../../core/identity.js';
import { matchHeadings, type HeadingMatch } from '../../core/heading-match.js';
import type { Column } from '../../platform/front-end/front-end.js';
import { misconfigured } from '../../platform/front-end/front-end-fault.js';

export interface PullPlan {
  readonly source: Source;
  readonly settings: DatabasePullSettings;
  /** What is read of a row, in the order of its cells. */
  readonly columns: readonly Column[];
  readonly keys: readonly Column[];
  readonly cursor: Column;
  /** Places in `columns` of the key, of the cursor, and of all that tells one content from another. */
  readonly keyCells: readonly number[];
  readonly cursorCell: number;
  readonly contentCells: readonly number[];
  /** Binary columns that no mapping asks for: they are left out. */
  readonly leftOut: readonly string[];
  /** How a row that is gone is withdrawn; undefined where the source does not want it. */
  readonly withdrawal: WithdrawalPlan | undefined;
}

export interface WithdrawalPlan {
  /** Places in `columns` of the identity, and of what the identity is read with. */
  readonly documentCells: readonly number[];
  readonly nameCell: number;
  readonly idNumberCell: number | undefined;
  readonly sealedCells: readonly number[];
  readonly operation: { readonly heading: string; readonly word: string };
}

/** What stands beside the identity of a natural person. */
const ID_NUMBER = 'counterpartIdNumber';
const PERSON_FIELDS = [ID_NUMBER, 'counterpartIdType', 'counterpartKind'];

/** Plans a pull; throws `pull.misconfigured` with what is missing. */
export function planPull(source: Source, all: readonly Column[], definitions: Definitions): PullPlan {
  const settings = settingsOf(source);
  if (all.length === 0)
    throw misconfigured(
      `The front-end database has no table ${settings.table}, or none of its columns may be read.`,
      `前置库中没有表 ${settings.table}，或没有读取权限。`,
    );
  const match = matchColumns(source, all, definitions);
  const columns = withoutBinary(all, match, settings);
  const cellOf = (name: string): number => columnNamed(columns, name);
  const keyCells = settings.keyColumns.map((name) => requireColumn(cellOf(name), name, settings));
  const cursorCell = requireColumn(cellOf(settings.cursor.column), settings.cursor.column, settings);
  const cursor = columns[cursorCell] as Column;
  refuseCursor(cursor, settings);
  const isMapped = mappedNames(match, all).has(cursor.name);
  return {
    source,
    settings,
    columns,
    keys: keyCells.map((cell) => columns[cell] as Column),
    cursor,
    keyCells,
    cursorCell,
    // A row whose time alone has moved is no other row.
    contentCells: columns.flatMap((_, cell) => (cell === cursorCell && !isMapped ? [] : [cell])),
    leftOut: all.filter((column) => !columns.includes(column)).map(({ name }) => name),
    withdrawal: settings.withdrawsMissing
      ? planWithdrawal(match, { all, cellOf, settings }, definitions)
      : undefined,
  };
}

/** Gives the settings of a source that is pulled from a database. */
export function settingsOf(source: Source): DatabasePullSettings {
  if (source.databasePull === undefined)
    throw misconfigured(`The source ${source.id} has no front-end database.`);
  return source.databasePull;
}

function matchColumns(source: Source, all: readonly Column[], definitions: Definitions): HeadingMatch {
  const mappings = source.mappings.flatMap((name): Mapping[] => {
    const mapping = definitions.mappings.get(name);
    return mapping === undefined ? [] : [mapping];
  });
  // The first mapping wins a tie: those that tie name the columns of the identity alike.
  const match = matchHeadings([all.map(({ name }) => name)], mappings, () => []);
  if (match === undefined)
    throw misconfigured(
      `The columns of ${settingsOf(source).table} are not those of a known mapping; a view can name them.`,
      `表 ${settingsOf(source).table} 的列名无法识别，可通过视图改名。`,
    );
  return match;
}

function mappedNames(match: HeadingMatch, all: readonly Column[]): ReadonlySet<string> {
  const cells = [
    ...match.columns.map(({ column }) => column),
    match.operationColumn,
    match.versionTimeColumn,
  ];
  return new Set(cells.flatMap((cell) => (cell === undefined ? [] : (all[cell]?.name ?? []))));
}

function withoutBinary(
  all: readonly Column[],
  match: HeadingMatch,
  { keyColumns, cursor }: DatabasePullSettings,
): Column[] {
  const own = [...keyColumns, cursor.column].flatMap((name) => all[columnNamed(all, name)]?.name ?? []);
  const needed = new Set([...mappedNames(match, all), ...own]);
  const refused = all.filter(({ kind, name }) => kind === 'binary' && needed.has(name));
  if (refused.length > 0) {
    const names = refused.map(({ name }) => name);
    throw misconfigured(
      `These columns hold bytes, which are no text: ${names.join(', ')}; a view can give them as text.`,
      `以下列为二进制类型，无法读取：${names.join('、')}，可通过视图转换为文本。`,
    );
  }
  return all.filter(({ kind }) => kind !== 'binary');
}

/** Finds a column by name, whose case the database may have folded; -1 where there is none. */
export function columnNamed(columns: readonly Column[], name: string): number {
  const exact = columns.findIndex((column) => column.name === name);
  const folded = name.toLowerCase();
  return exact >= 0 ? exact : columns.findIndex((column) => column.name.toLowerCase() === folded);
}

function requireColumn(cell: number, name: string, { table }: DatabasePullSettings): number {
  if (cell < 0)
    throw misconfigured(
      `The table ${table} has no column ${name} that may be read.`,
      `表 ${table} 中没有可读取的列 ${name}。`,
    );
  return cell;
}

function refuseCursor({ name, kind }: Column, { cursor, table }: DatabasePullSettings): void {
  const fits = cursor.kind === 'time' ? kind === 'time' : kind === 'integer' || kind === 'decimal';
  if (!fits)
    throw misconfigured(
      `The column ${name} of ${table} is to be the cursor and a ${cursor.kind}, but its type is another.`,
      `表 ${table} 的列 ${name} 类型与游标类型（${cursor.kind === 'time' ? '时间' : '数字'}）不符。`,
    );
}

function planWithdrawal(
  match: HeadingMatch,
  table: {
    all: readonly Column[];
    cellOf: (name: string) => number;
    settings: DatabasePullSettings;
  },
  definitions: Definitions,
): WithdrawalPlan {
  const { mapping } = match;
  const identity = definitions.types.get(mapping.type)?.identity;
  const cellOfField = (field: string | undefined): number | undefined => {
    const wanted = field === undefined ? undefined : [field, columnField(field, mapping)];
    const found = match.columns.find((column) => wanted?.includes(column.field));
    return found === undefined ? undefined : table.cellOf(table.all[found.column]?.name ?? '');
  };
  const documentCells = (identity === undefined ? [] : documentFields(identity)).map(cellOfField);
  const nameCell = cellOfField(identity?.name);
  const heading =
    match.operationColumn === undefined
      ? mapping.operation?.headings[0]
      : table.all[match.operationColumn]?.name;
  const word = mapping.operation?.withdraw[0];
  if (!areKnown(documentCells) || nameCell === undefined || heading === undefined || word === undefined)
    throw misconfigured(
      `Rows that are gone cannot be withdrawn: ${table.settings.table} lacks the document number or the name, or the mapping ${mapping.id} knows no withdrawal.`,
      `无法撤销已删除的记录：表 ${table.settings.table} 缺少文书号或相对人名称，或映射未定义撤销操作。`,
    );
  const personCells = PERSON_FIELDS.flatMap((field) => cellOfField(field) ?? []);
  return {
    documentCells,
    nameCell,
    idNumberCell: cellOfField(ID_NUMBER),
    sealedCells: [...documentCells, nameCell, ...personCells],
    operation: { heading, word },
  };
}

function areKnown(cells: readonly (number | undefined)[]): cells is readonly number[] {
  return cells.length > 0 && cells.every((cell) => cell !== undefined);
}
