// What the command line prints: results on standard output, everything else on standard error, so that
// `--json` can be piped. Errors come as a sentence in both languages, never as a stack.
import { ERRORS, isGatewayError } from '../core/errors.js';
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

/** Describes a failure for a person; ID numbers in names that a person gave (of files) are masked. */
export function describeFailure(error: unknown): string {
  if (!isGatewayError(error))
    return `Unexpected failure · 意外错误: ${maskDetails((error as Error).message)}`;
  const zh = error.detailZh ?? ERRORS[error.code].titleZh;
  return `${error.code}: ${error.message}\n${zh}`;
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
