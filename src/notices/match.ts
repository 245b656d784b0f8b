// Stage 4: a stored notice is held against the records. A subject that no record is about is kept as
// `unmatched` and delivered to nobody, until a record of it arrives.
import { addStep, isSubjectKnown, setNoticeState } from '../db/notices.js';
import type { Sql } from '../db/pool.js';
import type { Reason } from './notice.js';
import type { Stored } from './store.js';

export interface Matched {
  readonly id: string;
  readonly fate: Exclude<Stored['fate'], 'received'> | 'matched' | 'unmatched';
  readonly reasons: readonly Reason[];
  readonly measure: string;
}

/** Matches a notice that was newly received; others pass as they are. */
export async function match(sql: Sql, stored: Stored, now: Date): Promise<Matched> {
  const { id, fate, reasons, measure } = stored;
  if (fate !== 'received') return { id, fate, reasons, measure };
  const isKnown = await isSubjectKnown(sql, stored.subject);
  if (!isKnown) await setNoticeState(sql, id, { state: 'unmatched', subjectKnown: false });
  const step = isKnown ? 'matched' : 'unmatched';
  await addStep(sql, { noticeId: id, step, at: now });
  return { id, fate: step, reasons, measure };
}
