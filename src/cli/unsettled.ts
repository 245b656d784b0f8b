// What a command says of a batch that it leaves behind without an end, and the exit code that tells so.
import type { BatchView } from '../app/batch-view.js';
import { note } from './output.js';

/** Exit code where the batch is stored and waits for somebody. */
const WAITS = 3;
/** Exit code where it failed on our side. */
const FAILED = 2;

/** Says why a batch has no account, with the exit code for it; false where it has one. */
export function tellUnsettled({ id, source, status, finishedAt }: BatchView): boolean {
  if (status === 'failed') {
    note(`Batch ${id} failed on our side; the log says why · 处理失败，原因见日志`);
    process.exitCode = FAILED;
    return true;
  }
  if (finishedAt !== null) return false;
  note(
    [
      `The source ${source} is paused: batch ${id} is stored and waits, and nothing of it is lost.`,
      `来源 ${source} 已暂停：批次 ${id} 已保存，恢复后自动处理。`,
      'An operator resumes it, and a running gateway goes on with the batch · 由运维人员恢复:',
      `  curl -X POST -H "Authorization: Bearer OPERATOR-KEY" -H "Content-Type: application/json" -d '{"reason":"..."}' http://HOST:PORT/v1/sources/${source}/resume`,
    ].join('\n'),
  );
  process.exitCode = WAITS;
  return true;
}
