// The report that lies beside a file once it has left the folder: what became of it, as which batch, or why
// it was refused.
import { ERRORS, type GatewayError } from '../../core/errors.js';
import type { BatchState, Counts } from '../../core/words.js';
import type { Batch, BatchWarning } from '../../db/batches.js';

export interface FileReport {
  /** The name under which the file was laid down. */
  readonly file: string;
  /** SHA-256 of its bytes, lower-case hex. */
  readonly sha256: string;
  readonly source: string;
  /** `skipped` where these bytes were settled before, as `batch`. */
  readonly status: BatchState | 'skipped' | 'refused';
  readonly batch?: string;
  readonly receivedAt?: string;
  readonly finishedAt?: string | null;
  readonly counts?: Counts;
  readonly warnings: readonly BatchWarning[];
  readonly refusal?: {
    readonly code: string;
    readonly title: string;
    readonly detail: string;
    readonly detailZh: string;
    readonly details: Readonly<Record<string, unknown>>;
  };
}

export type ReportedFile = Pick<FileReport, 'file' | 'sha256' | 'source'>;

/** Reports on a file that became a batch, which has settled. */
export function reportBatch(of: ReportedFile, batch: Batch): FileReport {
  return {
    ...of,
    status: batch.status,
    batch: batch.id,
    receivedAt: batch.receivedAt.toISOString(),
    finishedAt: batch.finishedAt?.toISOString() ?? null,
    counts: batch.counts,
    warnings: batch.warnings,
  };
}

/** Reports on a file whose bytes were settled before. */
export function reportRepeat(of: ReportedFile, earlier: { id: string; status: BatchState }): FileReport {
  const { id, status } = earlier;
  const warning = {
    code: 'batch.settled-before',
    message: `These bytes were settled before, as batch ${id} (${status}); they were not taken in again.`,
    messageZh: `相同内容此前已作为批次 ${id} 处理完毕（${status}），本次未重复接收。`,
    batch: id,
  };
  return { ...of, status: 'skipped', batch: id, warnings: [warning] };
}

/** Reports on a file that was refused before it became a batch. */
export function reportRefusal(of: ReportedFile, error: GatewayError): FileReport {
  const { title, titleZh } = ERRORS[error.code];
  return {
    ...of,
    status: 'refused',
    warnings: [],
    refusal: {
      code: error.code,
      title: `${title} · ${titleZh}`,
      detail: error.message,
      detailZh: error.detailZh ?? titleZh,
      details: error.details,
    },
  };
}
