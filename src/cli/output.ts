// What the command line prints: results on standard output, everything else on standard error, so that
// `--json` can be piped. Errors come as a sentence in both languages, never as a stack.
import { ERRORS, isGatewayError, type ErrorCode } from '../core/errors.js';
import { maskDetails } from '../core/mask.js';
import type { BatchView } from '../app/batch-view.js';
import type { ValidationReport } from '../app/dry-run.js';

/** Writes one line to standard output. */
export function print(text: string): void {
  console.log(text);
}

/** Writes one line to standard error. */
export function note(text: string): void {
  console.error(text);
}

/** What the operating system says of a file or an address that a person named. */
const SYSTEM_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file or folder · 文件或文件夹不存在',
  ENOTDIR: 'Part of this path is not a folder · 路径中有一部分不是文件夹',
  EEXIST: 'Something else is in this place · 该位置已有其他文件',
  EISDIR: 'This is a folder, not a file · 这是文件夹，不是文件',
  EACCES: 'Access is not allowed; look at its owner and mode · 没有访问权限',
  EPERM: 'Access is not allowed; look at its owner and mode · 没有访问权限',
  EROFS: 'This place can only be read · 只读位置，无法写入',
  ENOSPC: 'The disk is full · 磁盘已满',
  EADDRINUSE: 'This address is in use; choose another PORT, or stop who has it · 端口已被占用，请更换 PORT',
};

/** What to try where the message alone does not say it. */
const HINTS: Partial<Record<ErrorCode, string>> = {
  'database.unavailable':
    'DATABASE_URL says where the database is; without it the gateway runs its own in DATA_DIR/postgres · 请检查 DATABASE_URL；未设置时使用内嵌数据库',
};

/** Describes a failure for a person; ID numbers in names that a person gave (of files) are masked. */
export function describeFailure(error: unknown): string {
  if (isGatewayError(error)) {
    const zh = error.detailZh ?? ERRORS[error.code].titleZh;
    return [`${error.code}: ${error.message}`, zh, ...[HINTS[error.code] ?? []].flat()].join('\n');
  }
  const { code = '', message, path } = error as NodeJS.ErrnoException;
  const known = SYSTEM_FAULTS[code];
  if (known === undefined) return maskDetails(`Unexpected failure · 意外错误: ${message}`);
  return maskDetails(path === undefined ? known : `${known}: ${path}`);
}

/** Lays a batch out as a small table. */
export function batchTable(batch: BatchView): string {
  const lines = [
    `batch · 批次      ${batch.id}`,
    `status · 状态     ${batch.status}`,
    ...Object.entries(batch.counts).map(([name, count]) => `${name.padEnd(16)}  ${count}`),
    ...batch.warnings.map((warning) => `! ${warning.code}: ${warning.message} · ${warning.messageZh}`),
  ];
  return lines.join('\n');
}

/** Lays a validation report out: the counts, then the problems with their rows. */
export function reportText(report: ValidationReport): string {
  const head = `${report.received} rows read, ${report.rejected} would be rejected · 读取 ${report.received} 行，${report.rejected} 行不合格 (${report.mapping})`;
  const warnings = report.warnings.map((warning) => `! ${warning.code}: ${warning.message}`);
  const problems = report.problems.map(
    (problem) =>
      `row ${problem.row}  ${problem.severity === 'error' ? '✗' : '!'} ${problem.code}  ${problem.messageZh} · ${problem.message}`,
  );
  const cut = report.total > problems.length ? [`… ${report.total - problems.length} more`] : [];
  return [head, ...warnings, ...problems, ...cut].join('\n');
}
