// Stage 3: a concealed notice becomes a row, once. The same notice again changes nothing; another one under
// the id of an accepted notice is told to the operator and changes nothing either.
import { addStep, insertNotice, isSameNotice, readNotice } from '../db/notices.js';
import type { Sql } from '../db/pool.js';
import type { Concealed } from './conceal.js';
import type { Reason } from './notice.js';

export interface Stored {
  readonly id: string;
  readonly fate: 'received' | 'refused' | 'repeated' | 'repeated-differently';
  readonly reasons: readonly Reason[];
  readonly subject: string;
  readonly measure: string;
}

/** Stores a notice with its first steps. */
export async function store(
  sql: Sql,
  concealed: Concealed,
  deps: { destination: string; now: Date },
): Promise<Stored> {
  const { id, reasons, masked } = concealed;
  const isRefused = reasons.length > 0;
  const isNew = await insertNotice(sql, {
    ...concealed,
    destination: deps.destination,
    state: isRefused ? 'refused' : 'received',
    body: isRefused ? { reasons, notice: masked } : (masked as Readonly<Record<string, unknown>>),
    receivedAt: deps.now,
  });
  if (!isNew) return repeat(sql, concealed, deps.now);
  const at = deps.now;
  await addStep(sql, { noticeId: id, step: 'received', at, details: { eventId: concealed.eventId } });
  if (isRefused) await addStep(sql, { noticeId: id, step: 'refused', at, details: { reasons } });
  return { ...concealed, fate: isRefused ? 'refused' : 'received' };
}

async function repeat(sql: Sql, concealed: Concealed, at: Date): Promise<Stored> {
  const held = await readNotice(sql, concealed.id);
  if (held?.state === 'refused') return { ...concealed, fate: 'repeated' };
  // A notice accepted before stays accepted, even where its period has ended since.
  if (await isSameNotice(sql, concealed)) return { ...concealed, fate: 'repeated', reasons: [] };
  await addStep(sql, {
    noticeId: concealed.id,
    step: 'repeated-differently',
    at,
    details: { eventId: concealed.eventId },
  });
  return { ...concealed, fate: 'repeated-differently' };
}
