// `gateway replay BATCH`: judges a batch once more by the mapping of today, in this process, to its settled replay;
// with --preview it says what would change and writes nothing.
import { orderReplay, originalOf } from '../app/order-replay.js';
import { previewReplay, type ReplayPreview } from '../app/preview-replay.js';
import { COMMAND_LINE } from '../core/audit-entry.js';
import { ANY_DAY, maskPersonalNumbersIn } from '../core/mask.js';
import { workUntilSettled } from './ingest.js';
import { batchTable, note, print } from './output.js';
import { waitForSignal } from './serve.js';
import { openSite, withSession } from './session.js';
import { tellUnsettled } from './unsettled.js';

export interface ReplayOptions {
  readonly preview: boolean;
  readonly json: boolean;
  readonly reason?: string;
}

/** Runs `gateway replay`. */
export function runReplay(batchId: string, options: ReplayOptions): Promise<void> {
  return withSession(async (session) => {
    const stopping = new AbortController();
    void waitForSignal().then(() => stopping.abort(new Error('Interrupted.')));
    const { site, storage } = await openSite(session);
    const { log } = session;
    const { signal } = stopping;
    const needs = { site, storage, clock: () => new Date(), log, signal };
    if (options.preview) {
      const preview = await previewReplay(await originalOf(batchId, needs), needs);
      print(options.json ? JSON.stringify(preview) : previewTable(preview));
      return;
    }
    const reason = options.reason === undefined ? null : maskPersonalNumbersIn(options.reason, ANY_DAY);
    const { replay, source, isNew } = await orderReplay(batchId, { actor: COMMAND_LINE, reason }, needs);
    if (!isNew) note(`Batch ${replay} replays it already · 该批次正在重新处理`);
    const batch = await workUntilSettled(replay, source, needs);
    print(options.json ? JSON.stringify(batch) : batchTable(batch));
    tellUnsettled(batch);
  });
}

function previewTable(preview: ReplayPreview): string {
  const { before, after, wouldPass, wouldFail, rows, maxRows, isWhole, problems } = preview;
  const verdicts = (Object.keys(after) as (keyof typeof after)[]).map(
    (verdict) =>
      `${verdict.padEnd(20)} ${String(before[verdict]).padStart(9)} ${String(after[verdict]).padStart(9)}`,
  );
  const codes = problems.map(
    ({ code, gone, still, added }) => `${code.padEnd(34)} -${gone} =${still} +${added}`,
  );
  return [
    `${wouldPass} of ${before.rejected} rejected rows would pass, ${wouldFail} others would not · 被拒 ${before.rejected} 行中 ${wouldPass} 行将通过`,
    isWhole
      ? ''
      : `Only the first ${rows} rows were looked at, a preview goes no further than ${maxRows} · 预览最多 ${maxRows} 行，仅预览前 ${rows} 行`,
    preview.isSameMapping === true ? 'The mapping is the same as before · 映射未变' : '',
    `${''.padEnd(20)} ${'before'.padStart(9)} ${'after'.padStart(9)}`,
    ...verdicts,
    ...codes,
  ]
    .filter((line) => line !== '')
    .join('\n');
}
