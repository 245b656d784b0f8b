// What became of a row, in the words that an agency reads.
import type { Verdict } from '../core/words.js';

export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  new: '新增',
  amended: '更正',
  unchanged: '未变化',
  duplicate: '重复',
  stale: '过期',
  withdrawn: '撤销',
  rejected: '退回',
};

/** Stands where a row has no verdict: the batch never came so far, or is held. */
export const NO_VERDICT = '未处理';
